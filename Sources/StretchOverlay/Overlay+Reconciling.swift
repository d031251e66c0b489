internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension Overlay {
    /// Creates the overlay of a table of the catalog, with its current columns.
    ///
    /// Changes by another program are adopted if they are unambiguous. A reader does not depend on
    /// this: if the catalog cannot be written now, the overlay keeps the columns in memory, and
    /// only cold rows of a table with new columns must wait.
    ///
    /// - Parameters:
    ///   - schema: The table's definition; `nil` if it no longer exists.
    ///   - record: The catalog's record of the database.
    /// - Throws: `schemaMismatch` if the change is ambiguous or the table no longer exists.
    func makeTable(
        _ table: StretchedTable, _ schema: TableSchema?, _ record: DatabaseRecord
    ) throws -> OverlayTable {
        guard let schema else { throw TableInspection.vanished(table) }
        guard !table.hasColumns(of: schema) else {
            return try OverlayTable(table: table, schema: schema, overlay: self)
        }
        let busy = StretchError(
            .busy, "another program keeps changing the schema", hint: "Try again.")
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

    /// Saves the table's columns to the remote and to the catalog.
    ///
    /// A separate connection preserves the application's `changes()` and `last_insert_rowid()`. In
    /// a transaction it would make the application's snapshot too old for writing.
    ///
    /// - Returns: The table as saved in the catalog, or the reason why it cannot be saved now.
    /// - Throws: Errors that waiting does not resolve.
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
                return .failure(StretchError(.busy, "the table was disabled in the meantime"))
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

    /// Returns the table with its columns in memory only.
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

    /// Tries again to save columns that are in memory only.
    ///
    /// - Returns: Whether the catalog has changed.
    func retryTakingOver() -> Bool {
        guard let record, let table = tables.values.first(where: \.isUnsaved),
            !connection.isInTransaction, ContinuousClock.now >= nextAttempt
        else { return false }
        nextAttempt = .now + .seconds(1)
        // A failure has been reported before; the overlay is unchanged.
        switch try? takeOver(table.table.id, record, busyTimeout: 0) {
        case .success: return true
        case .failure(let reason) where reason.code == .notPermitted:
            // Only the owner of the remote can act, after which the catalog shows the change
            // immediately.
            nextAttempt = .now + .seconds(60)
            return false
        case .failure, nil: return false
        }
    }
}

extension StretchedTable {
    /// Returns whether the table has the columns recorded in the catalog.
    fileprivate func hasColumns(of schema: TableSchema) -> Bool {
        currentColumns.map { SQLName($0.name) } == schema.columns.map { SQLName($0.name) }
    }
}
