internal import SQLText
internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

/// The tables of a database.
public struct TablesAdministration {
    let database: StretchDatabase

    /// The table of a name; it need not be stretch-enabled, or exist.
    public subscript(name: String) -> TableAdministration {
        TableAdministration(database: database, name: name)
    }

    /// Takes over what other programs changed in the definitions of stretch-enabled tables: added,
    /// renamed and dropped columns, and indexes.
    ///
    /// Batches keep the columns that they were moved with; an added column has its default there.
    ///
    /// - Throws: `schemaMismatch` when a change is ambiguous, or a table is missing;
    ///   `unsupported` for a generated column added to a table with cold rows;
    ///   `remoteUnavailable`.
    public func reconcile() throws(StretchError) {
        try database.perform { try database.reconciler().reconcileAll() }
        try database.refreshOverlay()
    }
}

/// One table of a database, by its name; it need not be stretch-enabled, or exist.
public struct TableAdministration {
    let database: StretchDatabase
    /// The table's name.
    public let name: String

    /// Stops the migration of a table; its queries see what they saw before.
    ///
    /// - Throws: `invalidArgument` when there is no such stretch-enabled table.
    public func pause() throws(StretchError) {
        try setState(.paused)
    }

    /// Lets eligible rows of a table move to the remote again.
    ///
    /// - Throws: `invalidArgument` when there is no such stretch-enabled table.
    public func resume() throws(StretchError) {
        try setState(.outbound)
    }

    private func setState(_ state: MigrationState) throws(StretchError) {
        try database.administer {
            try database.connection.transaction(.immediate) {
                var table = try database.enabledTable(name)
                table.state = state
                try database.catalog.save(table)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name,
                    kind: state == .paused ? .paused : .outbound,
                    message: state == .paused ? "paused" : "resumed")
            }
        }
    }

    /// Changes a table's filter predicate, and tells what became of columns whose definition
    /// another program changed.
    ///
    /// No row moves. A row that is no longer eligible stays where it is.
    ///
    /// - Parameters:
    ///   - filter: The new filter predicate, or `nil` to keep it.
    ///   - renamed: Old names of columns and their new ones, where it cannot be told by itself.
    ///   - replaced: Columns that were dropped and added anew under the same name.
    /// - Throws: `invalidArgument` for a missing table or column, or a wrong filter;
    ///   `schemaMismatch` when the change of columns is still ambiguous; `remoteUnavailable`.
    public func alter(
        filter: String? = nil, renamed: [String: String] = [:], replaced: [String] = []
    ) throws(StretchError) {
        try database.administer {
            let table = try database.enabledTable(name)
            let hints =
                renamed.map { ColumnHint.renamed(from: $0.key, to: $0.value) }
                + replaced.map(ColumnHint.replaced)
            try database.reconciler().reconcile(table.id, hints: hints)
            guard let filter else { return }
            if table.follows == nil || !filter.isEmpty {
                try database.checkFilter(filter, schema: try database.schema(of: table))
            }
            try database.connection.transaction(.immediate) {
                var table = try database.enabledTable(name)
                table.filter = filter
                try database.catalog.save(table)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name, kind: .alterTable,
                    message: "the filter is now \(filter)")
            }
        }
        try database.refreshOverlay()
    }
}
