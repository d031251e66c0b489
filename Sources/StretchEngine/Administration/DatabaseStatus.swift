public import StretchCatalog
public import StretchCore
public import StretchMigration
public import StretchSchema
public import StretchStaging
public import StretchTimeline

/// The result of ``StretchDatabase/status()``.
public struct DatabaseStatus: Equatable, Sendable {
    /// The database as a whole.
    public let database: Database
    /// The stretch-enabled tables, in the order in which they were enabled.
    public let tables: [Table]
    /// The newest events, newest first, at most 20.
    public let events: [Event]

    /// The state of the link between the file and its remote.
    public enum LinkState: String, Sendable, CaseIterable {
        /// The remote holds the position that the file names.
        case connected
        /// The remote cannot be reached.
        case unavailable
        /// The file was restored, copied or deauthorized, and must be reauthorized first.
        case disconnected
        /// The remote does not hold that position: it was rolled back, or another file extended the
        /// branch.
        case mismatch
        /// The state could not be determined.
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
        /// Changes are written to a write-ahead log.
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
        /// The state of the link between the file and its remote.
        public let linkState: LinkState
        /// Why the link state is not `connected`.
        public let linkReason: String?
        /// The login with which the file was enabled or reauthorized, or `nil`.
        public let login: String?
        /// Which rows queries see.
        public let queryMode: QueryMode
        /// The journal mode of the local file, or `nil` for a mode unknown to Stretch.
        public let journalMode: JournalMode?
        /// The step in flight, or `nil`.
        public let pendingStep: PendingStep.Kind?
        /// The number of free pages.
        public let freePages: Int64
        /// The size of the free pages in bytes.
        public let freeBytes: Int64
        /// The content and cost of staging; `nil` if staging is off and empty.
        public let staging: StagingReport?
        /// Warnings about the database, as full sentences.
        public let warnings: [String]
    }

    /// One stretch-enabled table.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The filter predicate.
        public let filterPredicate: String
        /// The parent table that this table follows.
        public let follows: String?
        /// The columns by which it follows the parent; empty if they are those of a foreign key.
        public let followColumns: [FollowColumn]
        /// The migration state of the table.
        public let migrationState: MigrationState
        /// The rows among which UNIQUE constraints beside the key hold.
        public let uniqueScope: UniqueScope
        /// The number of hot rows.
        public let localRows: Int64
        /// The number of hot rows that meet the filter predicate now; `nil` if unknown.
        public let eligibleRows: Int64?
        /// The number of cold rows that are not hidden by a tombstone.
        public let remoteRows: Int64
        /// The number of batches in the manifest.
        public let batches: Int64
        /// The size of the table and its indexes in bytes; `nil` if SQLite cannot report it.
        public let localBytes: Int64?
        /// The size of the table in the remote in bytes; `nil` if the remote is unreachable.
        public let remoteBytes: Int64?
        /// The number of cold rows hidden by hot rows of the same key.
        ///
        /// `nil` if more than 1,000 hot keys lie in the range of the cold keys, or if the remote is
        /// unreachable.
        public let shadowedRows: Int64?
        /// Whether the catalog matches the current columns of the table.
        public let isReconciled: Bool
        /// Whether the remote has all supported indexes; `nil` if unknown.
        public let hasRemoteIndexes: Bool?
        /// The steps that the table needs from the owner of the remote.
        public let ownerSteps: [OwnerStep]
        /// The reason why the table cannot be migrated now, or `nil`.
        public let problem: String?
        /// How to resolve ``problem``, or `nil`.
        public let problemHint: StretchError.Hint?
    }

    /// A recorded event.
    public struct Event: Equatable, Sendable {
        /// The time in UTC: `2026-11-22 10:00:00.000`.
        public let time: String
        /// The table, or `nil` for the database.
        public let table: String?
        /// The kind of event.
        public let kind: EventKind
        /// The description of the event.
        public let message: String
    }
}
