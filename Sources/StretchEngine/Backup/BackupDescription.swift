/// What a database file says of itself, without a credential and without its remote.
///
/// Its JSON form is documented in `Documentation/JSON.md`.
public struct BackupDescription: Codable, Equatable, Sendable {
    /// What makes a file a stretched one.
    public struct Stretch: Codable, Equatable, Sendable {
        /// The version of the catalog's format.
        public let format: Int64
        /// The database's id, which all its backups share: a decimal number, as text.
        public let database: String
        /// The branch: a decimal number, as text.
        public let branch: String
        /// The number of changes of the manifest.
        public let epoch: Int64
        /// The number that tells this epoch from others of the same number, as text; no secret.
        public let token: String
        /// Where the cold rows are: `file:archive.db`.
        public let server: String
        /// Which rows queries see.
        public let queryMode: String
        /// The step in flight, or `nil`: `outbound` or `retirement`.
        public let pendingStep: String?
        /// Whether a reauthorization was cut off.
        public let isForkUnfinished: Bool
    }

    /// One stretch-enabled table.
    public struct Table: Codable, Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The filter predicate.
        public let filterPredicate: String
        /// What the migrator does with the table: `outbound`, `inbound` or `paused`.
        public let migrationState: String
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
    public let time: String
    /// The size of the file.
    public let byteCount: Int64
    /// The bytes of a page.
    public let pageSize: Int64
    /// The pages.
    public let pageCount: Int64
    /// The pages without content.
    public let freePages: Int64
    /// How the file is written: `wal` or `rollback`.
    public let journalMode: String
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
