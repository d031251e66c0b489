internal import SQLText
internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension StretchDatabase {
    /// Stops the migration of a table; its queries see what they saw before.
    ///
    /// - Throws: `invalidArgument` when there is no such stretch-enabled table.
    public func pauseTable(_ name: String) throws(StretchError) {
        try setState(.paused, of: name)
    }

    /// Lets eligible rows of a table move to the remote again.
    ///
    /// - Throws: `invalidArgument` when there is no such stretch-enabled table.
    public func resumeTable(_ name: String) throws(StretchError) {
        try setState(.outbound, of: name)
    }

    private func setState(_ state: MigrationState, of name: String) throws(StretchError) {
        try administer {
            try connection.transaction(.immediate) {
                var table = try enabledTable(name)
                table.state = state
                try catalog.save(table)
                try catalog.insertEvent(
                    time: configuration.now(), table: table.name, kind: state.rawValue,
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
    ///   - name: A stretch-enabled table.
    ///   - filter: The new filter predicate, or `nil` to keep it.
    ///   - renamed: Old names of columns and their new ones, where it cannot be told by itself.
    ///   - replaced: Columns that were dropped and added anew under the same name.
    /// - Throws: `invalidArgument` for a missing table or column, or a wrong filter;
    ///   `schemaMismatch` when the change of columns is still ambiguous; `remoteUnavailable`.
    public func alterTable(
        _ name: String, filter: String? = nil, renamed: [String: String] = [:],
        replaced: [String] = []
    ) throws(StretchError) {
        try administer {
            let table = try enabledTable(name)
            let hints =
                renamed.map { ColumnHint.renamed(from: $0.key, to: $0.value) }
                + replaced.map(ColumnHint.replaced)
            try reconciler().reconcile(table.id, hints: hints)
            guard let filter else { return }
            if table.follows == nil || !filter.isEmpty {
                try checkFilter(filter, schema: try schema(of: table))
            }
            try connection.transaction(.immediate) {
                var table = try enabledTable(name)
                table.filter = filter
                try catalog.save(table)
                try catalog.insertEvent(
                    time: configuration.now(), table: table.name, kind: "alterTable",
                    message: "the filter is now \(filter)")
            }
        }
        try refreshOverlay()
    }

    // MARK: Looking up

    /// A stretch-enabled table.
    ///
    /// - Throws: `wrongState` when the database is not enabled; `invalidArgument` when the table is
    ///   not.
    func enabledTable(_ name: String) throws -> StretchedTable {
        _ = try enabledDatabase()
        if let table = try catalog.table(named: name) { return table }
        let names = try catalog.tables().map(\.name).joined(separator: ", ")
        throw StretchError(
            .invalidArgument, "table \"\(name)\" is not stretch-enabled",
            hint: names.isEmpty
                ? "Enable it first: stretch table enable FILE \(name) --filter CONDITION."
                : "The stretch-enabled tables are: \(names).")
    }

    /// The definition of a stretch-enabled table.
    ///
    /// - Throws: `schemaMismatch` when another program dropped or renamed the table.
    func schema(of table: StretchedTable) throws -> TableSchema {
        guard let schema = try TableSchema(reading: table.name, from: connection) else {
            throw TableInspection.vanished(table)
        }
        return schema
    }

    /// Throws when something that came into the schema later stands in the way of the table.
    ///
    /// Any program may change an ordinary file, so that this is asked again before each migration.
    ///
    /// - Parameter enabled: The names of the stretch-enabled tables.
    static func checkTable(
        _ table: StretchedTable, enabled: Set<SQLName>, from reader: SchemaReader, now: String
    ) throws {
        let inspection = try TableInspection(table.name, from: reader)
        try inspection.check(enabled: enabled)
        guard table.follows == nil || !table.filter.isEmpty else { return }
        try checkFilter(
            table.filter, schema: inspection.schema, on: reader.connection, now: now)
    }

    func localRowCount(_ name: String) throws(SQLiteError) -> Int64 {
        try connection.integer("SELECT count(*) FROM main.\(name.quotedName)") ?? 0
    }
}
