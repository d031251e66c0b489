internal import SQLText
internal import StretchCatalog
package import StretchSQLite
internal import StretchText

extension Overlay {
    /// Prepares a statement of the application with a known shape.
    ///
    /// If SQLite prepares it again after a change of the schema, the shape is unknown.
    ///
    /// The first writing statement completes the catalog of a file created by version 0.1.0,
    /// because SQLite cannot read the schema again while the statement runs.
    package func preparing(
        _ sql: String, _ body: () throws -> Statement?
    ) throws -> Statement? {
        let outer = shape
        shape = StatementShape(of: sql).union(try temporaryShape())
        defer { shape = outer }
        hasPlannedScan = false
        mayReplaceRows = shape.contains(.replaces) || replacesInSchema
        isReplacing = false
        let statement = try body()
        guard isCatalogIncomplete, let statement, !statement.isReadOnly else { return statement }
        try catalog.complete()
        invalidate()
        return try body()
    }

    /// Returns the combined shape of all views and triggers in schema temp, which a statement may
    /// use.
    private func temporaryShape() throws -> StatementShape {
        let version = try connection.integer("PRAGMA temp.schema_version") ?? 0
        if let known = knownTemporaryShape, known.version == version { return known.shape }
        let texts = try connection.rows(
            "SELECT type, name, sql FROM temp.sqlite_schema WHERE type IN ('view', 'trigger')")
        // A trigger of the overlay only calls a function and reads nothing.
        let shape = texts.filter {
            $0[0] == "view" || !callingTriggerNames.contains(SQLName($0[1].stringValue ?? ""))
        }.compactMap(\.[2].stringValue)
            .reduce(into: StatementShape()) { $0.formUnion(StatementShape(of: $1)) }
        knownTemporaryShape = (version, shape)
        return shape
    }
}
