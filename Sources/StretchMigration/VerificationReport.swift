package import StretchTimeline

/// What `verify` found.
package struct VerificationReport: Hashable, Sendable {
    /// Something that is wrong.
    package struct Finding: Hashable, Sendable {
        package enum Kind: String, Sendable {
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

        package let kind: Kind
        package let table: String?
        /// The number of the batch, when one is concerned.
        package let batchNumber: Int64?
        package let message: String
    }

    /// What was found in one table.
    package struct Table: Hashable, Sendable {
        package let name: String
        package var batchCount = 0
        package var coldRowCount: Int64 = 0
        package var hiddenRowCount: Int64 = 0
        /// Visible cold rows that a hot row of the same key hides.
        package var shadowedRowCount: Int64 = 0
        /// Rows, hot and visible cold, whose foreign keys lead to no row, hot or visible cold.
        package var orphanCount: Int64 = 0
    }

    package var tables: [Table] = []
    package var findings: [Finding] = []
    /// The step in flight; not an error: the next run finishes it.
    package var pending: PendingStep?

    package var isSound: Bool { findings.isEmpty }
}
