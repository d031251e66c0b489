internal import CSQLite

/// Result codes of SQLite, by name: <https://sqlite.org/rescode.html>.
package enum ResultCode {
    package static let error = SQLITE_ERROR
    package static let permission = SQLITE_PERM
    package static let readOnly = SQLITE_READONLY
    package static let interrupted = SQLITE_INTERRUPT
    package static let inputOutput = SQLITE_IOERR
    package static let corrupt = SQLITE_CORRUPT
    package static let full = SQLITE_FULL
    package static let cannotOpen = SQLITE_CANTOPEN
    package static let tooBig = SQLITE_TOOBIG
    package static let constraint = SQLITE_CONSTRAINT
    package static let mismatch = SQLITE_MISMATCH
    package static let notADatabase = SQLITE_NOTADB

    // Extended codes.
    package static let foreignKey = SQLITE_CONSTRAINT | 3 << 8
    package static let trigger = SQLITE_CONSTRAINT | 7 << 8
    package static let dataType = SQLITE_CONSTRAINT | 12 << 8
}
