package import StretchTimeline

/// How far a verification is.
public struct VerificationProgress: Hashable, Sendable {
    /// The table whose batches are read.
    public let table: String
    /// The batches of all tables that were read.
    public let batchCount: Int
    /// The batches that are to be read.
    public let totalBatchCount: Int
}

/// What a verification of a file and its remote found.
public struct VerificationReport: Hashable, Sendable {
    /// Something that is wrong.
    public struct Finding: Hashable, Sendable {
        /// What is wrong.
        public enum Kind: String, Sendable, CaseIterable {
            /// The remote's ledger does not know a batch of the manifest.
            case missingBatch
            /// The manifest does not name a batch that the ledger shows at the file's position.
            case unlistedBatch
            /// The ledger's entry differs from the manifest.
            case differingLedger
            /// Rows of a batch are missing from the remote.
            case missingRows
            /// Rows of a batch differ from what was moved.
            case differingRows
            /// The remote has rows of a table that are of no batch.
            case strayRows
            /// A scan of all rows is refused, although each batch can be read.
            case refusedScan
            /// The manifest's range of a column leaves out values of the batch.
            case wrongZone
            /// A tombstone hides a row that its batch does not have, or is of no batch.
            case strayTombstone
            /// A tombstone hides a row of which nothing tells why it went.
            case lostRow
            /// The remote is not at the file's position, nor one own step ahead.
            case position
            /// The catalog contradicts itself, or the table.
            case catalog
        }

        /// What is wrong.
        public let kind: Kind
        /// The table, or `nil` for the database.
        public let table: String?
        /// The number of the batch in the manifest, or `nil` when no batch is concerned.
        public let batchNumber: Int64?
        /// What is wrong, for people.
        public let message: String
    }

    /// What was found in one table.
    public struct Table: Hashable, Sendable {
        /// The table's name.
        public let name: String
        /// The batches that were read.
        public internal(set) var batchCount = 0
        /// The cold rows that no tombstone hides.
        public internal(set) var coldRowCount: Int64 = 0
        /// The cold rows that tombstones hide.
        public internal(set) var hiddenRowCount: Int64 = 0
        /// Visible cold rows that a hot row of the same key hides; a program without Stretch made
        /// it.
        public internal(set) var shadowedRowCount: Int64 = 0
        /// Rows, hot and visible cold, whose foreign keys lead to no row, hot or visible cold.
        public internal(set) var orphanRowCount: Int64 = 0
    }

    /// The tables, in the order in which they were enabled.
    public internal(set) var tables: [Table] = []
    /// What is wrong.
    public internal(set) var findings: [Finding] = []
    /// The step in flight; not an error: the next run finishes it.
    package internal(set) var pending: PendingStep?

    /// Whether nothing is wrong.
    public var isSound: Bool { findings.isEmpty }
}
