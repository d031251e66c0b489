internal import Crypto
internal import Foundation
internal import StretchCore
internal import StretchSQLite
internal import StretchText

/// The file beside a database with the fingerprints of values that cold rows have in the columns
/// of UNIQUE constraints.
///
/// It is a help and never a truth: a value that is not in a list is in no batch that the list
/// covers, and without the file each value is looked up at the remote. Batches never change and
/// their ids are random, so a list stays right for the batches that it names, whatever became of
/// the database meanwhile: a restored file, another branch. Each part is read when it is needed,
/// and used if it has the digest that the file's end names.
package final class UniqueListFile {
    static let format: Int64 = 1
    /// The maximum size of the pages in memory.
    private static let maximumCacheByteCount = 24 << 20
    private static let mark = Array("stretch-unique 1".utf8)
    /// The offset and the size of the directory, its digest and the mark.
    private static let trailerByteCount = 16 + 32 + 16

    /// A page in the file.
    struct Page {
        var first: UInt64
        var offset: Int
        var byteCount: Int
        var count: Int
        var digest: [UInt8]
    }

    /// The list of one constraint.
    package struct List {
        /// The ids of the batches whose rows are in the list.
        package let batches: Set<Int64>
        let pages: [Page]
    }

    package let salt: UInt64
    package let lists: [UniqueListKey: List]
    private let descriptor: Int32
    private let state: stat
    private var cache: [Int: [UInt8]] = [:]
    private var cacheByteCount = 0

    package static func path(for database: String) -> String {
        URL(fileURLWithPath: database).resolvingSymlinksInPath().path + "-stretch-unique"
    }

    /// Opens the file of a database.
    ///
    /// - Returns: `nil` for a file that is missing, damaged, of another database or version, or
    ///   that is a link or belongs to another user.
    package init?(database path: String, id: Int64) {
        let name = Self.path(for: path)
        guard
            let descriptor = try? GuardedFile.open(name, O_RDONLY, .userOrOwner(of: path))
        else { return nil }
        var state = stat()
        guard fstat(descriptor, &state) == 0,
            let directory = Self.directory(descriptor, Int(state.st_size)),
            let (salt, lists) = Self.lists(directory, id: id, Int(state.st_size))
        else {
            close(descriptor)
            return nil
        }
        (self.descriptor, self.state, self.salt, self.lists) = (descriptor, state, salt, lists)
    }

    deinit { close(descriptor) }

    /// Whether the file at the path is still this one.
    package func isCurrent(_ database: String) -> Bool {
        var now = stat()
        return lstat(Self.path(for: database), &now) == 0 && now.st_ino == state.st_ino
            && now.st_dev == state.st_dev && now.st_size == state.st_size
    }

    /// Whether there is something under the name of a database's file.
    package static func exists(besides database: String) -> Bool {
        var state = stat()
        return lstat(path(for: database), &state) == 0
    }

    /// Removes the file of a database that is no longer stretch-enabled.
    package static func remove(database: String) {
        // A file that cannot be removed is harmless.
        unlink(path(for: database))
    }

    // MARK: Directory

    private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private static func directory(_ descriptor: Int32, _ byteCount: Int) -> [UInt8]? {
        guard byteCount > trailerByteCount,
            let trailer = read(
                descriptor, at: byteCount - trailerByteCount, count: trailerByteCount),
            Array(trailer.suffix(16)) == mark
        else { return nil }
        let offset = number(trailer[0..<8])
        let count = number(trailer[8..<16])
        guard offset >= 0, count > 0, count <= byteCount, offset <= byteCount,
            offset + count + trailerByteCount == byteCount,
            let directory = read(descriptor, at: offset, count: count),
            Array(SHA256.hash(data: directory)) == Array(trailer[16..<48])
        else { return nil }
        return directory
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        Int(truncatingIfNeeded: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    static func bytes(_ number: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func lists(
        _ directory: [UInt8], id: Int64, _ byteCount: Int
    ) -> (UInt64, [UniqueListKey: List])? {
        guard let values = Value.decode(directory), values.count >= 3,
            (values.count - 3).isMultiple(of: 4), values[0] == .integer(format),
            values[1] == .integer(id), let salt = values[2].integerValue
        else { return nil }
        var lists: [UniqueListKey: List] = [:]
        for start in stride(from: 3, to: values.count, by: 4) {
            guard let relation = values[start].integerValue,
                case .blob(let columns) = values[start + 1],
                case .blob(let batches) = values[start + 2],
                case .blob(let pages) = values[start + 3],
                batches.count.isMultiple(of: 8), pages.count.isMultiple(of: pageByteCount)
            else { return nil }
            var list: [Page] = []
            for place in stride(from: 0, to: pages.count, by: pageByteCount) {
                let page = decode(pages[place..<place + pageByteCount])
                guard page.offset >= 0, page.byteCount > 0, page.byteCount <= byteCount,
                    page.offset <= byteCount - page.byteCount,
                    (1...UniqueListPage.maximumCount).contains(page.count),
                    list.last.map({ $0.first < page.first }) ?? true
                else { return nil }
                list.append(page)
            }
            let ids = stride(from: 0, to: batches.count, by: 8).map {
                Int64(number(batches[$0..<$0 + 8]))
            }
            lists[UniqueListKey(relation: relation, columns: columns)] = List(
                batches: Set(ids), pages: list)
        }
        return (UInt64(bitPattern: salt), lists)
    }

    private static let pageByteCount = 32 + 16

    private static func decode(_ bytes: ArraySlice<UInt8>) -> Page {
        func part(_ place: Int) -> Int {
            number(bytes[bytes.startIndex + 8 * place..<bytes.startIndex + 8 * place + 8])
        }
        return Page(
            first: UInt64(bitPattern: Int64(part(0))), offset: part(1), byteCount: part(2),
            count: part(3), digest: Array(bytes.suffix(16)))
    }

    private static func encode(_ page: Page) -> [UInt8] {
        bytes(Int(page.first)) + bytes(page.offset) + bytes(page.byteCount) + bytes(page.count)
            + page.digest
    }

    static func encode(
        id: Int64, salt: UInt64, _ lists: [(key: UniqueListKey, list: List)]
    ) -> [UInt8] {
        Value.encode(
            [.integer(format), .integer(id), .integer(Int64(bitPattern: salt))]
                + lists.flatMap { key, list -> [Value] in
                    [
                        .integer(key.relation), .blob(key.columns),
                        .blob(list.batches.sorted().flatMap { bytes(Int($0)) }),
                        .blob(list.pages.flatMap(encode)),
                    ]
                })
    }

    static func trailer(of directory: [UInt8], at offset: Int) -> [UInt8] {
        bytes(offset) + bytes(directory.count) + Array(SHA256.hash(data: directory)) + mark
    }

    static func digest(of page: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: page).prefix(16)) }

    // MARK: Pages

    /// Returns whether a list holds a fingerprint; `nil` if its part of the file is damaged.
    package func contains(_ fingerprint: UInt64, in list: List) -> Bool? {
        var (low, high) = (0, list.pages.count)
        while low < high {
            let middle = (low + high) / 2
            if list.pages[middle].first <= fingerprint { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return false }
        let page = list.pages[low - 1]
        return bytes(of: page)?.withUnsafeBytes {
            UniqueListPage.contains(fingerprint, $0, count: page.count)
        }
    }

    /// Returns the fingerprints of a page, or `nil` if it is damaged.
    func fingerprints(of page: Page) -> [UInt64]? {
        bytes(of: page)?.withUnsafeBytes { UniqueListPage.decode($0, count: page.count) }
    }

    /// Returns the bytes of a page, which have its digest.
    private func bytes(of page: Page) -> [UInt8]? {
        if let known = cache[page.offset] { return known }
        guard let found = Self.read(descriptor, at: page.offset, count: page.byteCount),
            Self.digest(of: found) == page.digest
        else { return nil }
        if cacheByteCount + found.count > Self.maximumCacheByteCount {
            (cache, cacheByteCount) = ([:], 0)
        }
        cache[page.offset] = found
        cacheByteCount += found.count
        return found
    }
}
