internal import Stretch

/// What `stretch drill --json` prints; a contract, see `Documentation/JSON.md`.
struct DrillJSON: Encodable {
    struct Table: Encodable {
        let name: String
        let localRows: Int64
        let restoredRows: Int64
        let isEqual: Bool
    }

    let time: String
    let branch: String
    let epoch: Int64
    let tables: [Table]
    let uncheckedTables: [String]
    let remote: VerificationJSON
    let seconds: Double
    let isSound: Bool

    init(_ report: DrillReport) {
        time = report.time.description
        branch = String(report.branch)
        epoch = report.epoch
        tables = report.tables.map {
            Table(
                name: $0.name, localRows: $0.localRows, restoredRows: $0.restoredRows,
                isEqual: $0.isEqual)
        }
        uncheckedTables = report.uncheckedTables
        remote = VerificationJSON(report.remote)
        seconds = report.elapsed.seconds
        isSound = report.isSound
    }
}
