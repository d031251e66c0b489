public import StretchCatalog
public import StretchCore
public import StretchTimeline

/// What a database file says of itself, without a credential and without its remote.
public struct BackupDescription: Equatable, Sendable {
    /// How changes of a file are written: <https://sqlite.org/fileformat2.html>.
    public enum Journal: String, Sendable, CaseIterable {
        /// With a write-ahead log.
        case wal
        /// With a rollback journal, whose mode the file does not name.
        case rollback
    }

    /// What makes a file a stretched one.
    public struct Stretch: Equatable, Sendable {
        /// The version of the catalog's format.
        public let format: Int64
        /// The database's id, which all its backups share.
        public let database: Int64
        /// The branch.
        public let branch: Int64
        /// The number of changes of the manifest.
        public let epoch: Int64
        /// The number that tells this epoch from others of the same number; no secret.
        public let token: Int64
        /// Where the cold rows are: `file:archive.db`.
        public let server: String
        /// Which rows queries see.
        public let queryMode: QueryMode
        /// The step in flight, or `nil`.
        public let pendingStep: PendingStep.Kind?
        /// Whether a reauthorization was cut off.
        public let isForkUnfinished: Bool
    }

    /// One stretch-enabled table.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The filter predicate.
        public let filterPredicate: String
        /// What the migrator does with the table.
        public let migrationState: MigrationState
        /// The rows in the file.
        public let localRows: Int64
        /// The rows in the file that would move now; `nil` when it cannot be told.
        public let eligibleRows: Int64?
        /// The visible rows that are in the remote only.
        public let remoteRows: Int64
        /// The batches of the manifest.
        public let batches: Int64
        /// The remote rows that the file hides.
        public let hiddenRows: Int64
    }

    /// The file.
    public let file: String
    /// When it was last changed, in UTC; for a backup by Stretch, the moment whose state it is.
    public let time: Timestamp
    /// The size of the file.
    public let byteCount: Int64
    /// The bytes of a page.
    public let pageSize: Int64
    /// The pages.
    public let pageCount: Int64
    /// The pages without content.
    public let freePages: Int64
    /// How the file is written.
    public let journal: Journal
    /// Whether changes are in a file beside it, without which it is not whole.
    public let hasWAL: Bool
    /// Whether it is an embedded remote: it holds the cold rows of other files.
    public let isRemote: Bool
    /// What makes it a stretched file, or `nil` for any other database.
    public let stretch: Stretch?
    /// The stretch-enabled tables, in the order in which they were enabled.
    public let tables: [Table]
    /// The other tables.
    public let plainTables: [String]
    /// What SQLite finds wrong; empty for nothing, `nil` when it was not asked.
    public let integrityProblems: [String]?
}

extension BackupDescription {
    /// The rows of stretch-enabled tables in the file.
    public var localRows: Int64 { tables.reduce(0) { $0 + $1.localRows } }
    /// The rows of stretch-enabled tables that are in the remote only.
    public var remoteRows: Int64 { tables.reduce(0) { $0 + $1.remoteRows } }
}
