public import StretchCatalog
public import StretchCore
internal import StretchKeystore
public import StretchMigration
internal import StretchSQLite

/// The result of ``TableAdministration/setUniqueScope(_:)``.
public struct UniqueScopeReport: Equatable, Sendable {
    /// The table's name.
    public let name: String
    /// The rows among which UNIQUE constraints beside the key hold now.
    public let uniqueScope: UniqueScope
    /// The constraints that rows violate already; these rows stay.
    public let duplicates: [DuplicateValues]
    /// The constraints that hold among hot rows only.
    public let unenforcedConstraints: [String]
}

extension TableAdministration {
    /// The number of values that ``setUniqueScope(_:)`` lists for each constraint.
    private static let maximumExampleCount = 20

    /// Sets among which rows the UNIQUE constraints beside the key hold.
    ///
    /// With ``UniqueScope/all``, the columns of the constraints are read from the remote once, to
    /// find the rows that violate them already. Statements that other connections have prepared
    /// keep the old scope until they are prepared again.
    ///
    /// - Returns: The constraints that rows violate, with at most 20 values of each.
    /// - Throws: `invalidArgument` if no such stretch-enabled table exists; `busy` while a migrator
    ///   runs; `remoteUnavailable`. The scope is then unchanged.
    @discardableResult
    public func setUniqueScope(_ scope: UniqueScope) throws(StretchError) -> UniqueScopeReport {
        let found = try database.administer { try database.enabledTable(name) }
        let duplicates =
            scope == .local
            ? []
            : try Migrator(path: database.path, configuration: database.configuration)
                .duplicates(table: found.id, maximumExampleCount: Self.maximumExampleCount)
        let report = try database.perform {
            try database.connection.transaction(.immediate) {
                let table = try database.enabledTable(name)
                try database.catalog.setUniqueScope(scope, relation: table.relation)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name, kind: .alterTable,
                    message: scope == .all
                        ? "UNIQUE constraints hold among all rows"
                        : "UNIQUE constraints hold among hot rows only")
                return UniqueScopeReport(
                    name: table.name, uniqueScope: scope, duplicates: duplicates,
                    unenforcedConstraints: try database.schema(of: table)
                        .unenforcedConstraints(scope))
            }
        }
        try database.refreshOverlay()
        return report
    }
}
