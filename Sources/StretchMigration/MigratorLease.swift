internal import Foundation
package import StretchCore

/// The right to migrate one file: an advisory lock that ends with the process.
///
/// The lock is on a separate file, `<database>-stretch-migrator`, because closing any descriptor of
/// the database would drop SQLite's own locks: <https://sqlite.org/howtocorrupt.html>.
package final class MigratorLease {
    private let descriptor: Int32
    private let path: String

    /// Acquires the lease, waiting if necessary.
    ///
    /// - Throws: `busy`, naming the holder, after the timeout; `wrongState` if something else
    ///   exists under the file's name.
    package init(path: String, timeout: Duration, since: String) throws(StretchError) {
        self.path = MigratorLease.path(for: path)
        var descriptor = try MigratorLease.open(self.path, besides: path)
        let deadline = ContinuousClock.now + timeout
        while true {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                if MigratorLease.isFile(descriptor, at: self.path) { break }
                // The holder removed the file.
                close(descriptor)
                descriptor = try MigratorLease.open(self.path, besides: path)
                continue
            }
            guard ContinuousClock.now < deadline else {
                let holder = MigratorLease.holder(descriptor)
                close(descriptor)
                throw StretchError(
                    .busy, "another migrator works on this database: \(holder)",
                    hint: "Wait until it ends, or stop it.")
            }
            usleep(20_000)
        }
        self.descriptor = descriptor
        // Another user's file is used as a lock but not written.
        guard GuardedFile.isOwned(descriptor, by: .userOrOwner(of: path)) else { return }
        let host = ProcessInfo.processInfo.hostName
        let text = Array("pid \(getpid()) on \(host) since \(since) UTC".utf8)
        // The content is only informative, so a failed write is ignored.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        // A child process that is being started may hold a copy of the descriptor.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Removes the file of a database that is no longer stretch-enabled.
    package func removeFile() {
        // A file that cannot be removed is harmless.
        unlink(path)
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    static func path(for database: String) -> String {
        URL(fileURLWithPath: database).resolvingSymlinksInPath().path + "-stretch-migrator"
    }

    private static func open(
        _ path: String, besides database: String
    ) throws(StretchError) -> Int32 {
        // Another process may create or remove the file between the two calls.
        for _ in 0..<8 {
            if let found = try existing(path) { return found }
            if let made = try GuardedFile.make(path, like: database) { return made }
        }
        throw StretchError(
            .wrongState, "\"\(path)\" is repeatedly created and removed",
            hint: "Stop the program that removes it, and run the command again.")
    }

    /// Returns the existing file; a lock needs no write access.
    private static func existing(_ path: String) throws(StretchError) -> Int32? {
        let access = access(path, W_OK) == 0 ? O_RDWR : O_RDONLY
        return try GuardedFile.open(path, access, .anyone)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : "unknown"
    }
}
