internal import Foundation
internal import StretchCore
internal import StretchSQLite
internal import StretchText

/// The remote's file: its connections, and the session's cache.
///
/// One connection serves all calls except scans. A running scan has its own connection, because all
/// statements of one connection share one snapshot: a second scan would be fenced in the snapshot
/// of the first, and a commit would fail with `SQLITE_BUSY_SNAPSHOT`
/// (<https://sqlite.org/isolation.html>).
final class EmbeddedFile {
    /// The maximum number of idle connections for scans; excess connections are closed.
    static let maximumIdleReaderCount = 4
    /// How long a call waits for a lock before it fails as busy.
    static let busyTimeoutMilliseconds: Int32 = 10_000

    let path: String
    let routines: Routines
    /// The cache of batches and relations, which is cleared if the file is replaced.
    var directory = EmbeddedDirectory()
    private let vfs: String?
    /// The file whose mode limits that of a new file, or `nil` for access by this user only.
    private let localPath: String?
    /// Whether a missing file is created.
    private(set) var isCreating: Bool
    private var connection: Connection?
    private var isRemote = false
    private var idleReaders: [Connection] = []
    /// The number of times that connections were closed; a reader with an older number is closed.
    private(set) var incarnation = 0

    init(path: String, routines: Routines, isCreating: Bool, vfs: String?, localPath: String?) {
        self.path = path
        self.localPath = localPath
        self.routines = routines
        self.isCreating = isCreating
        self.vfs = vfs
    }

    /// Returns the connection for calls, to a file that is a Stretch remote or empty.
    func open() throws -> Connection {
        if let connection, !connection.hasMoved { return connection }
        close()
        if isCreating { try makeFile() }
        let connection = try connect(cacheKiBCount: 2_048)
        isRemote = try EmbeddedSchema.identify(connection, path: path)
        if isRemote { try EmbeddedSchema.useWAL(connection) }
        // From now on, a missing file is an error.
        isCreating = false
        self.connection = connection
        return connection
    }

    /// Returns the connection for calls, or `nil` while the file is empty.
    func openRemote() throws -> Connection? {
        let connection = try open()
        // Another session may have registered in the meantime.
        if !isRemote { isRemote = try EmbeddedSchema.identify(connection, path: path) }
        return isRemote ? connection : nil
    }

    /// Returns a connection for one scan; return it with ``giveBack(_:incarnation:)``.
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

    /// Closes every connection; the next call opens the file again.
    func close() {
        connection = nil
        idleReaders = []
        isRemote = false
        directory = EmbeddedDirectory()
        incarnation += 1
    }

    /// Creates a missing file, because SQLite would create it with another mode.
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
        // Another process may have created it in the meantime; SQLite does not open a dangling
        // link.
        if let made { Foundation.close(made) }
    }

    /// Returns the absolute path for SQLite, because some relative names do not denote files.
    private func absolutePath() throws(StretchError) -> String {
        let name = path.parts(between: "/").last ?? ""
        guard !path.beginsWith("file:"), !name.isSameText(as: ":memory:") else {
            throw StretchError(
                .invalidArgument, "remote \"\(path)\" is not the path of a file",
                hint: "Name a SQLite file without parameters: file:archive.db.")
        }
        // SQLite would treat one as the other's log and delete it.
        let suffixes = [
            "-journal", "-wal", "-shm", "-stretch-migrator", "-stretch-staging",
            "-stretch-unique",
        ]
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

    /// The error of every call except `register` on an empty file.
    var missingRemote: StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(path)\" is empty",
            hint: "Put the remote's file back from its backup, then: \(advice: .reauthorize).")
    }
}
