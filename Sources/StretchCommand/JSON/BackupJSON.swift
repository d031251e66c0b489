internal import Stretch

/// What `stretch backup --json` prints; a contract, see `Documentation/JSON.md`.
struct BackupJSON: Encodable {
    let source: String
    let isDeep: Bool
    let coldRows: Int64
    let seconds: Double
    let backup: DescriptionJSON

    init(_ report: BackupReport) {
        source = report.source
        isDeep = report.isDeep
        coldRows = report.coldRows
        seconds = report.elapsed.seconds
        backup = DescriptionJSON(report.backup)
    }
}
