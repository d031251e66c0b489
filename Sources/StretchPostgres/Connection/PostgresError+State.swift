internal import StretchEndpoint
internal import StretchText

extension PostgresError {
    var number: String? { sqlState.isEmpty ? nil : sqlState }

    /// The state of the connection.
    ///
    /// Messages of libpq without an SQLSTATE are recognized by their text, which is English in a
    /// process that sets no locale.
    var connectionState: ConnectionState {
        switch sqlState {
        case "": return Self.state(ofWords: message)
        // The file name is the same in every language.
        case "28000" where message.includes("pg_hba.conf"): return .refused
        case "28000", "28P01": return .authenticationFailure
        default: return sqlState.beginsWith("08") ? .noConnection : .otherError
        }
    }

    private static func state(ofWords message: String) -> ConnectionState {
        let words: [(ConnectionState, [String])] = [
            (
                .authenticationFailure,
                [
                    "certificate", "SSL", "channel binding", "authentication method",
                    "SCRAM", "no password supplied",
                ]
            ),
            (
                .refused,
                [
                    "Connection refused", "could not translate host name", "No route to host",
                    "Network is unreachable", "No such file or directory", "Permission denied",
                ]
            ),
        ]
        let found = words.first { $0.1.contains { message.includes($0) } }
        return found?.0 ?? .noConnection
    }
}

/// The error for a server whose authentication request would disclose the password.
struct RefusedRequest: RemoteFailure {
    let connectionState = ConnectionState.authenticationFailure
    let number: String? = nil
}
