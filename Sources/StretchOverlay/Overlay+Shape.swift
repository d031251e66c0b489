internal import SQLText
internal import StretchSQLite
internal import StretchText

extension Overlay {
    /// Prepares a statement of the application while its shape is known.
    ///
    /// SQLite prepares it again by itself when the schema has changed, and then nothing is known.
    package func preparing<Result>(_ sql: String, _ body: () throws -> Result) throws -> Result {
        let outer = shape
        shape = StatementShape(of: sql).union(try temporaryShape())
        defer { shape = outer }
        return try body()
    }

    /// The shapes of all views and triggers in schema temp, which a statement may meet.
    private func temporaryShape() throws -> StatementShape {
        let version = try connection.integer("PRAGMA temp.schema_version") ?? 0
        if let known = knownTemporaryShape, known.version == version { return known.shape }
        let texts = try connection.rows(
            "SELECT type, name, sql FROM temp.sqlite_schema WHERE type IN ('view', 'trigger')")
        // A trigger of the overlay calls a function, and reads nothing.
        let shape = texts.filter {
            $0[0] == "view" || !callingTriggerNames.contains(SQLName($0[1].stringValue ?? ""))
        }.compactMap(\.[2].stringValue)
            .reduce(into: StatementShape()) { $0.formUnion(StatementShape(of: $1)) }
        knownTemporaryShape = (version, shape)
        return shape
    }
}
