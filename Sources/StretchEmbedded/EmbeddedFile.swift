internal import Foundation
internal import StretchCore
internal import StretchSQLite
internal import StretchText

/// The remote's file: its connections, and what the session remembers of its content.
///
/// One connection serves every call but scans. A scan has a connection of its own while it runs,
/// because all statements of one connection share one snapshot: a second scan would be fenced
/// against the time of the first, and a commit would fail with `SQLITE_BUSY_SNAPSHOT`
/// (<https://sqlite.org/isolation.html>).
final class EmbeddedFile {
    /// Connections that wait for their next scan; more than these are closed.
    static let maximumIdleReaderCount = 4
    /// How long a call waits for a lock before it fails as busy.
    static let busyTimeoutMilliseconds: Int32 = 10_000

    let path: String
    let routines: Routines
    /// What is known of batches and relations; it is dropped when the file is another one.
    var directory = EmbeddedDirectory()
    private let vfs: String?
    /// Whose rights a new file gets at most, or `nil` for this user alone.
    private let localPath: String?
    private var isCreating: Bool
    private var connection: Connection?
    private var isRemote = false
    private var idleReaders: [Connection] = []
    /// The number of times that connections were dropped; a reader of an older count is closed.
    private(set) var incarnation = 0

    init(path: String, routines: Routines, isCreating: Bool, vfs: String?, localPath: String?) {
        self.path = path
        self.localPath = localPath
        self.routines = routines
        self.isCreating = isCreating
        self.vfs = vfs
    }

    /// The connection for calls, to a file that is a Stretch remote or empty.
    func open() throws -> Connection {
        if let connection, !connection.hasMoved { return connection }
        close()
        if isCreating { try makeFile() }
        let connection = try connect(cacheKiBCount: 2_048)
        isRemote = try EmbeddedSchema.identify(connection, path: path)
        if isRemote { try EmbeddedSchema.useWAL(connection) }
        // From now on a missing file is a loss, not a beginning.
        isCreating = false
        self.connection = connection
        return connection
    }

    /// The connection for calls, or `nil` while the file is empty.
    func openRemote() throws -> Connection? {
        let connection = try open()
        // Another session may have registered meanwhile.
        if !isRemote { isRemote = try EmbeddedSchema.identify(connection, path: path) }
        return isRemote ? connection : nil
    }

    /// A connection for one scan; give it back with ``giveBack(_:incarnation:)``.
    func takeReader() throws -> Connection {
        if let reader = idleReaders.popLast() {
            if !reader.hasMoved { return reader }
            close()
        }
        guard try openRemote() != nil else { throw missingRemote }
        return try connect(cacheKiBCount: 2_048)
    }

    /// Keeps a connection whose statements are all reset for the next scan.
    func giveBack(_ reader: Connection, incarnation: Int) {
        guard incarnation == self.incarnation,
            idleReaders.count < EmbeddedFile.maximumIdleReaderCount
        else { return }
        idleReaders.append(reader)
    }

    /// Drops every connection; the next call opens the file again.
    func close() {
        connection = nil
        idleReaders = []
        isRemote = false
        directory = EmbeddedDirectory()
        incarnation += 1
    }

    /// Makes the file when it is missing, before SQLite would with a mode of its own.
    private func makeFile() throws(StretchError) {
        let path = try absolutePath()
        guard GuardedFile.mode(path) == nil else { return }
        try GuardedFile.requireOwnName(path)
        let made =
            if let localPath {
                try GuardedFile.make(path, like: localPath)
            } else {
                try GuardedFile.make(path, mode: 0o600)
            }
        // Another process may have made it meanwhile; a link to nothing SQLite does not open.
        if let made { Foundation.close(made) }
    }

    /// The path that SQLite gets: it has names for other things than files, none of them absolute.
    private func absolutePath() throws(StretchError) -> String {
        let name = path.parts(between: "/").last ?? ""
        guard !path.beginsWith("file:"), !name.isSameText(as: ":memory:") else {
            throw StretchError(
                .invalidArgument, "remote \"\(path)\" is not the path of a file",
                hint: "Name a SQLite file without parameters: file:archive.db.")
        }
        // SQLite would take the one for the other's log, and delete it.
        let suffixes = ["-journal", "-wal", "-shm", "-stretch-migrator", "-stretch-staging"]
        guard !suffixes.contains(where: name.endsWith) else {
            throw StretchError(
                .invalidArgument, "remote \"\(path)\" has the name of a file beside a database",
                hint: "Name a file that does not end so: file:archive.db.")
        }
        return path.beginsWith("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private func connect(cacheKiBCount: Int) throws -> Connection {
        let path = try absolutePath()
        try GuardedFile.requireDatabase(path)
        let connection = try Connection(
            path: path, access: .readWrite, routines: routines, vfs: vfs)
        connection.confine()
        connection.setBusyTimeout(milliseconds: EmbeddedFile.busyTimeoutMilliseconds)
        // `fullfsync` matters on Darwin alone: https://sqlite.org/pragma.html#pragma_fullfsync
        try connection.execute(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1")
        try connection.execute(one: "PRAGMA cache_size = -\(cacheKiBCount)")
        return connection
    }

    /// The error of every call but `register` on an empty file.
    var missingRemote: StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(path)\" is empty",
            hint: "Put the remote's file back from its backup, then use reauthorize.")
    }
}
