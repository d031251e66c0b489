internal import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText

/// A file whose place another one takes: nobody has it open, and nothing belongs to it.
///
/// A WAL or journal that stayed behind would be taken for the new file's, and damage it:
/// <https://sqlite.org/howtocorrupt.html>. SQLite itself removes both when the file leaves WAL mode,
/// which it does for the only connection alone. Until the object is gone no other connection can
/// read the file.
final class ReplacedFile {
    private let connection: Connection?
    private let usedWAL: Bool

    /// Locks a file, or removes nothing when it is no database.
    ///
    /// - Throws: `busy` while another connection has it open.
    init(_ path: String, _ configuration: Configuration) throws(StretchError) {
        try GuardedFile.requireDatabase(path)
        var locked: Connection?
        var mode: String?
        do throws(SQLiteError) {
            let connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            mode = try connection.string("PRAGMA main.journal_mode")
            // The answer is the mode that it has afterwards; a reader elsewhere is an error.
            let result = try connection.string("PRAGMA main.journal_mode = DELETE")
            guard result?.foldingCase == "delete" else {
                throw SQLiteError(extendedCode: 5, message: "database is locked")
            }
            try connection.execute("BEGIN EXCLUSIVE")
            locked = connection
        } catch {
            // SQLITE_NOTADB and SQLITE_CORRUPT: what is no database has no WAL.
            if error.code == ResultCode.notADatabase || error.code == ResultCode.corrupt {
                locked = nil
            } else if error.isBusy {
                throw StretchError(
                    .busy, "file \"\(path)\" is open in another program",
                    hint: "Stop the programs that use it; they would go on with the old file.",
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

    /// Lets the file be used as before.
    func giveUp() {
        // Where it cannot leave rollback mode, it stays whole in it.
        try? connection?.execute("ROLLBACK")
        if usedWAL { try? connection?.execute("PRAGMA main.journal_mode = WAL") }
    }
}
