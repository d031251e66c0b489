internal import StretchCatalog
package import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
package import StretchSQLite
internal import StretchSchema
internal import StretchText

extension Overlay {
    /// Creates the overlay of a table of the catalog, with its current columns.
    ///
    /// Changes by another program are adopted if they are certain. A reader does not depend on
    /// this: if the catalog cannot be written now, the overlay keeps the columns in memory. While
    /// it is uncertain what became of the table, its hot rows alone can be used.
    ///
    /// - Parameter reader: The definitions, which are those of the catalog's state.
    /// - Returns: `nil` if the table no longer exists; ``missingTables`` then names it.
    func makeTable(
        _ table: StretchedTable, _ reader: SchemaReader
    ) throws -> OverlayTable? {
        let schema = try reader.table(table.name)
        if let schema, table.places(in: schema) != nil,
            try reader.isBehindMark(table.name) != true
        {
            return try OverlayTable(table: table, schema: schema, overlay: self)
        }
        do {
            return try reconciled(table)
        } catch let error as StretchError where SchemaJudge.isQuestion(error) {
            guard let schema else {
                missingTables[SQLName(table.name)] = error
                return nil
            }
            return try questioned(table, schema, reader, error)
        }
    }

    /// Returns a table with the changes by another program, saved in the catalog if possible.
    private func reconciled(_ table: StretchedTable) throws -> OverlayTable {
        let change = try connection.reading {
            try SchemaJudge(SchemaReader(connection), newID: configuration.randomID).judge(table)
        }
        var (saved, isUnsaved) = (change.table, false)
        if change.table != table {
            switch try takeOver(table.id, busyTimeout: configuration.busyTimeoutMilliseconds) {
            case .success(let table) where table.places(in: change.schema) != nil: saved = table
            case .success: isUnsaved = true
            case .failure(let reason):
                isUnsaved = true
                // Zones that no longer hold would leave rows out.
                guard change.staleZones.isEmpty else { throw reason }
            }
        }
        guard let schema = try TableSchema(reading: saved.name, from: connection) else {
            throw TableInspection.vanished(table)
        }
        let result = try OverlayTable(table: saved, schema: schema, overlay: self)
        result.isUnsaved = isUnsaved
        return result
    }

    /// Returns a table whose cold rows cannot be read before a question is answered.
    ///
    /// The key alone is known to be a column of the cold rows, so that statements on other keys
    /// go on.
    private func questioned(
        _ table: StretchedTable, _ schema: TableSchema, _ reader: SchemaReader,
        _ error: StretchError
    ) throws -> OverlayTable {
        let key = try SchemaJudge(reader).evidence(of: table)?.columns.filter { $0.keyPlace > 0 }
            .map(
                \.id)
        let rowid = schema.keyKind == .rowid && key?.count == 1 ? key?.first : nil
        var provisional = table
        provisional.columns = schema.columns.enumerated().map { place, column in
            let isKey = schema.key == [place]
            return CatalogColumn(
                column, id: isKey ? rowid ?? configuration.randomID() : configuration.randomID(),
                defaultValue: .null, added: 1)
        }
        let result = try OverlayTable(table: provisional, schema: schema, overlay: self)
        result.coldRowError = error
        return result
    }

    /// Saves the table's columns to the catalog.
    ///
    /// A separate connection preserves the application's `changes()` and `last_insert_rowid()`. In
    /// a transaction it would make the application's snapshot too old for writing.
    ///
    /// - Returns: The table as saved in the catalog, or the reason why it cannot be saved now.
    /// - Throws: Errors that waiting does not resolve.
    private func takeOver(
        _ id: Int64, busyTimeout: Int32
    ) throws -> Result<StretchedTable, StretchError> {
        guard !connection.isInTransaction else {
            return .failure(
                StretchError(.busy, "a transaction is open", hint: "End the transaction first."))
        }
        do {
            let writer = try makeWriter(busyTimeout)
            try SchemaReconciler(connection: writer, configuration: configuration).reconcile(id)
            guard let table = try Catalog(writer).table(id: id) else {
                return .failure(
                    StretchError(
                        .busy, "the table was disabled in the meantime", hint: "Try again."))
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

    /// Tries again to save columns that are in memory only.
    ///
    /// - Returns: Whether the catalog has changed.
    func retryTakingOver() -> Bool {
        guard let table = tables.values.first(where: \.isUnsaved), !connection.isInTransaction,
            ContinuousClock.now >= nextAttempt
        else { return false }
        nextAttempt = .now + .seconds(1)
        // A failure has been reported before; the overlay is unchanged.
        if case .success? = try? takeOver(table.table.id, busyTimeout: 0) { return true }
        return false
    }

    /// Returns the error of a stretch-enabled table that another program dropped, if a statement
    /// failed because it names that table.
    package func missingTable(in error: SQLiteError) -> StretchError? {
        guard !missingTables.isEmpty, error.message.beginsWith("no such table: ") else {
            return nil
        }
        let name = error.message.utf8.dropFirst("no such table: ".utf8.count)
        let schema = "main."
        let isQualified = name.starts(with: schema.utf8)
        let table = String(
            decoding: name.dropFirst(isQualified ? schema.utf8.count : 0), as: UTF8.self)
        guard let missing = missingTables[SQLName(table)] else { return nil }
        return StretchError(
            missing.code, missing.message, hint: missing.guidance, cause: error)
    }
}
