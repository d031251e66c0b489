internal import Stretch

/// What `stretch table disable --json` prints; a contract, see `Documentation/JSON.md`.
struct TableDisableJSON: Encodable {
    let name: String
    let mode: String
    let isDryRun: Bool
    let rows: Int64
    let isRemoteTold: Bool

    init(_ report: DisableReport) {
        name = report.name
        mode = report.mode.rawValue
        isDryRun = report.isDryRun
        rows = report.rows
        isRemoteTold = report.isRemoteTold
    }
}
