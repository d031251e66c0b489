internal import Stretch

/// What `stretch migrate --json` and `stretch bring-back --json` print; a contract, see
/// `Documentation/JSON.md`.
struct MigrationJSON: Encodable {
    struct Table: Encodable {
        let name: String
        let direction: String
        let rows: Int64
        let bytes: Int64
        let batches: Int
        let retiredBatches: Int
        let changedRows: Int64
        let keptRows: [String: Int64]
    }

    struct Conflict: Encodable {
        let table: String
        let location: String
        let message: String
    }

    struct Waiting: Encodable {
        let table: String
        let isBlocking: Bool
        let message: String
    }

    let tables: [Table]
    let conflicts: [Conflict]
    let conflictRows: Int64
    let rows: Int64
    let bytes: Int64
    let seconds: Double
    let lockMilliseconds: Double
    let walBytes: Int64
    let roundTrips: Int
    let isStopped: Bool
    let waiting: [Waiting]
    let warnings: [String]

    init(_ report: MigrationReport) {
        tables = report.tables.map(Table.init)
        conflicts = report.conflicts.map {
            Conflict(table: $0.table, location: $0.location.text, message: $0.message)
        }
        conflictRows = report.conflictCount
        rows = report.rowCount
        bytes = report.byteCount
        seconds = report.elapsed.seconds
        lockMilliseconds = report.lockTimes.percentile(0.99).milliseconds
        walBytes = report.walByteCount
        roundTrips = report.roundTripCount
        isStopped = report.isStopped
        waiting = report.waiting.map {
            Waiting(table: $0.table, isBlocking: $0.isBlocking, message: $0.reason.message)
        }
        warnings = report.warnings
    }
}

extension MigrationJSON.Table {
    fileprivate init(_ table: MigrationReport.Table) {
        name = table.name
        direction = table.direction.rawValue
        rows = table.rowCount
        bytes = table.byteCount
        batches = table.batchCount
        retiredBatches = table.retiredBatchCount
        changedRows = table.changedRowCount
        let kept = table.keptRowCounts.map { ($0.key.rawValue, $0.value) }
        keptRows = Dictionary(uniqueKeysWithValues: kept)
    }
}

extension ColdLocation {
    /// The batch's number and the row's ordinal: `12:3400`.
    var text: String { "\(batchNumber):\(ordinal)" }
}
