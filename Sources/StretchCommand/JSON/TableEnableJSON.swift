internal import Stretch

/// What `stretch table enable --json` prints; a contract, see `Documentation/JSON.md`.
struct TableEnableJSON: Encodable {
    let name: String
    let filterPredicate: String
    let follows: String?
    let followColumns: [String]
    let isDryRun: Bool
    let localRows: Int64
    let eligibleRows: Int64
    let unenforcedConstraints: [String]
    let advice: [String]

    init(_ report: TableReport) {
        name = report.name
        filterPredicate = report.filterPredicate
        follows = report.follows
        followColumns = report.followColumns.map(\.text)
        isDryRun = report.isDryRun
        localRows = report.localRows
        eligibleRows = report.eligibleRows
        unenforcedConstraints = report.unenforcedConstraints
        advice = report.advice
    }
}
