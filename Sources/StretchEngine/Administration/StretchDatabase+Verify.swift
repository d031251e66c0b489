internal import StretchCatalog
public import StretchCore
public import StretchMigration
internal import StretchSQLite
internal import StretchText

extension StretchDatabase {
    /// Reads every cold row again and compares remote, manifest and hot rows; changes nothing.
    ///
    /// - Parameter name: A stretch-enabled table, or `nil` for all.
    /// - Throws: `busy` while a migrator works; `remoteUnavailable`. What is wrong with rows is in
    ///   the result.
    public func verify(table name: String? = nil) throws(StretchError) -> VerificationReport {
        _ = try perform { try enabledDatabase() }
        let migrator = try Migrator(path: path, configuration: configuration)
        return try migrator.verify(table: name)
    }
}
