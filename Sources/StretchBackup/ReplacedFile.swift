package import StretchCore
package import StretchKeystore
internal import StretchSQLite
internal import StretchText

/// A file to be replaced, which no connection has open and which has no WAL or journal.
///
/// SQLite would apply a leftover WAL or journal to the new file and damage it:
/// <https://sqlite.org/howtocorrupt.html>. SQLite itself removes both when the file leaves WAL
/// mode, which it does for the only connection alone. No other connection can read the file until
/// this object is released.
package final class ReplacedFile {
    private let connection: Connection?
    private let usedWAL: Bool

    /// Locks a file; does nothing if it is not a database.
    ///
    /// - Throws: `busy` while another connection has it open.
    package init(_ path: String, _ configuration: Configuration) throws(StretchError) {
        try GuardedFile.requireDatabase(path)
        var locked: Connection?
        var mode: String?
        do throws(SQLiteError) {
            let connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            mode = try connection.string("PRAGMA main.journal_mode")
            // The result is the mode afterwards. Another connection makes the statement fail.
            let result = try connection.string("PRAGMA main.journal_mode = DELETE")
            guard result?.foldingCase == "delete" else {
                throw SQLiteError(extendedCode: 5, message: "database is locked")
            }
            try connection.execute("BEGIN EXCLUSIVE")
            locked = connection
        } catch {
            // SQLITE_NOTADB and SQLITE_CORRUPT: a file that is not a database has no WAL.
            if error.code == ResultCode.notADatabase || error.code == ResultCode.corrupt {
                locked = nil
            } else if error.isBusy {
                throw StretchError(
                    .busy, "file \"\(path)\" is open in another program",
                    hint: "Stop the programs that use it; they would continue with the old file.",
                    cause: error)
            } else {
                throw StretchError(local: error)
            }
        }
        connection = locked
        usedWAL = mode?.foldingCase == "wal"
    }

    // Closing ends the transaction, which has written nothing.
    deinit { if let connection, connection.isInTransaction { try? connection.execute("ROLLBACK") } }

    /// Restores the file to its previous use.
    package func giveUp() {
        // If the file cannot leave rollback mode, it remains intact in that mode.
        try? connection?.execute("ROLLBACK")
        if usedWAL { try? connection?.execute("PRAGMA main.journal_mode = WAL") }
    }
}
