internal import Foundation
internal import StretchCore
internal import StretchSQLite

/// Writes the file of fingerprints anew, beside the old one, which it then replaces.
///
/// Nothing is synchronized: what a power cut leaves of the file does not have its digests, and is
/// made again.
final class UniqueListWriter {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isDone = false
    private var offset = 0
    private var buffer: [UInt8] = []
    private var finished: [(key: UniqueListKey, list: UniqueListFile.List)] = []
    private var pages: [UniqueListFile.Page] = []
    private var fingerprints: [UInt64] = []

    /// - Throws: `wrongState` if no file can be made beside the database.
    init(database: String) throws(StretchError) {
        path = UniqueListFile.path(for: database)
        temporaryPath = path + "-new"
        // The migrator's lease excludes other writers, so that this is of one that was killed.
        unlink(temporaryPath)
        guard let made = try GuardedFile.make(temporaryPath, like: database) else {
            throw StretchError(
                .wrongState, "\"\(temporaryPath)\" exists and cannot be removed",
                hint: "Remove it, and run the command again.")
        }
        descriptor = made
    }

    deinit {
        close(descriptor)
        if !isDone { unlink(temporaryPath) }
    }

    /// Appends a fingerprint to the present list, which is greater than those before.
    func append(_ fingerprint: UInt64) throws(StretchError) {
        fingerprints.append(fingerprint)
        if fingerprints.count == UniqueListPage.maximumCount { try endPage() }
    }

    private func endPage() throws(StretchError) {
        guard let first = fingerprints.first else { return }
        let bytes = UniqueListPage.encode(fingerprints)
        pages.append(
            UniqueListFile.Page(
                first: first, offset: offset, byteCount: bytes.count, count: fingerprints.count,
                digest: UniqueListFile.digest(of: bytes)))
        fingerprints.removeAll(keepingCapacity: true)
        try write(bytes)
    }

    /// Ends the present list.
    func end(_ key: UniqueListKey, batches: Set<Int64>) throws(StretchError) {
        try endPage()
        finished.append((key, UniqueListFile.List(batches: batches, pages: pages)))
        pages = []
    }

    /// Puts the file in the place of the old one.
    func finish(id: Int64, salt: UInt64) throws(StretchError) {
        let directory = UniqueListFile.encode(id: id, salt: salt, finished)
        let start = offset
        try write(directory)
        try write(UniqueListFile.trailer(of: directory, at: start))
        try flush()
        guard rename(temporaryPath, path) == 0 else { throw failure() }
        isDone = true
    }

    private func write(_ bytes: [UInt8]) throws(StretchError) {
        buffer += bytes
        offset += bytes.count
        if buffer.count >= 1 << 18 { try flush() }
    }

    private func flush() throws(StretchError) {
        guard GuardedFile.write(buffer, to: descriptor) else { throw failure() }
        buffer.removeAll(keepingCapacity: true)
    }

    private func failure() -> StretchError {
        StretchError(
            errno, "cannot write \"\(path)\"",
            hint: "Look at the rights of the folder and at the free space.")
    }
}
