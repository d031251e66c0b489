internal import Foundation
package import StretchSQLite

/// A resource of this machine that was used up or failed, and that may be available again later.
enum LocalResource {
    /// No space, or no quota of this user, is left on the disk.
    case space
    /// The process or the machine has too many open files.
    case descriptors
    /// The disk or the file system reported an error.
    case device

    /// - Parameter number: An error number of the operating system.
    init?(errno number: Int32) {
        switch number {
        case ENOSPC, EDQUOT, EFBIG: self = .space
        case EMFILE, ENFILE: self = .descriptors
        case EIO: self = .device
        default: return nil
        }
    }

    /// - Parameter error: An error of SQLite: <https://sqlite.org/rescode.html>.
    init?(_ error: SQLiteError) {
        switch error.code {
        case ResultCode.full: self = .space
        case ResultCode.inputOutput: self = LocalResource(errno: error.systemCode) ?? .device
        case ResultCode.cannotOpen:
            guard let known = LocalResource(errno: error.systemCode) else { return nil }
            self = known
        default: return nil
        }
    }

    var hint: StretchError.Hint {
        switch self {
        case .space: "Free disk space, and try again."
        case .descriptors: "Close files or programs, or raise the limit: ulimit -n."
        case .device: "Check the disk and the file system, and try again."
        }
    }
}

extension StretchError {
    /// Creates the error of a failed call of the operating system on a local file.
    ///
    /// - Parameters:
    ///   - number: The error number: `localUnavailable` for a used up resource, `wrongState`
    ///     otherwise.
    ///   - what: The call that failed: `cannot write "/x/y"`.
    ///   - hint: The next step unless a resource is used up.
    package init(_ number: Int32, _ what: String, hint: Hint) {
        let resource = LocalResource(errno: number)
        self.init(
            resource == nil ? .wrongState : .localUnavailable,
            "\(what): \(String(cString: strerror(number)))", hint: resource?.hint ?? hint)
    }

    /// Creates the error for a local file for which a resource is used up or failed.
    ///
    /// - Parameter what: The file and what was done: `cannot open "/x/y"`; `nil` for SQLite's words
    ///   alone.
    /// - Returns: `nil` for any other error.
    package init?(ofResource error: SQLiteError, _ what: String? = nil) {
        guard let resource = LocalResource(error) else { return nil }
        var reason = error.message
        // "disk I/O error" alone does not say that the disk is full.
        if error.systemCode != 0 { reason += ": \(String(cString: strerror(error.systemCode)))" }
        self.init(
            .localUnavailable, what.map { "\($0): \(reason)" } ?? reason, hint: resource.hint,
            cause: error)
    }
}
