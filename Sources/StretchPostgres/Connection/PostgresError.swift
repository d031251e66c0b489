internal import StretchCore
internal import StretchEndpoint
internal import StretchText

/// An error of a PostgreSQL server, or of the connection to it.
///
/// Only the primary message is kept, because servers repeat values of statements in details and
/// contexts.
struct PostgresError: RemoteFailure, CustomStringConvertible {
    /// The SQLSTATE from the server, or an empty text if the connection failed:
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    let sqlState: String
    /// The message of the server or the library, one line.
    let message: String

    var description: String { sqlState.isEmpty ? message : "\(message) (SQLSTATE \(sqlState))" }

    /// Creates the error of a connection from libpq's verbose text: `… failed: FATAL: 28P01:
    /// password …`.
    ///
    /// The words before the SQLSTATE are in the server's language. With several hosts, each has its
    /// own lines, and the last host that answered counts.
    init(verboseMessage: String) {
        let lines = verboseMessage.parts(between: "\n")
        self =
            lines.compactMap { PostgresError(verboseLine: $0) }.last
            ?? PostgresError(sqlState: "", message: verboseMessage.firstLine)
    }

    /// Creates the error of one line, or `nil` if it has no SQLSTATE.
    private init?(verboseLine line: String) {
        let bytes = Array(line.utf8)
        let place = bytes.indices.last { start in
            bytes.count >= start + 10 && bytes[start...].starts(with: ":  ".utf8)
                && bytes[start + 3..<start + 8].allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                } && bytes[start + 8] == UInt8(ascii: ":") && bytes[start + 9] == 0x20
        }
        guard let place else { return nil }
        let words = bytes[..<(place + 3)] + bytes[(place + 10)...]
        self.init(
            sqlState: String(decoding: bytes[place + 3..<place + 8], as: UTF8.self),
            message: String(decoding: words, as: UTF8.self))
    }

    init(sqlState: String, message: String) {
        self.sqlState = sqlState
        self.message = message
    }

    /// Returns the error of a lost connection, with libpq's message.
    static func lost(_ message: String) -> PostgresError {
        PostgresError(sqlState: "", message: message)
    }

    /// `not_null_violation`: the error with which Stretch's statements fail if they find no row.
    static let nullInserted = "23502"

    /// Whether the outcome of the statement is unknown.
    var isConnectionLost: Bool {
        sqlState.isEmpty || sqlState.beginsWith("08") || sqlState.beginsWith("57P")
    }

    /// Whether the server requests a retry of the transaction.
    var isConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether a table, a column or the schema does not exist.
    var isMissingObject: Bool { ["3F000", "42P01", "42703"].contains(sqlState) }

    /// Returns the error as a Stretch error.
    ///
    /// - Parameter remote: The server's name in messages.
    func converted(remote: String) -> StretchError {
        let remote = "remote \"\(remote)\""
        func failure(
            _ code: StretchError.Code, _ what: String, _ hint: StretchError.Hint
        ) -> StretchError {
            StretchError(code, "\(remote) \(what): \(self)", hint: hint, cause: self)
        }
        switch sqlState {
        case "": return converted(failure)
        case "28P01", "28000":
            guard connectionState == .refused else {
                return failure(
                    .notPermitted, "refused the login",
                    "Check the login and its password; store another one with: "
                        + "\(advice: .storeLogin).")
            }
            return failure(
                .notPermitted, "does not allow the login from this machine",
                "Let the server's pg_hba.conf name this machine, the database and the login.")
        case "3D000": return failure(.remoteUnavailable, "has no such database", Hints.database)
        case "42501":
            return failure(
                .notPermitted, "denied a right",
                "A login that has it is needed: \(advice: .nameLogin). The owner's work is done by "
                    + "the owner: \(advice: .provision).")
        case "25006":
            return failure(
                .remoteUnavailable, "cannot be written, it is a standby or read-only",
                "Name the primary server, or add target_session_attrs=read-write.")
        case "57014":
            return failure(
                .remoteUnavailable, "took too long", "Try again when the server has less to do.")
        case "55P03", "40001", "40P01":
            return failure(.busy, "has another session in the way", "Try again.")
        case "54000", "54011", "22001", "54023":
            return failure(.unsupported, "cannot hold a row this large", "The row stays local.")
        case "42601", "42883", "0A000":
            return failure(
                .unsupported, "does not know a statement that Stretch uses",
                "Use a genuine PostgreSQL server with its own table storage.")
        case "53100", "53200", "53300", "53400":
            return failure(
                .remoteUnavailable, "has run out of a resource", "Free disk space, or connections.")
        case "XX000":
            // PostgreSQL and its extensions also report refusals under this number.
            return failure(
                .unsupported, "failed inside",
                "Look at the server's log; if an extension stores the tables, use a server without "
                    + "it.")
        default: break
        }
        switch String(decoding: sqlState.utf8.prefix(2), as: UTF8.self) {
        case "08", "57", "53", "58":
            return failure(.remoteUnavailable, "cannot be used now", Hints.unreachable)
        case "42", "23", "3F", "XX", "22":
            // Causes are missing tables or columns, or rows without a ledger entry, never Stretch's
            // statements.
            return failure(
                .damaged, "was changed by another program",
                "Put the remote back from its backup, then: \(advice: .reauthorize).")
        default: return failure(.remoteUnavailable, "failed", Hints.unreachable)
        }
    }

    /// Returns the error of a connection to which the server did not respond.
    private func converted(
        _ failure: (StretchError.Code, String, StretchError.Hint) -> StretchError
    ) -> StretchError {
        switch connectionState {
        case .refused:
            failure(
                .remoteUnavailable, "cannot be reached",
                "Check host and port in the address, that the server runs, and firewalls.")
        case .authenticationFailure:
            failure(
                .notPermitted, "does not prove its identity",
                "Check that the server's certificate has not expired, that sslrootcert names its "
                    + "authority, and that it is for the host in the address.")
        default: failure(.remoteUnavailable, "cannot be reached", Hints.unreachable)
        }
    }

    private enum Hints {
        static let unreachable: StretchError.Hint =
            "Check that the server runs and that this machine may connect."
        static let database: StretchError.Hint =
            "Create the database, or correct its name in the address."
    }
}
