internal import Foundation
package import StretchCore
package import StretchKeystore
internal import StretchSQLite

/// The file beside a database that keeps rows of migrated batches for the RPO duration.
///
/// It is a separate SQLite file, so that backups of the database do not contain remote rows. Each
/// commit is durable, including the removal of its journal:
/// <https://sqlite.org/pragma.html#pragma_synchronous>.
package final class StagingFile {
    /// The format version.
    static let format: Int64 = 1

    let path: String
    let connection: Connection

    /// Returns the path of a database's staging file.
    static func path(for database: String) -> String {
        URL(fileURLWithPath: database).resolvingSymlinksInPath().path + "-stretch-staging"
    }

    /// Opens the staging file of a database.
    ///
    /// - Parameters:
    ///   - database: The local file's path.
    ///   - id: The database's id.
    ///   - isCreating: Whether to create a missing file, with the mode of the local file.
    /// - Returns: `nil` if it is missing and is not created.
    /// - Throws: `wrongState` when it cannot be opened, or belongs to another database; `damaged`.
    package static func open(
        database: String, id: Int64, _ configuration: Configuration, isCreating: Bool
    ) throws(StretchError) -> StagingFile? {
        let path = path(for: database)
        var identity = try GuardedFile.identity(path, .userOrOwner(of: database))
        if identity == nil {
            guard isCreating else { return nil }
            if let made = try GuardedFile.make(path, like: database) { close(made) }
            identity = try GuardedFile.identity(path, .userOrOwner(of: database))
        }
        try GuardedFile.requireDatabase(path)
        return try attempt(path) {
            let connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines,
                vfs: configuration.localVFS, followsLinks: false)
            // Nothing is written until the opened file is known to be the inspected one.
            let opened = try GuardedFile.identity(path, .userOrOwner(of: database))
            guard !connection.hasMoved, opened == identity else {
                throw StretchError(
                    .wrongState, "staging file \"\(path)\" was replaced while it was opened",
                    hint: "Run the command again.")
            }
            connection.confine()
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            // A deleted journal leaves nothing beside the file; EXTRA makes the deletion durable.
            try connection.execute(
                """
                PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = EXTRA;
                PRAGMA fullfsync = ON; PRAGMA cache_size = -2048
                """)
            let file = StagingFile(path: path, connection: connection)
            try file.identify(id, now: configuration.now())
            return file
        }
    }

    /// Removes a database's staging file if it exists.
    package static func remove(database: String) throws(StretchError) {
        let path = path(for: database)
        for name in [path, path + "-journal"]
        where unlink(name) != 0 && errno != ENOENT {
            throw StretchError(
                .wrongState,
                "cannot remove staging file \"\(name)\": \(String(cString: strerror(errno)))",
                hint: "Remove it by hand; it is no longer needed.")
        }
    }

    private init(path: String, connection: Connection) {
        self.path = path
        self.connection = connection
    }

    private static let script: StaticString = """
        CREATE TABLE stretch_staging(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            format INTEGER NOT NULL,
            database INTEGER NOT NULL,
            complete_since TEXT NOT NULL
        ) STRICT;
        CREATE TABLE stretch_staged_batch(
            number INTEGER PRIMARY KEY,
            batch INTEGER NOT NULL UNIQUE,
            relation INTEGER NOT NULL,
            columns TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            token INTEGER NOT NULL,
            rows INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            compressed_bytes INTEGER NOT NULL,
            digest BLOB NOT NULL,
            staged_at TEXT NOT NULL,
            held_at TEXT
        ) STRICT;
        CREATE INDEX stretch_staged_batch_by_digest ON stretch_staged_batch(digest);
        CREATE INDEX stretch_staged_batch_by_time ON stretch_staged_batch(staged_at);
        CREATE TABLE stretch_staged_piece(
            number INTEGER NOT NULL,
            place INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            UNIQUE (number, place)
        ) STRICT;
        """

    private func identify(_ database: Int64, now: String) throws {
        if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.transaction(.immediate) {
                guard try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 else {
                    return
                }
                try connection.execute(Self.script)
                try connection.run(
                    "INSERT INTO stretch_staging VALUES(1, ?, ?, ?)", .integer(Self.format),
                    .integer(database), .text(now))
            }
        }
        let row = try connection.rows("SELECT format, database FROM stretch_staging").first
        guard row?[0] == .integer(Self.format) else {
            throw StretchError(
                .wrongState, "staging file \"\(path)\" is of another version of Stretch",
                hint: "Use the version that wrote it, or move it away: a new one is created.")
        }
        guard row?[1] == .integer(database) else {
            throw StretchError(
                .wrongState, "staging file \"\(path)\" belongs to another database",
                hint: "Move it to that database; a new one is created here.")
        }
    }

    // MARK: Failures

    private static let wayOut: StretchError.Hint =
        "Allow writing beside the database, or: \(advice: .disableStaging)."

    /// Converts the errors of a call.
    package func attempt<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        try Self.attempt(path, body)
    }

    private static func attempt<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws(StretchError) -> Result {
        do {
            return try body()
        } catch let error as StretchError {
            throw error
        } catch let error as SQLiteError {
            throw failure(error, path)
        } catch {
            preconditionFailure("only SQLite and Stretch throw here, not \(error)")
        }
    }

    private static func failure(_ error: SQLiteError, _ path: String) -> StretchError {
        if error.isBusy {
            return StretchError(
                .busy, "staging file \"\(path)\" is locked", hint: "Try again.", cause: error)
        }
        if let failure = StretchError(ofResource: error, "cannot use staging file \"\(path)\"") {
            return failure
        }
        switch error.code {
        // SQLITE_ERROR: a file without our tables. https://sqlite.org/rescode.html
        case ResultCode.error, ResultCode.corrupt, ResultCode.notADatabase:
            return damage(path, error.message, cause: error)
        default:
            return StretchError(
                .wrongState, "cannot use staging file \"\(path)\": \(error.message)", hint: wayOut,
                cause: error)
        }
    }

    /// Returns the error for a file with unexpected content.
    func damage(_ reason: String) -> StretchError { Self.damage(path, reason, cause: nil) }

    private static func damage(
        _ path: String, _ reason: String, cause: SQLiteError?
    ) -> StretchError {
        StoredFile.staging(path).damaged(reason, cause: cause)
    }
}
