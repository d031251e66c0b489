internal import Foundation
internal import StretchCore

/// A new file of mode 0600 for a secret, or standard output for `-`.
///
/// It is created before the secret, so that no secret is lost because the file cannot be created.
struct SecretOutput {
    private let path: String
    private let descriptor: Int32

    /// - Throws: `wrongState` if the file exists or cannot be created.
    init(_ path: String) throws(StretchError) {
        self.path = path
        descriptor =
            path == "-"
            ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StretchError(
                .wrongState, "cannot make \"\(path)\": \(String(cString: strerror(errno)))",
                hint: "Name a new file in a folder that can be written.")
        }
    }

    /// Writes the secret, and closes the file.
    func write(_ text: String) throws(StretchError) {
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            try handle.write(contentsOf: Data(text.utf8))
            if path != "-" { try handle.close() }
        } catch {
            throw StretchError(
                .wrongState, "cannot write \"\(path)\"",
                hint: "Check the free space of its file system.", cause: error)
        }
    }

    /// Removes the empty file.
    func giveUp() { if path != "-" { unlink(path) } }
}
