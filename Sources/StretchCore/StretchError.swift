package import StretchSQLite
internal import StretchText

/// An error thrown by Stretch: what failed, and what to do about it.
public struct StretchError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; branch on it, never on text.
    public let code: Code
    /// What failed, lower case, with the object in quotes: `table "orders": column "total" is
    /// missing`.
    public let message: String
    /// The hint with its advice as values.
    package let guidance: Hint?
    /// The lower-level error, kept whole for logs.
    public let cause: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.init(code, message, hint: hint.map { Hint($0) }, cause: cause)
    }

    /// Makes an error whose hint gives advice.
    @_disfavoredOverload
    package init(_ code: Code, _ message: String, hint: Hint?, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.guidance = hint
        self.cause = cause
    }

    /// What to do next, as a full sentence in plain English, or `nil` when nothing helps.
    public var hint: String? { hint { $0.description } }

    /// What to do next, as values: a program can offer them as buttons or commands.
    public var advice: [Advice] { guidance?.advice ?? [] }

    /// What to do next, as a full sentence, with each advice in a program's own words.
    ///
    /// - Parameter wording: The words for an advice, without a full stop; they stand after a colon.
    public func hint(_ wording: (Advice) -> String) -> String? { guidance?.text(wording) }

    /// The message, with the hint on a line of its own.
    public var description: String {
        guard let hint else { return message }
        return "\(message)\nHINT: \(hint)"
    }

    /// A stable failure code.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as in JSON output: `remoteUnavailable`.
        public let description: String
        /// Whether the same call can succeed later without another change.
        public let isRetryable: Bool

        private init(_ name: String, isRetryable: Bool = false) {
            description = name
            self.isRetryable = isRetryable
        }

        /// An argument or a statement cannot be understood, or names what does not exist.
        public static let invalidArgument = Self("invalidArgument")
        /// The object is in a state in which the call makes no sense, such as enabled twice.
        public static let wrongState = Self("wrongState")
        /// What is asked cannot be done right, and is therefore not done at all.
        public static let unsupported = Self("unsupported")
        /// The remote cannot be reached or opened.
        public static let remoteUnavailable = Self("remoteUnavailable", isRetryable: true)
        /// The remote does not hold what this file names: it was rolled back, or another file
        /// extended the branch.
        public static let remoteMismatch = Self("remoteMismatch")
        /// Local and remote definitions of a table differ.
        public static let schemaMismatch = Self("schemaMismatch")
        /// Another connection holds a lock, or another process the migrator's lease.
        public static let busy = Self("busy", isRetryable: true)
        /// Data differs from its proof: a digest, a count, or a read-back.
        public static let damaged = Self("damaged")
        /// The caller stopped the work; what was done is whole.
        public static let cancelled = Self("cancelled", isRetryable: true)
        /// A login, a certificate or a right was refused; trying again cannot help.
        public static let notPermitted = Self("notPermitted")
        /// The file was restored, copied or deauthorized, and must be reauthorized first.
        public static let disconnected = Self("disconnected")
        /// SQLite refused a statement of the application.
        public static let statementFailed = Self("statementFailed")
    }

    /// Converts an error of SQLite on the local file, once, at the edge of the engine.
    package init(local error: SQLiteError) {
        if error.isBusy {
            // What Stretch itself says is more than SQLite's own words.
            let isOwn = !["database is locked", "database table is locked"].contains(error.message)
            self.init(
                .busy, isOwn ? error.message : "the local database is locked",
                hint: "Try again, or raise the busy timeout.", cause: error)
        } else if error.isInterruption {
            self.init(.cancelled, "the statement was interrupted", cause: error)
        } else {
            self.init(.statementFailed, Self.withoutLiteral(error.message), cause: error)
        }
    }

    /// SQLite's message, which cites the token that it does not understand, without the text of a
    /// literal: that may be a password.
    private static func withoutLiteral(_ message: String) -> String {
        guard message.includes("'") else { return message }
        if message.beginsWith("unrecognized token: ") {
            return "unrecognized token: a literal, which may lack its end"
        }
        return message.beginsWith("near \"") ? "near a literal: syntax error" : message
    }
}
