package import StretchSQLite
internal import StretchText

/// An error thrown by Stretch: the failure, and how to resolve it.
public struct StretchError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; programs should test it, not the message.
    public let code: Code
    /// A description of the failure in lower case, with the object in quotes: `table "orders":
    /// column "total" is missing`.
    public let message: String
    /// The hint with its advice as values.
    package let guidance: Hint?
    /// The lower-level error, for logs.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, hint: Hint? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.guidance = hint
        self.cause = cause
    }

    /// The next step, as a full sentence in plain English, or `nil` if no step helps.
    public var hint: String? { hint { $0.description } }

    /// The next steps as values, which a program can offer as buttons or commands.
    public var advice: [Advice] { guidance?.advice ?? [] }

    /// Returns the next step as a full sentence, with each advice in a program's own words.
    ///
    /// - Parameter wording: Returns the words for an advice, without a period; they follow a colon.
    public func hint(_ wording: (Advice) -> String) -> String? { guidance?.text(wording) }

    /// The message, with the hint on a separate line.
    public var description: String {
        guard let hint else { return message }
        return "\(message)\nHINT: \(hint)"
    }

    /// A stable failure code.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name as it appears in JSON output: `remoteUnavailable`.
        public let description: String
        /// Whether the same call can succeed later without any other change.
        public let isRetryable: Bool

        private init(_ name: String, isRetryable: Bool = false) {
            description = name
            self.isRetryable = isRetryable
        }

        /// An argument or a statement is invalid, or names an object that does not exist.
        public static let invalidArgument = Self("invalidArgument")
        /// The object is in a state that does not allow the call, for example already enabled.
        public static let wrongState = Self("wrongState")
        /// The operation cannot be performed correctly and is therefore refused.
        public static let unsupported = Self("unsupported")
        /// The remote cannot be reached or opened.
        public static let remoteUnavailable = Self("remoteUnavailable", isRetryable: true)
        /// The disk of a local file is full or failed, or too many files are open.
        public static let localUnavailable = Self("localUnavailable", isRetryable: true)
        /// The remote does not hold the position that this file names.
        ///
        /// The remote was rolled back, or another file extended the branch.
        public static let remoteMismatch = Self("remoteMismatch")
        /// The local and remote definitions of a table differ.
        public static let schemaMismatch = Self("schemaMismatch")
        /// Another connection holds a lock, or another process holds the migrator's lease.
        public static let busy = Self("busy", isRetryable: true)
        /// Data differs from its digest, its row count, or the copy read back.
        public static let damaged = Self("damaged")
        /// The caller cancelled the work; completed steps remain in effect.
        public static let cancelled = Self("cancelled", isRetryable: true)
        /// A login, a certificate or a permission was refused; a retry cannot succeed.
        public static let notPermitted = Self("notPermitted")
        /// The file was restored, copied or deauthorized, and must be reauthorized first.
        public static let disconnected = Self("disconnected")
        /// SQLite refused a statement of the application.
        public static let statementFailed = Self("statementFailed")
    }

    /// Converts an error of SQLite on the local file, once, at the edge of the engine.
    package init(local error: SQLiteError) {
        if error.isBusy {
            // A message of Stretch is more specific than SQLite's own.
            let isOwn = !["database is locked", "database table is locked"].contains(error.message)
            self.init(
                .busy, isOwn ? error.message : "the local database is locked",
                hint: "Try again, or raise the busy timeout.", cause: error)
        } else if error.isInterruption {
            self.init(.cancelled, "the statement was interrupted", cause: error)
        } else if let failure = StretchError(ofResource: error) {
            self = failure
        } else {
            self.init(.statementFailed, Self.withoutLiteral(error.message), cause: error)
        }
    }

    /// SQLite's message without the text of a literal.
    ///
    /// The message quotes the offending token, which may be a password.
    private static func withoutLiteral(_ message: String) -> String {
        guard message.includes("'") else { return message }
        if message.beginsWith("unrecognized token: ") {
            return "unrecognized token: a literal, which may lack its end"
        }
        return message.beginsWith("near \"") ? "near a literal: syntax error" : message
    }
}
