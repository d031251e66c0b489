internal import Foundation
internal import StretchCore
internal import StretchText

/// A folder of mode 0700 with files of mode 0600 that are replaced atomically.
struct PrivateFolder {
    let path: String

    /// Returns the content of a file, or `nil` if it does not exist.
    ///
    /// - Throws: `wrongState` for a file that other users may read or that cannot be read, and for
    ///   a folder that is not private to this user.
    func read(_ name: String) throws(StretchError) -> [UInt8]? {
        guard try exists() else { return nil }
        let path = path(of: name)
        guard let descriptor = try GuardedFile.open(path, O_RDONLY, .user) else { return nil }
        defer { close(descriptor) }
        var state = stat()
        guard fstat(descriptor, &state) == 0 else { throw failure("cannot read \"\(path)\"") }
        guard state.st_mode & 0o077 == 0 else {
            throw StretchError(
                .wrongState, "others may read \"\(path)\", which holds secrets",
                hint: "Change the secrets, then: chmod 600 '\(path)'.")
        }
        var bytes = [UInt8](repeating: 0, count: Int(state.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + count, $0.count - count, off_t(count))
            }
            guard got >= 0 else { throw failure("cannot read \"\(path)\"") }
            if got == 0 { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }

    /// Returns the names of the files; none if the folder does not exist.
    func names() throws(StretchError) -> [String] {
        guard try exists() else { return [] }
        guard let stream = opendir(path) else { throw failure("cannot read \"\(path)\"") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.beginsWith(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Replaces a file.
    ///
    /// - Parameter isDurable: Whether to wait for the disk.
    /// - Throws: `wrongState`; the file is then unchanged.
    func write(
        _ bytes: [UInt8], to name: String, isDurable: Bool = true
    ) throws(StretchError) {
        try make()
        if isDurable { removeLeftovers() }
        let path = path(of: name)
        let temporary = "\(self.path)/.\(name).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        do throws(StretchError) {
            try writeNew(bytes, to: temporary, isDurable: isDurable)
            guard rename(temporary, path) == 0 else { throw failure("cannot replace \"\(path)\"") }
        } catch {
            unlink(temporary)  // The first error is more specific.
            throw error
        }
        if isDurable { try synchronize(self.path) }
    }

    /// Removes temporary files that were not written for an hour, left by terminated processes.
    private func removeLeftovers() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.beginsWith(".") {
            var state = stat()
            guard lstat(path(of: name), &state) == 0 else { continue }
            #if canImport(Darwin)
                let time = state.st_mtimespec.tv_sec
            #else
                let time = state.st_mtim.tv_sec
            #endif
            // A later write retries a failed removal.
            if Int(Date().timeIntervalSince1970) - time > 3_600 { unlink(path(of: name)) }
        }
    }

    /// Removes a file if it exists.
    func remove(_ name: String) throws(StretchError) {
        guard unlink(path(of: name)) != 0, errno != ENOENT else { return }
        throw failure("cannot remove \"\(path(of: name))\"")
    }

    /// Runs `body` while no other process is in such a block.
    ///
    /// - Parameter name: The file whose lock it is; blocks of different names may be nested.
    func locked<Result>(
        by name: String = "lock", _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        try make()
        let path = path(of: name)
        // Another process may create the file between the two calls.
        var found = try GuardedFile.open(path, O_RDWR, .user)
        if found == nil { found = try GuardedFile.make(path, mode: 0o600) }
        if found == nil { found = try GuardedFile.open(path, O_RDWR, .user) }
        guard let descriptor = found else { throw failure("cannot open \"\(path)\"") }
        defer { close(descriptor) }
        // Other holders read and write a few small files, and the lock ends with their process; a
        // reauthorization holds its own lock for as long as its calls to the remote wait.
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("cannot lock \"\(path)\"") }
        }
        return try body()
    }

    private func path(of name: String) -> String { "\(path)/\(name)" }

    /// Creates the folder and its missing ancestors with access for this user only.
    private func make() throws(StretchError) {
        guard try !exists() else { return }
        var missing = [path]
        var state = stat()
        while let last = missing.last {
            let parent = URL(fileURLWithPath: last).deletingLastPathComponent().path
            guard parent != last, lstat(parent, &state) != 0 else { break }
            missing.append(parent)
        }
        for folder in missing.reversed() {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw failure("cannot create the folder \"\(folder)\"")
            }
        }
        guard try exists() else { throw failure("cannot create the folder \"\(path)\"") }
    }

    /// Returns whether the folder exists.
    ///
    /// - Throws: `wrongState` if it is not private to this user.
    private func exists() throws(StretchError) -> Bool {
        var state = stat()
        guard lstat(path, &state) == 0 else {
            guard errno != ENOENT else { return false }
            throw failure("cannot read \"\(path)\"")
        }
        guard state.st_mode & S_IFMT == S_IFDIR, state.st_uid == geteuid(),
            state.st_mode & 0o077 == 0
        else {
            throw StretchError(
                .wrongState, "\"\(path)\" must be a folder of this user, closed to all others",
                hint: "chmod 700 '\(path)', or name another folder with STRETCH_HOME.")
        }
        return true
    }

    private func writeNew(
        _ bytes: [UInt8], to path: String, isDurable: Bool
    ) throws(StretchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot make \"\(path)\"") }
        defer { close(descriptor) }
        guard GuardedFile.write(bytes, to: descriptor), !isDurable || fsync(descriptor) == 0 else {
            throw failure("cannot write \"\(path)\"")
        }
    }

    private func synchronize(_ path: String) throws(StretchError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open \"\(path)\"") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot write \"\(path)\"") }
    }

    private func failure(_ what: String) -> StretchError {
        StretchError(
            errno, what,
            hint: "Name another folder with STRETCH_HOME, or make this one writable.")
    }
}
