internal import Stretch

/// What `stretch table alter --json` prints; a contract, see `Documentation/JSON.md`.
struct TableAlterJSON: Encodable {
    struct Duplicates: Encodable {
        let constraint: String
        let rows: Int64
        let examples: [[String]]
    }

    let name: String
    let isDryRun: Bool
    let filterPredicate: String?
    let follows: String?
    let followColumns: [String]?
    let localRows: Int64?
    let eligibleRows: Int64?
    let advice: [String]?
    /// With `--unique` only.
    let unique: String?
    let duplicates: [Duplicates]?
    let unenforcedConstraints: [String]?

    /// - Parameter change: `nil` if only the scope of UNIQUE constraints was set.
    init(name: String, _ change: AlterReport?, _ uniqueness: UniqueScopeReport?) {
        self.name = change?.name ?? uniqueness?.name ?? name
        isDryRun = change?.isDryRun ?? false
        filterPredicate = change?.filterPredicate
        follows = change?.follows
        followColumns = change?.followColumns.map(\.text)
        localRows = change?.localRows
        eligibleRows = change?.eligibleRows
        advice = change?.advice
        unique = uniqueness?.uniqueScope.rawValue
        duplicates = uniqueness?.duplicates.map {
            Duplicates(
                constraint: $0.constraint, rows: $0.rowCount,
                examples: $0.examples.map { $0.map(ValueText.plain) })
        }
        unenforcedConstraints = uniqueness?.unenforcedConstraints
    }
}
