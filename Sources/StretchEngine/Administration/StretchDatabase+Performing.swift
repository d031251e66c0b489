package import StretchCatalog
public import StretchCore
internal import StretchOverlay
public import StretchSQLite

extension StretchDatabase {
    /// Runs work on the local file, and converts its errors once, at the engine's edge.
    func perform<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        do {
            return try body()
        } catch {
            throw converted(error)
        }
    }

    /// Reads the catalog.
    package func reading<Result>(
        _ body: (Catalog) throws -> Result
    ) throws(StretchError) -> Result {
        try perform { try body(catalog) }
    }

    /// Returns the error of Stretch that caused an error of a prepared statement, with its code and
    /// hint.
    ///
    /// SQLite passes on only the message of a failure in the remote or the overlay. Call this
    /// method before the next statement runs.
    public func explanation(of error: SQLiteError) -> StretchError { converted(error) }

    private func converted(_ error: any Error) -> StretchError {
        if let error = error as? StretchError { return error }
        guard let error = error as? SQLiteError else {
            return StretchError(.statementFailed, "\(error)", cause: error)
        }
        if let origin = connection.callbackError as? StretchError,
            origin.description == error.message
        {
            return StretchError(
                origin.code, origin.message, hint: origin.guidance, cause: origin.cause ?? error)
        }
        if let missing = overlay.missingTable(in: error) { return missing }
        if error.isReadOnly {
            return StretchError(
                .wrongState, "the local database is read-only: \"\(path)\"",
                hint: "Allow writing to the file and to its folder.", cause: error)
        }
        if error.isNotADatabase {
            return StretchError(
                .invalidArgument, "the file is not a SQLite database: \"\(path)\"",
                hint: "Name an existing SQLite file.", cause: error)
        }
        return StretchError(local: error)
    }
}

extension SQLiteError {
    /// SQLITE_READONLY: <https://sqlite.org/rescode.html#readonly>.
    package var isReadOnly: Bool { code == ResultCode.readOnly }
    /// SQLITE_NOTADB: <https://sqlite.org/rescode.html#notadb>.
    fileprivate var isNotADatabase: Bool { code == ResultCode.notADatabase }
}
