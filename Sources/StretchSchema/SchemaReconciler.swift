package import SQLText
package import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchKeystore
package import StretchSQLite

/// Adopts changes by any program to the definition of a stretch-enabled table.
///
/// New columns are first added to the remote. The catalog then records them in one local
/// transaction, if the schema is still the one that was read.
package struct SchemaReconciler {
    private static let maximumAttemptCount = 5
    private let connection: Connection
    /// Reconciling does not change definitions of main or undo changes by others, so the cache
    /// stays valid.
    private let known: KnownSchema
    private let configuration: Configuration
    private let endpoint: any Endpoint
    private var catalog: Catalog { Catalog(connection) }

    package init(
        connection: Connection, configuration: Configuration, endpoint: any Endpoint
    ) {
        self.connection = connection
        known = KnownSchema(connection)
        self.configuration = configuration
        self.endpoint = endpoint
    }

    /// Reconciles every stretch-enabled table.
    package func reconcileAll() throws {
        for table in try catalog.tables() { try reconcile(table.id) }
    }

    /// Reconciles one table.
    ///
    /// - Parameter hints: Information that the columns alone do not provide.
    /// - Returns: Whether the columns had changed.
    @discardableResult
    package func reconcile(_ id: Int64, hints: [ColumnHint] = []) throws -> Bool {
        for _ in 0..<Self.maximumAttemptCount {
            let cookie = try schemaCookie()
            guard let old = try table(id) else { return false }
            guard let schema = try known.table(old.name) else {
                throw TableInspection.vanished(old)
            }
            let new = try Self.reconciled(
                old, schema: schema, hints: hints, connection: connection,
                configuration: configuration)
            try endpoint.provision(Relation(new, schema: schema), hint: OwnerStep.hint)
            guard new != old else { return false }
            let isSaved = try saving {
                guard try schemaCookie() == cookie, try table(id) == old else { return false }
                try catalog.save(new)
                try catalog.insertEvent(
                    time: configuration.now(), table: new.name, kind: .reconcileSchema,
                    message: "the columns are now "
                        + new.currentColumns.map(\.name).joined(separator: ", "))
                return true
            }
            if isSaved { return true }
        }
        throw StretchError(
            .busy, "another program keeps changing the schema", hint: "Try again.")
    }

    /// Runs `body` in the application's transaction that altered the table, or in a new one.
    private func saving(_ body: () throws -> Bool) throws -> Bool {
        guard connection.isInTransaction else {
            return try connection.transaction(.immediate, body)
        }
        let rowid = connection.lastInsertRowID
        defer { connection.lastInsertRowID = rowid }
        try connection.execute("SAVEPOINT stretch_reconcile")
        do {
            let result = try body()
            try connection.execute("RELEASE stretch_reconcile")
            return result
        } catch {
            // The first error is more specific than an error of the rollback.
            try? connection.execute("ROLLBACK TO stretch_reconcile; RELEASE stretch_reconcile")
            throw error
        }
    }

    private func table(_ id: Int64) throws -> StretchedTable? {
        try catalog.table(id: id)
    }

    private func schemaCookie() throws(SQLiteError) -> Int64 {
        try connection.integer("PRAGMA main.schema_version") ?? 0
    }

    // MARK: Columns

    /// Returns the table with its current columns; nothing is written.
    package static func reconciled(
        _ table: StretchedTable, schema: TableSchema, hints: [ColumnHint],
        connection: Connection, configuration: Configuration
    ) throws -> StretchedTable {
        let old = table.currentColumns
        // Ids in the catalog are random, but those of a reconciliation are sequential.
        let reconciliation = try ColumnReconciliation(
            stored: old.enumerated().map {
                StoredColumn(id: $0, name: $1.name, declaredType: $1.declaredType)
            },
            current: schema.columns.map { ($0.name, $0.declaredType) }, nextID: old.count,
            hints: hints, table: table.name)
        guard !reconciliation.changes.isEmpty else { return table }
        var result = table
        result.schemaVersion += 1
        var current: [CatalogColumn] = []
        for (stored, column) in zip(reconciliation.columns, schema.columns) {
            if stored.id < old.count {
                var kept = old[stored.id]
                kept.name = column.name
                kept.declaredType = column.declaredType
                kept.affinity = column.affinity
                current.append(kept)
            } else {
                current.append(
                    try SchemaReconciler.added(
                        column, to: table, schema: schema, version: result.schemaVersion,
                        connection: connection, configuration: configuration))
            }
        }
        result.columns = try merge(
            table.columns, with: current, version: result.schemaVersion, name: table.name)
        return result
    }

    /// Returns a new column, with its value in rows that were migrated before.
    private static func added(
        _ column: ColumnSchema, to table: StretchedTable, schema: TableSchema, version: Int64,
        connection: Connection, configuration: Configuration
    ) throws -> CatalogColumn {
        let hasBatches = try Catalog(connection).hasBatches(table: table.id)
        guard !column.isGenerated || !hasBatches else {
            throw StretchError(
                .unsupported,
                "generated column \"\(column.name)\" of table \"\(table.name)\" has no values "
                    + "in the rows that are cold already",
                hint: "Drop the column, or bring the cold rows back first.")
        }
        return CatalogColumn(
            column, id: configuration.randomID(),
            defaultValue: try defaultValue(
                of: column, isStrict: schema.isStrict, routines: connection.routines),
            added: version)
    }

    /// Returns the default as stored by SQLite, with the column's affinity applied.
    private static func defaultValue(
        of column: ColumnSchema, isStrict: Bool, routines: Routines
    ) throws -> Value {
        guard let text = try column.defaultExpression(), !column.isGenerated else { return .null }
        let memory = try Connection(
            path: ":memory:", access: .create, routines: routines)
        memory.confine()
        let options = isStrict ? " STRICT" : ""
        try memory.execute(
            one: "CREATE TABLE t(c \(try column.typeText()) DEFAULT \(text))\(options)")
        try memory.execute("INSERT INTO t DEFAULT VALUES")
        return try memory.rows("SELECT c FROM t").first?.first ?? .null
    }

    /// Returns all old and new columns in an order consistent with the former and current table
    /// order.
    ///
    /// The columns of every batch are a subsequence of it.
    private static func merge(
        _ columns: [CatalogColumn], with current: [CatalogColumn], version: Int64, name: String
    ) throws(StretchError) -> [CatalogColumn] {
        var rest = current[...]
        var result: [CatalogColumn] = []
        for column in columns {
            guard let position = rest.firstIndex(where: { $0.id == column.id }) else {
                guard !current.contains(where: { $0.id == column.id }) else {
                    throw StretchError(
                        .schemaMismatch,
                        "the columns of table \"\(name)\" are in another order than before",
                        hint: "Restore their order.")
                }
                var dropped = column
                dropped.dropped = column.dropped ?? version
                result.append(dropped)
                continue
            }
            result += rest[...position]
            rest = rest[(position + 1)...]
        }
        return result + rest
    }
}

extension TableInspection {
    /// Returns the error for a stretch-enabled table that another program dropped or renamed.
    package static func vanished(_ table: StretchedTable) -> StretchError {
        StretchError(
            .schemaMismatch, "stretch-enabled table \"\(table.name)\" is missing",
            hint: "Rename it back, or give up its cold rows: \(advice: .abandonTable(table.name)).")
    }
}
