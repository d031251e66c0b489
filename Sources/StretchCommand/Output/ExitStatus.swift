internal import StretchCore

extension StretchError.Code {
    /// The exit status of a command that fails with this code: `Documentation/ExitStatus.md`.
    var exitStatus: Int32 {
        switch self {
        case .invalidArgument: 2
        case .wrongState: 3
        case .unsupported: 4
        case .remoteUnavailable: 5
        case .remoteMismatch: 6
        case .schemaMismatch: 7
        case .busy: 8
        case .damaged: 9
        case .cancelled: 10
        case .notPermitted: 11
        case .disconnected: 12
        case .localUnavailable: 13
        default: 1
        }
    }
}
