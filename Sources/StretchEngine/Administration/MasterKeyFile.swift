internal import Foundation
internal import StretchCore
internal import StretchKeystore

/// A backup of a master key: a line with the format's name, and the wrapped key in JSON.
struct MasterKeyFile {
    private static let header = "stretch-master-key-1\n"
    let key: MasterKey

    init(_ key: MasterKey) { self.key = key }

    /// - Throws: `invalidArgument` for a missing file; `damaged` for a file that is not a backup of
    ///   a master key.
    init(reading path: String) throws(StretchError) {
        try GuardedFile.requireDatabase(path)
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw StretchError(
                .invalidArgument, "cannot read \"\(path)\"",
                hint: "Name the file that the master key was exported to.")
        }
        guard bytes.starts(with: Data(Self.header.utf8)),
            let key = try? JSONDecoder().decode(
                MasterKey.self, from: bytes.dropFirst(Self.header.utf8.count))
        else {
            throw StretchError(
                .damaged, "\"\(path)\" is not a backup of a master key, or was changed",
                hint: "Name the file that the master key was exported to.")
        }
        self.key = key
    }

    /// Writes a new file that only its owner can read.
    func write(to path: String) throws(StretchError) {
        do {
            let content = Data(Self.header.utf8) + (try JSONEncoder().encode(key))
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CocoaError(.fileWriteFileExists) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: content)
            try handle.synchronize()
        } catch {
            throw StretchError(
                .wrongState, "cannot write \"\(path)\", or it already exists",
                hint: "Name a new file in a folder that can be written.", cause: error)
        }
    }
}
