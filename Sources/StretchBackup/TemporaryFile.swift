package import Foundation
package import StretchCore
internal import StretchText

/// A file under a temporary name, which gets its final name only when it is complete and on disk.
///
/// The leftovers of a terminated process are removed by the next file in the same folder.
package final class TemporaryFile {
    /// The final path, without links.
    package let path: String
    /// The temporary path, in the same folder so that renaming is atomic.
    package let temporaryPath: String
    /// The permission bits.
    private let mode: mode_t
    /// The descriptor, locked as long as the file is staged.
    private var descriptor: Int32
    private var isDone = false

    /// Creates an empty file.
    ///
    /// - Parameter mode: The permission bits.
    /// - Throws: `wrongState` if the folder cannot be written.
    package init(for path: String, mode: mode_t) throws(StretchError) {
        self.path = FileIdentity.resolved(path)
        self.mode = mode
        let folder = TemporaryFile.folder(of: self.path)
        let name = URL(fileURLWithPath: self.path).lastPathComponent
        let prefix = ".\(name).stretch-"
        TemporaryFile.removeLeftovers(prefix, in: folder)
        temporaryPath =
            "\(folder)/\(prefix)\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
        // The error names the folder, because the temporary name is meaningless to the user.
        descriptor = (try? GuardedFile.make(temporaryPath, mode: mode)) ?? -1
        guard descriptor >= 0 else {
            throw TemporaryFile.failure("cannot create a file in \"\(folder)\"")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw TemporaryFile.failure("cannot lock a file in \"\(folder)\"")
        }
    }

    /// Adopts the file with which another program has replaced the empty one.
    ///
    /// Every connection to it must be closed.
    ///
    /// - Throws: `wrongState` if it does not exist or cannot be used.
    package func adoptReplacement() throws(StretchError) {
        guard
            let replacement = try GuardedFile.open(temporaryPath, O_RDWR, .user)
        else { throw TemporaryFile.failure("cannot use \"\(temporaryPath)\"") }
        guard flock(replacement, LOCK_EX | LOCK_NB) == 0, fchmod(replacement, mode) == 0 else {
            let failure = TemporaryFile.failure("cannot use \"\(temporaryPath)\"")
            close(replacement)
            throw failure
        }
        closeDescriptor()
        descriptor = replacement
    }

    deinit {
        if !isDone {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(temporaryPath + suffix) }
        }
        closeDescriptor()
    }

    /// Called before the file gets its name: closing it later would drop the locks of this
    /// process's connections to it. <https://sqlite.org/howtocorrupt.html>
    private func closeDescriptor() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Renames the file to its final path, durably.
    ///
    /// Every connection to it must be closed.
    ///
    /// - Parameters:
    ///   - time: The time of the state, which becomes the modification time.
    ///   - isReplacing: Whether to replace an existing file; otherwise none may exist.
    /// - Throws: `wrongState`; nothing is then changed.
    package func commit(time: Timestamp?, isReplacing: Bool) throws(StretchError) {
        if let time {
            let (seconds, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1_000)
            let moment = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest) * 1_000_000)
            guard futimens(descriptor, [moment, moment]) == 0 else {
                throw TemporaryFile.failure("cannot write \"\(path)\"")
            }
        }
        guard TemporaryFile.synchronize(descriptor) else {
            throw TemporaryFile.failure("cannot write \"\(path)\"")
        }
        closeDescriptor()
        if isReplacing {
            guard rename(temporaryPath, path) == 0 else {
                throw TemporaryFile.failure("cannot replace \"\(path)\"")
            }
        } else {
            try linkIntoPlace()
        }
        isDone = true
        let folder = open(TemporaryFile.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw TemporaryFile.failure("cannot write \"\(path)\"") }
        defer { close(folder) }
        guard TemporaryFile.synchronize(folder) else {
            throw TemporaryFile.failure("cannot write \"\(path)\"")
        }
    }

    /// Uses a link, which unlike a rename does not replace a file created by another process.
    private func linkIntoPlace() throws(StretchError) {
        if link(temporaryPath, path) == 0 {
            unlink(temporaryPath)  // A second name is harmless.
            return
        }
        guard errno != EEXIST else { throw TemporaryFile.exists(path) }
        // The file system does not support links.
        guard access(path, F_OK) != 0, rename(temporaryPath, path) == 0 else {
            throw TemporaryFile.failure("cannot make \"\(path)\"")
        }
    }

    /// Returns the error for an existing file.
    package static func exists(_ path: String) -> StretchError {
        StretchError(
            .wrongState, "\"\(path)\" exists already",
            hint: "Name another file, or: \(advice: .overwriteFile).")
    }

    // MARK: Files

    /// Returns the time of the last change of a file or its WAL, or `nil` for a missing file.
    package static func modificationTime(_ path: String) -> Timestamp? {
        [path, path + "-wal"].compactMap { path -> Timestamp? in
            var state = stat()
            guard stat(path, &state) == 0 else { return nil }
            #if canImport(Darwin)
                let time = state.st_mtimespec
            #else
                let time = state.st_mtim
            #endif
            return Timestamp(
                milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
        }.max()
    }

    /// Returns the size of a file in bytes, or `nil` for a missing file.
    package static func byteCount(_ path: String) -> Int64? {
        var state = stat()
        return stat(path, &state) == 0 ? Int64(state.st_size) : nil
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    private static func synchronize(_ descriptor: Int32) -> Bool {
        #if canImport(Darwin)
            if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
        #endif
        return fsync(descriptor) == 0
    }

    private static func removeLeftovers(_ prefix: String, in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.beginsWith(prefix) || isOfEndedProcess(name) {
            let path = "\(folder)/\(name)"
            var state = stat()
            // A second name of a file that already has its final path: only the name is removed.
            if lstat(path, &state) == 0, state.st_mode & S_IFMT == S_IFREG, state.st_nlink > 1 {
                unlink(path)
                continue
            }
            // Other files are kept.
            guard let other = try? GuardedFile.open(path, O_RDONLY, .anyone) else { continue }
            if flock(other, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(other)
        }
    }

    /// Returns whether a name is the temporary name of any file of a process that has ended.
    ///
    /// The lock alone does not show this: a file has none for a moment after it is created.
    private static func isOfEndedProcess(_ name: String) -> Bool {
        guard name.beginsWith("."), let last = name.parts(between: ".").last else { return false }
        let parts = last.parts(between: "-")
        guard (3...4).contains(parts.count), parts[0].isSameText(as: "stretch"),
            let process = Int32(parts[1]), process > 0, UInt32(parts[2], radix: 16) != nil
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    private static func failure(_ what: String) -> StretchError {
        StretchError(errno, what, hint: "Look at the folder's rights.")
    }
}
