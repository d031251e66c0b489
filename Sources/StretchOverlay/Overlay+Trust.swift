internal import SQLText
internal import StretchSQLite

extension Overlay {
    /// SQLite's own modules for virtual tables of an application.
    private static let modules = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"]

    /// Allows triggers and views of a file to use its full-text and R*Tree tables.
    ///
    /// Some versions of SQLite refuse them in a schema that is not trusted. Dangerous functions
    /// remain inaccessible to a file: those of Stretch are registered as direct-only,
    /// `fts3_tokenizer` is disabled, and `load_extension` cannot be used in a schema.
    func trustModules() throws {
        guard !connection.isEnabled(.trustedSchema) else { return }
        let rows = try connection.rows(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0")
        let hasModule = rows.contains { row in
            let text = row[0].stringValue ?? ""
            var isNamed = false
            for token in SQLTokenizer(text) {
                if isNamed { return Self.modules.contains(where: token.isName) }
                isNamed = token.isKeyword("USING")
            }
            return false
        }
        if hasModule { connection.set(.trustedSchema, true) }
    }
}
