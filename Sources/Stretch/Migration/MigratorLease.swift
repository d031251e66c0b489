internal import Foundation

/// The right to migrate one file: an advisory lock that ends with the process.
///
/// The lock is on a file of its own, `<database>-stretch-migrator`, because closing any descriptor
/// of the database would drop SQLite's own locks: <https://sqlite.org/howtocorrupt.html>.
final class MigratorLease {
    private let descriptor: Int32

    /// Takes the lease, or waits for it.
    ///
    /// - Throws: `busy`, naming the holder, when the time is over.
    init(path: String, timeout: Duration, since: String) throws(StretchError) {
        let lockPath = MigratorLease.path(for: path)
        descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StretchError(
                .wrongState, "cannot open \"\(lockPath)\": \(String(cString: strerror(errno)))",
                hint: "Give the migrator the right to write in the database's folder.")
        }
        let deadline = ContinuousClock.now + timeout
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < deadline else {
                let holder = MigratorLease.holder(descriptor)
                close(descriptor)
                throw StretchError(
                    .busy, "another migrator works on this database: \(holder)",
                    hint: "Wait until it ends, or stop it.")
            }
            usleep(20_000)
        }
        let host = ProcessInfo.processInfo.hostName
        let text = Array("pid \(getpid()) on \(host) since \(since) UTC".utf8)
        // For people only: a failure to write it changes nothing.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        // A child process that is just being started may hold a copy of the descriptor.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    static func path(for database: String) -> String {
        URL(fileURLWithPath: database).resolvingSymlinksInPath().path + "-stretch-migrator"
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : "unknown"
    }
}
