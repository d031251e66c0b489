public import StretchCatalog
public import StretchCore
public import StretchTimeline

/// The description of a database file, read without a credential and without its remote.
public struct BackupDescription: Equatable, Sendable {
    /// The journal of a file: <https://sqlite.org/fileformat2.html>.
    public enum Journal: String, Sendable, CaseIterable {
        /// A write-ahead log.
        case wal
        /// A rollback journal; the file does not record its mode.
        case rollback
    }

    /// The Stretch properties of a stretch-enabled file.
    public struct Stretch: Equatable, Sendable {
        /// The version of the catalog's format.
        public let format: Int64
        /// The database's id, which all its backups share.
        public let database: Int64
        /// The branch.
        public let branch: Int64
        /// The number of changes of the manifest.
        public let epoch: Int64
        /// The token of the epoch, which distinguishes it from others with the same number; not a
        /// secret.
        public let token: Int64
        /// The server of the cold rows: `file:archive.db`.
        public let server: String
        /// Which rows queries see.
        public let queryMode: QueryMode
        /// The step in flight, or `nil`.
        public let pendingStep: PendingStep.Kind?
        /// Whether a reauthorization was interrupted.
        public let isForkUnfinished: Bool
    }

    /// One stretch-enabled table.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The filter predicate.
        public let filterPredicate: String
        /// The migration state of the table.
        public let migrationState: MigrationState
        /// The number of rows in the file.
        public let localRows: Int64
        /// The number of rows in the file that would be migrated now; `nil` if unknown.
        public let eligibleRows: Int64?
        /// The number of visible rows that are only in the remote.
        public let remoteRows: Int64
        /// The number of batches in the manifest.
        public let batches: Int64
        /// The number of remote rows that the file hides.
        public let hiddenRows: Int64
    }

    /// The path of the file.
    public let file: String
    /// The time of the last change, in UTC; for a backup by Stretch, the time of its state.
    public let time: Timestamp
    /// The size of the file in bytes.
    public let byteCount: Int64
    /// The page size in bytes.
    public let pageSize: Int64
    /// The number of pages.
    public let pageCount: Int64
    /// The number of free pages.
    public let freePages: Int64
    /// The journal of the file.
    public let journal: Journal
    /// Whether changes are in a WAL file beside it, without which it is incomplete.
    public let hasWAL: Bool
    /// Whether the file is an embedded remote, which holds cold rows of other files.
    public let isRemote: Bool
    /// The Stretch properties, or `nil` for any other database.
    public let stretch: Stretch?
    /// The stretch-enabled tables, in the order in which they were enabled.
    public let tables: [Table]
    /// The other tables.
    public let plainTables: [String]
    /// The tables that no check and no comparison includes.
    ///
    /// They use a collation, a function or a module that this process lacks.
    public let uncheckedTables: [String]
    /// The problems found by SQLite's integrity check; `nil` if it was not run.
    public let integrityProblems: [String]?
}

extension BackupDescription {
    /// The number of rows of stretch-enabled tables in the file.
    public var localRows: Int64 { tables.reduce(0) { $0 + $1.localRows } }
    /// A sentence about ``uncheckedTables``, or `nil` if there are none.
    public var uncheckedNote: String? { UncheckedTables.sentence(uncheckedTables) }
    /// The number of rows of stretch-enabled tables that are only in the remote.
    public var remoteRows: Int64 { tables.reduce(0) { $0 + $1.remoteRows } }
}
