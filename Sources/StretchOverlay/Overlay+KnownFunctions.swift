internal import StretchSQLite
internal import StretchText

extension Overlay {
    /// SQLite's own functions, as far as no program replaced them.
    func knownFunctions() throws -> Set<SQLName> {
        let rows = try connection.rows("SELECT name, builtin FROM pragma_function_list")
        var (own, others): (Set<SQLName>, Set<SQLName>) = ([], ["load_extension"])
        for row in rows {
            guard let name = row[0].stringValue.map(SQLName.init) else { continue }
            if row[1].integerValue == 1 { own.insert(name) } else { others.insert(name) }
        }
        return own.subtracting(others)
    }

    /// Whether LIKE and GLOB are SQLite's own; `PRAGMA case_sensitive_like` replaces them, too.
    func hasOwnPatterns() throws -> Bool {
        try knownFunctions().isSuperset(of: ["like", "glob"])
    }
}
