internal import Stretch

/// What `stretch verify --json` prints, and a part of `stretch drill --json`; a contract, see
/// `Documentation/JSON.md`.
struct VerificationJSON: Encodable {
    struct Table: Encodable {
        let name: String
        let batches: Int
        let coldRows: Int64
        let hiddenRows: Int64
        let shadowedRows: Int64
        let changedRowids: Int64
        let orphanRows: Int64
        let duplicateRows: Int64
    }

    struct Problem: Encodable {
        let kind: String
        let table: String?
        let batch: Int64?
        let message: String
    }

    let tables: [Table]
    let problems: [Problem]
    let isSound: Bool

    init(_ report: VerificationReport) {
        tables = report.tables.map { table in
            Table(
                name: table.name, batches: table.batchCount, coldRows: table.coldRowCount,
                hiddenRows: table.hiddenRowCount, shadowedRows: table.shadowedRowCount,
                changedRowids: table.changedRowidCount, orphanRows: table.orphanRowCount,
                duplicateRows: table.duplicateRowCount)
        }
        problems = report.findings.map { finding in
            Problem(
                kind: finding.kind.rawValue, table: finding.table, batch: finding.batchNumber,
                message: finding.message)
        }
        isSound = report.isSound
    }
}
