package import StretchTimeline

/// The progress of a verification.
public struct VerificationProgress: Hashable, Sendable {
    /// The table whose batches are being read.
    public let table: String
    /// The number of batches of all tables read so far.
    public let batchCount: Int
    /// The number of batches to read.
    public let totalBatchCount: Int
}

/// The result of a verification of a file and its remote.
public struct VerificationReport: Hashable, Sendable {
    /// A problem.
    public struct Finding: Hashable, Sendable {
        /// The kinds of problems.
        public enum Kind: String, Sendable, CaseIterable {
            /// The remote's ledger lacks a batch of the manifest.
            case missingBatch
            /// The manifest lacks a batch that the ledger has at the file's position.
            case unlistedBatch
            /// The ledger's entry differs from the manifest.
            case differingLedger
            /// Rows of a batch are missing from the remote.
            case missingRows
            /// Rows of a batch differ from the migrated rows.
            case differingRows
            /// The remote has rows of a table that belong to no batch.
            case strayRows
            /// A scan of all rows is refused, although each batch can be read.
            case refusedScan
            /// The manifest's range of a column excludes values of the batch.
            case wrongZone
            /// A tombstone hides a row that its batch does not have, or has no batch.
            case strayTombstone
            /// A tombstone hides a row without a recorded reason.
            case lostRow
            /// The remote is neither at the file's position nor one step of this file ahead.
            case position
            /// The catalog is inconsistent with itself or with the table.
            case catalog
        }

        /// The kind of problem.
        public let kind: Kind
        /// The table, or `nil` for the database.
        public let table: String?
        /// The number of the batch in the manifest, or `nil` if no batch is concerned.
        public let batchNumber: Int64?
        /// The description of the problem.
        public let message: String
    }

    /// The result for one table.
    public struct Table: Hashable, Sendable {
        /// The table's name.
        public let name: String
        /// The number of batches read.
        public internal(set) var batchCount = 0
        /// The number of cold rows not hidden by a tombstone.
        public internal(set) var coldRowCount: Int64 = 0
        /// The number of cold rows hidden by tombstones.
        public internal(set) var hiddenRowCount: Int64 = 0
        /// The number of visible cold rows hidden by a hot row of the same key, created by a
        /// program without Stretch.
        public internal(set) var shadowedRowCount: Int64 = 0
        /// The number of visible cold rows that show another rowid than they had, because another
        /// row has got it.
        public internal(set) var changedRowidCount: Int64 = 0
        /// The number of hot and visible cold rows whose foreign keys reference no such row.
        public internal(set) var orphanRowCount: Int64 = 0
        /// The number of hot and visible cold rows that have the values of another row in a UNIQUE
        /// constraint beside the key.
        public internal(set) var duplicateRowCount: Int64 = 0
    }

    /// The tables, in the order in which they were enabled.
    public internal(set) var tables: [Table] = []
    /// The problems.
    public internal(set) var findings: [Finding] = []
    /// The step in flight, which is not an error; the next run completes it.
    package internal(set) var pending: PendingStep?

    /// Whether no problem was found.
    public var isSound: Bool { findings.isEmpty }
}
