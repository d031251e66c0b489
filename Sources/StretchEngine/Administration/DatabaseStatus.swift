public import StretchCatalog
public import StretchCore
public import StretchSchema
public import StretchStaging
public import StretchTimeline

/// What ``StretchDatabase/status()`` tells.
public struct DatabaseStatus: Equatable, Sendable {
    /// The database as a whole.
    public let database: Database
    /// The stretch-enabled tables, in the order in which they were enabled.
    public let tables: [Table]
    /// The newest events, newest first, at most 20.
    public let events: [Event]

    /// How the file and its remote stand to each other.
    public enum LinkState: String, Sendable, CaseIterable {
        /// The remote holds what the file names.
        case connected
        /// The remote cannot be reached.
        case unavailable
        /// The file was restored, copied or deauthorized, and must be reauthorized first.
        case disconnected
        /// The remote holds something else: it was rolled back, or another file went on.
        case mismatch
        /// It could not be told.
        case unknown
    }

    /// The journal mode of a file: <https://sqlite.org/pragma.html#pragma_journal_mode>.
    public enum JournalMode: String, Sendable, CaseIterable {
        /// The rollback journal is deleted at the end of each transaction.
        case delete
        /// The rollback journal is truncated at the end of each transaction.
        case truncate
        /// The header of the rollback journal is overwritten at the end of each transaction.
        case persist
        /// The rollback journal is in memory.
        case memory
        /// Changes go to a write-ahead log.
        case wal
        /// There is no rollback journal.
        case off
    }

    /// The database as a whole.
    public struct Database: Equatable, Sendable {
        /// The database's id.
        public let id: Int64
        /// The id of the branch that the file is attached to.
        public let branch: Int64
        /// The number of changes of the manifest.
        public let epoch: Int64
        /// The server: `file:archive.db`.
        public let server: String
        /// How the file and its remote stand to each other.
        public let linkState: LinkState
        /// Why the link state is not `connected`.
        public let linkReason: String?
        /// The login at the remote that the file was enabled or reauthorized with, or `nil`.
        public let login: String?
        /// Which rows queries see.
        public let queryMode: QueryMode
        /// The journal mode of the local file, or `nil` for one that Stretch does not know.
        public let journalMode: JournalMode?
        /// The step in flight, or `nil`.
        public let pendingStep: PendingStep.Kind?
        /// Pages that moved rows left behind.
        public let freePages: Int64
        /// The bytes of those pages.
        public let freeBytes: Int64
        /// What staging holds and costs; `nil` when it is off and holds nothing.
        public let staging: StagingReport?
        /// What is wrong around the database, as full sentences.
        public let warnings: [String]
    }

    /// One stretch-enabled table.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The filter predicate.
        public let filterPredicate: String
        /// The table whose rows take this table's rows with them.
        public let follows: String?
        /// What the migrator does with the table.
        public let migrationState: MigrationState
        /// The hot rows.
        public let localRows: Int64
        /// The hot rows that meet the filter predicate now; `nil` when it cannot be told.
        public let eligibleRows: Int64?
        /// The cold rows that no tombstone hides.
        public let remoteRows: Int64
        /// The batches of the manifest.
        public let batches: Int64
        /// The bytes of the table and its indexes; `nil` when SQLite cannot tell.
        public let localBytes: Int64?
        /// The bytes that the remote uses for the table; `nil` when it cannot be reached.
        public let remoteBytes: Int64?
        /// Cold rows that hot rows of the same key hide; `nil` when it is not cheap to tell,
        /// with more than 1,000 hot keys among the cold ones or without the remote.
        public let shadowedRows: Int64?
        /// Whether the catalog knows the columns that the table has now.
        public let isReconciled: Bool
        /// Whether the remote has the indexes that it can have; `nil` when it cannot be told.
        public let hasRemoteIndexes: Bool?
        /// What the table waits for until the owner of the remote does it.
        public let ownerSteps: [OwnerStep]
        /// Why the table cannot be migrated now.
        public let problem: String?
    }

    /// Something that happened.
    public struct Event: Equatable, Sendable {
        /// The time in UTC: `2026-11-22 10:00:00.000`.
        public let time: String
        /// The table, or `nil` for the database.
        public let table: String?
        /// The kind of event.
        public let kind: EventKind
        /// What happened.
        public let message: String
    }
}
