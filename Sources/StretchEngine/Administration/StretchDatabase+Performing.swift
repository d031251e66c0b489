package import StretchCatalog
public import StretchCore
internal import StretchOverlay
public import StretchSQLite
internal import StretchText

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
        let failure = StretchError(local: error)
        guard let hint = hint(for: error) else { return failure }
        return StretchError(failure.code, failure.message, hint: hint, cause: error)
    }

    /// Returns a hint for messages of SQLite about the virtual tables of the overlay, which an
    /// application takes for ordinary tables.
    private func hint(for error: SQLiteError) -> StretchError.Hint? {
        guard !overlay.isEmpty else { return nil }
        if error.message.isSameText(as: "cannot create triggers on virtual tables") {
            return "A trigger of a stretch-enabled table belongs to the file: leave TEMP out."
        }
        let prefix = "no such index: "
        guard error.message.beginsWith(prefix) else { return nil }
        let name = String(decoding: error.message.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        let isIndex = try? connection.integer(
            "SELECT 1 FROM main.sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE",
            .text(name))
        guard isIndex != nil else { return nil }
        return "The index has hot rows only, and the query reads cold rows too: leave INDEXED BY "
            + "out."
    }
}

extension SQLiteError {
    /// SQLITE_READONLY: <https://sqlite.org/rescode.html#readonly>.
    package var isReadOnly: Bool { code == ResultCode.readOnly }
    /// SQLITE_NOTADB: <https://sqlite.org/rescode.html#notadb>.
    fileprivate var isNotADatabase: Bool { code == ResultCode.notADatabase }
}
