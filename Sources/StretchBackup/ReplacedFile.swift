internal import Foundation
package import StretchCore
package import StretchKeystore
internal import StretchSQLite
internal import StretchText

/// A file to be replaced, which no connection has open and which has no WAL or journal.
///
/// SQLite would apply a leftover WAL or journal to the new file and damage it:
/// <https://sqlite.org/howtocorrupt.html>. A WAL is copied into the file and removed, and the file
/// stays in WAL mode, so that it works as before if the process ends before it is replaced. No
/// other connection can read the file until this object is released.
package final class ReplacedFile {
    private let connection: Connection?
    /// Whether the file is in WAL mode.
    package let usesWAL: Bool

    /// Locks a file; does nothing if it is not a database.
    ///
    /// - Throws: `busy` while another connection has it open.
    package init(_ path: String, _ configuration: Configuration) throws(StretchError) {
        try GuardedFile.requireDatabase(path)
        var locked: Connection?
        var isWAL = false
        do throws(SQLiteError) {
            let connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            // Set before the first read, it replaces the shared index of the WAL by an exclusive
            // lock on the file: https://sqlite.org/pragma.html#pragma_locking_mode
            try connection.execute("PRAGMA main.locking_mode = EXCLUSIVE")
            let mode = try connection.string("PRAGMA main.journal_mode")
            isWAL = mode?.foldingCase == "wal"
            if isWAL {
                try Self.removeWAL(connection, FileIdentity.resolved(path))
            } else {
                // It removes a journal that is kept between transactions.
                _ = try connection.string("PRAGMA main.journal_mode = DELETE")
                try connection.execute("BEGIN EXCLUSIVE")
            }
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
        usesWAL = isWAL
    }

    /// Copies the WAL into the file, and removes it and its index, which no other connection uses.
    private static func removeWAL(
        _ connection: Connection, _ path: String
    ) throws(SQLiteError) {
        // Closing this connection later must not remove the WAL of the file that replaced this one.
        connection.set(.noCheckpointOnClose, true)
        try connection.execute("BEGIN EXCLUSIVE; COMMIT")
        let isBusy = try connection.integer("PRAGMA main.wal_checkpoint(TRUNCATE)") != 0
        guard !isBusy, TemporaryFile.byteCount(path + "-wal") ?? 0 == 0 else {
            throw SQLiteError(extendedCode: 5, message: "database is locked")
        }
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
    }

    // Closing ends the transaction, which has written nothing.
    deinit { if let connection, connection.isInTransaction { try? connection.execute("ROLLBACK") } }
}
