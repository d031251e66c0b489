internal import ArgumentParser
internal import Stretch

/// The option `--unique`.
struct UniqueOption: ParsableArguments {
    @Option(
        name: .customLong("unique"),
        help: ArgumentHelp(
            "Among which rows UNIQUE constraints beside the key hold: 'all' rows, or only 'local' "
                + "ones, which are hot. New tables have 'all'.",
            valueName: "rows"),
        transform: {
            guard let scope = UniqueScope(rawValue: $0) else {
                throw ValidationError("--unique takes 'all' or 'local', not \"\($0)\"")
            }
            return scope
        })
    var scope: UniqueScope?

    /// Returns what the command says about rows that violate constraints.
    static func lines(_ report: UniqueScopeReport) -> [String] {
        var lines = report.duplicates.flatMap { duplicates in
            [
                "\(duplicates.rowCount.grouped) rows have the values of other rows in "
                    + "\(duplicates.constraint); they stay."
            ] + duplicates.examples.map { "  \($0.map(ValueText.plain).joined(separator: ", "))" }
        }
        lines += report.unenforcedConstraints.map {
            "Not enforced between hot and cold rows: \($0)"
        }
        return lines
    }
}
