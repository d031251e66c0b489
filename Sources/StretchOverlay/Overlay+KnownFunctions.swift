internal import StretchSQLite
internal import StretchText

extension Overlay {
    /// Returns SQLite's built-in functions that no program has replaced.
    func knownFunctions() throws -> Set<SQLName> {
        let rows = try connection.rows("SELECT name, builtin FROM pragma_function_list")
        var (own, others): (Set<SQLName>, Set<SQLName>) = ([], ["load_extension"])
        for row in rows {
            guard let name = row[0].stringValue.map(SQLName.init) else { continue }
            if row[1].integerValue == 1 { own.insert(name) } else { others.insert(name) }
        }
        return own.subtracting(others)
    }

    /// Returns whether LIKE and GLOB are built in; `PRAGMA case_sensitive_like` also replaces them.
    func hasOwnPatterns() throws -> Bool {
        try knownFunctions().isSuperset(of: ["like", "glob"])
    }
}
