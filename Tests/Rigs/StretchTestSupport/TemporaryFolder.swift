internal import Foundation

/// A new, empty folder that is removed, with all it holds, when the object is gone.
///
/// Close the connections to its files first: a folder removed under an open database is an
/// error on some platforms.
public final class TemporaryFolder: Sendable {
    /// The absolute path of the folder.
    public let path: String

    /// Makes a folder of mode 0700 with a unique name in the system's temporary folder.
    ///
    /// - Parameter isInMemory: Whether to use `/dev/shm` where it exists: a test that waits for
    ///   hundreds of syncs takes a tenth of the time there.
    /// - Throws: What the file system reports.
    public init(isInMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let parent =
            isInMemory && FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        path = "\(parent)/stretch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    // A folder that stays behind does no harm, and a deinitializer cannot report it.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder, whether it exists or not.
    public func path(_ name: String) -> String { "\(path)/\(name)" }
}
