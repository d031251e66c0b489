internal import StretchCore
internal import StretchSQLite

/// Converts errors of the remote's file to errors of Stretch.
enum EmbeddedFailure {
    /// Converts an error of SQLite on the file at `path`.
    ///
    /// - Parameter isCreating: Whether the call may create the file, for a database that is not
    ///   enabled yet.
    static func convert(
        _ error: SQLiteError, path: String, isCreating: Bool
    ) -> StretchError {
        let remote = "remote \"\(path)\""
        if error.isBusy {
            return StretchError(
                .busy, "\(remote) is locked", hint: "Try again when the other writer is done.",
                cause: error)
        }
        // The remote's file uses up the same resources as local files.
        if let resource = StretchError(ofResource: error), error.code == ResultCode.cannotOpen {
            return StretchError(
                .remoteUnavailable, "\(remote) cannot be opened: \(resource.message)",
                hint: resource.guidance, cause: error)
        }
        switch error.code {
        case ResultCode.cannotOpen:
            return StretchError(
                .remoteUnavailable, "\(remote) cannot be opened: \(error.message)",
                hint: isCreating
                    ? "Name a file in a folder that exists and that you may write to."
                    : "Check that you may read the file and its folder. If it was moved: "
                        + "\(advice: .moveRemote(server: nil)). Without it, hot rows can be read: "
                        + "\(advice: .readHotRows).",
                cause: error)
        case ResultCode.readOnly, ResultCode.permission:
            return StretchError(
                .remoteUnavailable, "\(remote) cannot be written: \(error.message)",
                hint: "Give yourself the right to write the file and its folder.", cause: error)
        case ResultCode.full:
            return StretchError(
                .remoteUnavailable, "\(remote) cannot grow: \(error.message)",
                hint: "Free disk space where the remote is.", cause: error)
        case ResultCode.notADatabase:
            return StretchError(
                .wrongState, "file \"\(path)\" is not a SQLite database",
                hint: isCreating
                    ? "Name a file that is new, empty or already a Stretch remote."
                    : "Put the remote's file back from its backup, then: "
                        + "\(advice: .reauthorize).", cause: error)
        case ResultCode.corrupt:
            return StretchError(
                .damaged, "\(remote) is damaged: \(error.message)",
                hint: "Put the remote's file back from its backup, then: \(advice: .reauthorize).",
                cause: error)
        case ResultCode.tooBig:
            return StretchError(
                .unsupported, "\(remote) cannot hold a value this long", cause: error)
        case ResultCode.interrupted:
            return StretchError(.cancelled, "a call to \(remote) was interrupted", cause: error)
        case ResultCode.error, ResultCode.constraint, ResultCode.mismatch:
            // Causes are missing tables or columns, or rows without a ledger entry, never Stretch's
            // statements.
            return StretchError(
                .damaged, "\(remote) was changed by another program: \(error.message)",
                hint: "Put the remote's file back from its backup, then: \(advice: .reauthorize).",
                cause: error)
        default:
            return StretchError(
                .remoteUnavailable, "\(remote) failed: \(error.message)",
                hint: "Check the disk that the remote is on, and try again.", cause: error)
        }
    }
}
