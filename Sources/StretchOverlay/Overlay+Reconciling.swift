internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension Overlay {
    /// The overlay of a table of the catalog, with the columns that the table has now.
    ///
    /// What another program changed is taken over, where the columns themselves tell what it was. A
    /// reader does not depend on it: where the catalog cannot be written now, the overlay knows the
    /// columns in memory, and only cold rows of a table with new columns have to wait.
    ///
    /// - Parameters:
    ///   - schema: The table's definition; `nil` when it is gone.
    ///   - record: What the catalog says of the database.
    /// - Throws: `schemaMismatch` when the change is ambiguous or the table is gone.
    func makeTable(
        _ table: StretchedTable, _ schema: TableSchema?, _ record: DatabaseRecord
    ) throws -> OverlayTable {
        guard let schema else { throw TableInspection.vanished(table) }
        guard !table.hasColumns(of: schema) else {
            return try OverlayTable(table: table, schema: schema, overlay: self)
        }
        let busy = StretchError(
            .busy, "another program goes on changing the schema", hint: "Try again.")
        if connection.isInTransaction, try !hasNewColumns(table, schema) {
            return try unsaved(table, schema, busy)
        }
        let wait = configuration.busyTimeoutMilliseconds
        switch try takeOver(table.id, record, busyTimeout: wait) {
        case .success(let saved) where saved.hasColumns(of: schema):
            return try OverlayTable(table: saved, schema: schema, overlay: self)
        case .success: return try unsaved(table, schema, busy)
        case .failure(let reason): return try unsaved(table, schema, reason)
        }
    }

    /// Writes the table's columns to the remote and to the catalog.
    ///
    /// A connection of its own leaves the application its `changes()` and `last_insert_rowid()`; in
    /// a transaction it would make the application's snapshot too old to write.
    ///
    /// - Returns: The table as the catalog has it then, or why it cannot be written now.
    /// - Throws: What waiting does not heal.
    private func takeOver(
        _ id: Int64, _ record: DatabaseRecord, busyTimeout: Int32
    ) throws -> Result<StretchedTable, StretchError> {
        func attempt() throws -> StretchedTable? {
            let writer = connection.isInTransaction ? connection : try makeWriter(busyTimeout)
            let address = try EndpointAddress(parsing: record.endpoint)
            let endpoint = try configuration.endpoint(
                at: address, localPath: localPath, as: .administrator)
            try SchemaReconciler(
                connection: writer, configuration: configuration, endpoint: endpoint
            ).reconcile(id)
            return try Catalog(writer).table(id: id)
        }
        do {
            guard let table = try attempt() else {
                return .failure(StretchError(.busy, "the table was disabled meanwhile"))
            }
            return .success(table)
        } catch let error as StretchError {
            let isFinal = [.schemaMismatch, .unsupported, .damaged].contains(error.code)
            if isFinal { throw error }
            return .failure(error)
        } catch let error as SQLiteError {
            return .failure(StretchError(local: error))
        }
    }

    private func makeWriter(_ busyTimeout: Int32) throws(SQLiteError) -> Connection {
        let writer = try Connection(
            path: localPath, access: .readWrite, routines: configuration.routines,
            vfs: configuration.localVFS)
        writer.setBusyTimeout(milliseconds: busyTimeout)
        return writer
    }

    private func inMemory(
        _ table: StretchedTable, _ schema: TableSchema
    ) throws -> StretchedTable {
        try SchemaReconciler.reconciled(
            table, schema: schema, hints: [], connection: connection, configuration: configuration)
    }

    private func hasNewColumns(_ table: StretchedTable, _ schema: TableSchema) throws -> Bool {
        try inMemory(table, schema).columns.count > table.columns.count
    }

    /// The table with its columns in memory only.
    private func unsaved(
        _ table: StretchedTable, _ schema: TableSchema, _ reason: StretchError
    ) throws -> OverlayTable {
        let now = try inMemory(table, schema)
        let known = Set(table.columns.map(\.id))
        let names = now.currentColumns.filter { !known.contains($0.id) }.map { "\"\($0.name)\"" }
        let result = try OverlayTable(table: now, schema: schema, overlay: self)
        result.isUnsaved = true
        guard !names.isEmpty else { return result }
        result.coldRowError = StretchError(
            reason.code,
            "cold rows of table \"\(table.name)\" cannot be read before its new columns "
                + "\(names.joined(separator: ", ")) are written down: \(reason.message)",
            hint: reason.guidance ?? "Try again.", cause: reason.cause)
        return result
    }

    /// Tries again to write down what the overlay knows in memory only.
    ///
    /// - Returns: Whether the catalog now knows more.
    func retryTakingOver() -> Bool {
        guard let record, let table = tables.values.first(where: \.isUnsaved),
            !connection.isInTransaction, ContinuousClock.now >= nextAttempt
        else { return false }
        nextAttempt = .now + .seconds(1)
        // What fails has failed before, and was told; the overlay stays as it is.
        switch try? takeOver(table.table.id, record, busyTimeout: 0) {
        case .success: return true
        case .failure(let reason) where reason.code == .notPermitted:
            // Only the owner of the remote helps, and the catalog then tells at once.
            nextAttempt = .now + .seconds(60)
            return false
        case .failure, nil: return false
        }
    }
}

extension StretchedTable {
    /// Whether the table has the columns that the catalog knows.
    fileprivate func hasColumns(of schema: TableSchema) -> Bool {
        currentColumns.map { SQLName($0.name) } == schema.columns.map { SQLName($0.name) }
    }
}
