internal import Stretch

/// What `stretch table alter --json` prints; a contract, see `Documentation/JSON.md`.
struct TableAlterJSON: Encodable {
    struct Duplicates: Encodable {
        let constraint: String
        let rows: Int64
        let examples: [[String]]
    }

    let name: String
    /// With `--unique` only.
    let unique: String?
    let duplicates: [Duplicates]?
    let unenforcedConstraints: [String]?

    init(name: String, _ report: UniqueScopeReport?) {
        self.name = report?.name ?? name
        unique = report?.uniqueScope.rawValue
        duplicates = report?.duplicates.map {
            Duplicates(
                constraint: $0.constraint, rows: $0.rowCount,
                examples: $0.examples.map { $0.map(ValueText.plain) })
        }
        unenforcedConstraints = report?.unenforcedConstraints
    }
}
