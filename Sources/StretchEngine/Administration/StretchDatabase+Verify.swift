public import StretchCore
public import StretchMigration

extension StretchDatabase {
    /// Reads every cold row and compares remote, manifest and hot rows; changes nothing.
    ///
    /// - Parameters:
    ///   - name: A stretch-enabled table, or `nil` for all.
    ///   - shouldStop: Called before each batch.
    ///   - progress: Called after each batch.
    /// - Throws: `busy` while a migrator runs; `remoteUnavailable`; `cancelled`. Problems of rows
    ///   are in the result.
    public func verify(
        table name: String? = nil, shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (VerificationProgress) -> Void = { _ in }
    ) throws(StretchError) -> VerificationReport {
        _ = try perform { try enabledDatabase() }
        let migrator = try Migrator(path: path, configuration: configuration)
        return try migrator.verify(table: name, shouldStop: shouldStop, progress: progress)
    }
}
