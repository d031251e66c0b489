internal import Foundation
internal import StretchCore

/// A new folder that is removed, with all it holds, when the object is gone.
final class ScratchFolder {
    private let path: String

    /// Makes a folder that no other user can read.
    ///
    /// - Throws: `wrongState` when it cannot be made.
    init(in parent: String) throws(StretchError) {
        path = "\(parent)/stretch-drill-\(UUID().uuidString)"
        guard mkdir(path, 0o700) == 0 else {
            throw StretchError(
                .wrongState,
                "cannot make a folder in \"\(parent)\": \(String(cString: strerror(errno)))",
                hint: "Name a folder that can be written: \(advice: .chooseFolder).")
        }
    }

    // What stays behind is in the system's temporary folder, and a deinitializer cannot report it.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder.
    func path(_ name: String) -> String { "\(path)/\(name)" }
}
