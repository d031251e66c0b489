internal import SQLText
internal import StretchSQLite

extension Overlay {
    /// The modules that SQLite brings and that tables of an application are made of.
    private static let modules = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"]

    /// Lets triggers and views of a file use its full-text and R*Tree tables.
    ///
    /// Some versions of SQLite refuse them in a schema that is not trusted. Functions that a
    /// file must not reach stay out of reach: those of Stretch are for direct use only,
    /// `fts3_tokenizer` is off, and `load_extension` is not for a schema.
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
