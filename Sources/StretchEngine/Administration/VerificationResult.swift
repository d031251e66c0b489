internal import StretchMigration

/// What ``StretchDatabase/verify(table:)`` found.
public struct VerificationResult: Codable, Equatable, Sendable {
    /// What was found in one table.
    public struct Table: Codable, Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The batches that were read.
        public let batches: Int64
        /// The visible cold rows.
        public let coldRows: Int64
        /// Cold rows that tombstones hide.
        public let hiddenRows: Int64
        /// Visible cold rows that hot rows of the same key hide; a program without Stretch did it.
        public let shadowedRows: Int64
        /// Rows whose foreign keys lead to no row, hot or cold.
        public let orphanRows: Int64
    }

    /// Something that is wrong.
    public struct Problem: Codable, Equatable, Sendable {
        /// The kind: `missingBatch`, `unlistedBatch`, `differingLedger`, `missingRows`,
        /// `differingRows`, `strayRows`, `refusedScan`, `wrongZone`, `strayTombstone`, `lostRow`,
        /// `position`, `catalog`.
        public let kind: String
        /// The table, or `nil` for the database.
        public let table: String?
        /// The number of the batch in the manifest, or `nil` when no batch is concerned.
        public let batch: Int64?
        /// What is wrong.
        public let message: String
    }

    /// The tables, in the order in which they were enabled.
    public let tables: [Table]
    /// What is wrong.
    public let problems: [Problem]
    /// Whether nothing is wrong.
    public let isSound: Bool
}

extension VerificationResult {
    init(_ report: VerificationReport) {
        self.init(
            tables: report.tables.map {
                Table(
                    name: $0.name, batches: Int64($0.batchCount), coldRows: $0.coldRowCount,
                    hiddenRows: $0.hiddenRowCount, shadowedRows: $0.shadowedRowCount,
                    orphanRows: Int64($0.orphanCount))
            },
            problems: report.findings.map {
                Problem(
                    kind: $0.kind.rawValue, table: $0.table, batch: $0.batchNumber,
                    message: $0.message)
            }, isSound: report.isSound)
    }
}
