internal import Foundation
package import StretchCore

/// A new folder that is removed, with its content, when the object is released.
package final class ScratchFolder {
    private let path: String

    /// Creates a folder that no other user can read.
    ///
    /// - Throws: `wrongState` if it cannot be created.
    package init(in parent: String) throws(StretchError) {
        path = "\(parent)/stretch-drill-\(UUID().uuidString)"
        guard mkdir(path, 0o700) == 0 else {
            throw StretchError(
                .wrongState,
                "cannot create a folder in \"\(parent)\": \(String(cString: strerror(errno)))",
                hint: "Name a folder that can be written: \(advice: .chooseFolder).")
        }
    }

    // Leftovers are in the system's temporary folder, and a deinitializer cannot report an error.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Returns the path of a file in the folder.
    package func path(_ name: String) -> String { "\(path)/\(name)" }
}
