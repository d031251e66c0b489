internal import Foundation
internal import StretchText

/// Compares paths by the file that they name.
package enum FileIdentity {
    /// Whether both paths name the same file, through links of either kind or by spelling.
    package static func isSame(_ first: String, _ second: String) -> Bool {
        if resolved(first).isSameText(as: resolved(second)) { return true }
        guard let left = number(first), let right = number(second) else { return false }
        return left == right
    }

    package static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    /// The device and the file's number on it, or `nil` for a missing file.
    private static func number(_ path: String) -> [Int]? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved(path)),
            let device = attributes[.systemNumber] as? Int,
            let file = attributes[.systemFileNumber] as? Int
        else { return nil }
        return [device, file]
    }
}
