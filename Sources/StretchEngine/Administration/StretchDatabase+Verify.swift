internal import StretchCatalog
public import StretchCore
internal import StretchMigration
internal import StretchSQLite
internal import StretchText

extension StretchDatabase {
    /// Reads every cold row again and compares remote, manifest and hot rows; changes nothing.
    ///
    /// - Parameter name: A stretch-enabled table, or `nil` for all.
    /// - Throws: `busy` while a migrator works; `remoteUnavailable`. What is wrong with rows is in
    ///   the result.
    public func verify(table name: String? = nil) throws(StretchError) -> VerificationResult {
        _ = try perform { try enabledDatabase() }
        let migrator = try Migrator(path: path, configuration: configuration)
        return VerificationResult(try migrator.verify(table: name))
    }

    /// The visible cold rows of a table that meet a condition; all of them without one.
    ///
    /// - Throws: `invalidArgument` for a missing table or a wrong condition; `remoteUnavailable`.
    public func coldRowCount(
        table name: String, where condition: String?
    ) throws(StretchError) -> Int64 {
        let table = try perform { try enabledTable(name) }
        guard let condition else { return try perform { try coldRowCount(table) } }
        try perform { try checkFilter(condition, schema: try schema(of: table)) }
        let count = { (source: String) in
            "(SELECT count(*) FROM \(source).\(table.name.quotedName) WHERE (\(condition)\n))"
        }
        // Before the statement is prepared, the overlay shows the tables as they are now.
        let answer = try query("SELECT \(count("temp")) - \(count("main"))")
        return answer.rows.first?.first?.integerValue ?? 0
    }
}
