internal import StretchSQLite

extension StretchDatabase {
    /// Runs work on the local file, and converts what it throws once, at the engine's edge.
    func perform<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        do {
            return try body()
        } catch let error as StretchError {
            throw error
        } catch let error as SQLiteError where error.isReadOnly {
            throw StretchError(
                .wrongState, "the local database is read-only: \"\(path)\"",
                hint: "Allow writing to the file and to its folder.", cause: error)
        } catch let error as SQLiteError where error.isNotADatabase {
            throw StretchError(
                .invalidArgument, "the file is not a SQLite database: \"\(path)\"",
                hint: "Name an existing SQLite file.", cause: error)
        } catch let error as SQLiteError {
            throw StretchError(local: error).separatingHint
        } catch {
            throw StretchError(.statementFailed, "\(error)", cause: error)
        }
    }
}

extension StretchError {
    /// The error with a hint of its own, where the overlay's error came through SQLite as one text.
    fileprivate var separatingHint: StretchError {
        guard hint == nil, let range = message.firstRange(of: "\nHINT: ") else { return self }
        return StretchError(
            code, String(message[..<range.lowerBound]),
            hint: String(message[range.upperBound...]), cause: cause)
    }
}

extension SQLiteError {
    /// SQLITE_READONLY: <https://sqlite.org/rescode.html#readonly>.
    fileprivate var isReadOnly: Bool { code == 8 }
    /// SQLITE_NOTADB: <https://sqlite.org/rescode.html#notadb>.
    fileprivate var isNotADatabase: Bool { code == 26 }
}
