package import Foundation

/// Opens and creates files in folders where other users may have placed something else under the
/// name.
///
/// No link is followed, opening never blocks, and an existing file is neither truncated nor given
/// another mode. A file that SQLite has open in this process must not be opened here, because
/// closing any descriptor drops SQLite's locks: <https://sqlite.org/howtocorrupt.html>. Such a file
/// is inspected by name, with ``identity(_:_:)``.
package enum GuardedFile {
    /// The identity of a file for as long as it exists.
    package struct Identity: Hashable, Codable, Sendable {
        let device: UInt64
        let number: UInt64
    }

    /// The permitted owners of a file.
    package enum Owners {
        case anyone
        /// This process's user.
        case user
        /// This process's user, or the owner of a database.
        case userOrOwner(of: String)

        fileprivate func contains(_ owner: uid_t) -> Bool {
            switch self {
            case .anyone: return true
            case .user: return owner == geteuid()
            case .userOrOwner(let database):
                var state = stat()
                return owner == geteuid() || stat(database, &state) == 0 && owner == state.st_uid
            }
        }
    }

    /// Opens an existing regular file that has no second name.
    ///
    /// - Parameter access: `O_RDONLY` or `O_RDWR`.
    /// - Returns: A descriptor, or `nil` for a missing file.
    /// - Throws: `wrongState`, naming the object found.
    package static func open(
        _ path: String, _ access: Int32, _ owners: Owners
    ) throws(StretchError) -> Int32? {
        var state = stat()
        // A device may act on being opened, so the name is looked at first.
        guard lstat(path, &state) == 0 else {
            guard errno != ENOENT else { return nil }
            throw failure("cannot open", path)
        }
        try require(state, path, owners)
        let descriptor = Foundation.open(path, access | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw failure("cannot open", path)
        }
        do throws(StretchError) {
            guard fstat(descriptor, &state) == 0 else { throw failure("cannot read", path) }
            try require(state, path, owners)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Creates an empty file for reading and writing.
    ///
    /// - Returns: A descriptor, or `nil` when the name exists, also as a dangling link.
    /// - Throws: `wrongState`.
    package static func make(_ path: String, mode: mode_t) throws(StretchError) -> Int32? {
        let descriptor = Foundation.open(
            path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno != EEXIST else { return nil }
            throw failure("cannot make", path)
        }
        // `open` applied the process's umask.
        guard mode == 0o600 || fchmod(descriptor, mode) == 0 else {
            let error = failure("cannot make", path)
            close(descriptor)
            unlink(path)
            throw error
        }
        return descriptor
    }

    /// Creates an empty file that is no more accessible than a given database.
    ///
    /// - Returns: As ``make(_:mode:)``.
    package static func make(_ path: String, like database: String) throws(StretchError) -> Int32? {
        var state = stat()
        let isThere = stat(database, &state) == 0
        let made = try make(path, mode: isThere ? state.st_mode & 0o666 : 0o600)
        // Only root may change a file's owner; the database's owner continues to use the file.
        if let made, isThere, geteuid() == 0 { _ = fchown(made, state.st_uid, state.st_gid) }
        return made
    }

    /// Writes all bytes to a file.
    ///
    /// - Returns: `false` after a failure, which `errno` names.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var count = 0
        while count < bytes.count {
            let put = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            guard put > 0 || put < 0 && errno == EINTR else { return false }
            count += max(put, 0)
        }
        return true
    }

    /// Inspects a file that SQLite opens, without opening it.
    ///
    /// - Returns: `nil` for a missing file.
    /// - Throws: As ``open(_:_:_:)``.
    package static func identity(
        _ path: String, _ owners: Owners
    ) throws(StretchError) -> Identity? {
        var state = stat()
        guard lstat(path, &state) == 0 else {
            guard errno != ENOENT else { return nil }
            throw failure("cannot open", path)
        }
        try require(state, path, owners)
        return Identity(device: UInt64(state.st_dev), number: UInt64(state.st_ino))
    }

    /// The identity of the file that a path leads to, or `nil` for a missing file.
    package static func identity(following path: String) -> Identity? {
        var state = stat()
        guard stat(path, &state) == 0 else { return nil }
        return Identity(device: UInt64(state.st_dev), number: UInt64(state.st_ino))
    }

    /// Whether one of the owners has an open file.
    package static func isOwned(_ descriptor: Int32, by owners: Owners) -> Bool {
        var state = stat()
        return fstat(descriptor, &state) == 0 && owners.contains(state.st_uid)
    }

    /// The suffixes that SQLite appends to the name of a database:
    /// <https://sqlite.org/tempfiles.html>.
    private static let logSuffixes = ["-journal", "-wal", "-shm"]

    /// Checks a database that SQLite will open, and its logs.
    ///
    /// Links in the path are followed, as in SQLite, which keeps the logs beside the target. A
    /// missing file is left to the caller.
    ///
    /// - Throws: `invalidArgument` for a pipe, a device, or anything else that is not a regular
    ///   file; `wrongState` for such an object, a link, or another user's file under the name of a
    ///   log.
    package static func requireDatabase(_ path: String) throws(StretchError) {
        var state = stat()
        guard stat(path, &state) == 0 else { return }
        guard state.st_mode & S_IFMT == S_IFREG else {
            throw StretchError(
                .invalidArgument, "\"\(path)\" is not a regular file",
                hint: "Name an existing SQLite file.")
        }
        guard let file = realpath(path, nil) else { return }
        defer { free(file) }
        let name = String(cString: file)
        // A user with write access to the file may create its logs.
        let isShared = state.st_mode & (S_IWGRP | S_IWOTH) != 0
        for suffix in logSuffixes {
            _ = try identity(name + suffix, isShared ? .anyone : .userOrOwner(of: name))
        }
    }

    /// Throws unless a database can be written under its own name.
    ///
    /// The name must not be another user's link or a dangling link. If the file is missing, no log
    /// of it may exist: SQLite would treat it as the log of the new database.
    ///
    /// - Throws: `invalidArgument`; `wrongState` for a log.
    package static func requireOwnName(_ path: String) throws(StretchError) {
        var state = stat()
        guard lstat(path, &state) == 0 else {
            for suffix in logSuffixes where lstat(path + suffix, &state) == 0 {
                throw StretchError(
                    .wrongState,
                    "\"\(path)\(suffix)\" exists, and would be used as the new file's log",
                    hint: "Move it away, or name another file.")
            }
            return
        }
        guard state.st_mode & S_IFMT == S_IFLNK else { return }
        let isOwn = state.st_uid == geteuid() || state.st_uid == 0
        guard !isOwn || stat(path, &state) != 0 else { return }
        throw StretchError(
            .invalidArgument,
            "\"\(path)\" is a symbolic link " + (isOwn ? "to nothing" : "of another user"),
            hint: "Name the file itself, or remove the link.")
    }

    private static func require(
        _ state: stat, _ path: String, _ owners: Owners
    ) throws(StretchError) {
        let fault: String
        switch state.st_mode & S_IFMT {
        case S_IFREG where state.st_nlink > 1: fault = "has a second name, a hard link"
        case S_IFREG where !owners.contains(state.st_uid):
            fault = "belongs to another user"
        case S_IFREG: return
        case S_IFLNK: fault = "is a symbolic link"
        default: fault = "is not a regular file"
        }
        throw StretchError(
            .wrongState, "\"\(path)\" \(fault)",
            hint: "Stretch uses only a regular file there, of this user or of the database's "
                + "owner. Move it away, and run the command again.")
    }

    private static func failure(_ what: String, _ path: String) -> StretchError {
        StretchError(
            errno, "\(what) \"\(path)\"",
            hint: "Look at the rights of the file and its folder.")
    }

    /// The permission bits of a file, or `nil` for a missing file.
    package static func mode(_ path: String) -> mode_t? {
        var state = stat()
        return stat(path, &state) == 0 ? state.st_mode & 0o777 : nil
    }
}
