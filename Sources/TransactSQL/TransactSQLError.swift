/// An error in a statement, with its position and a hint.
///
/// It never contains a value or a string of the script, which could be a password.
public struct TransactSQLError: Error, Sendable {
    /// SQL Server's number for the same situation.
    public let number: Int
    /// SQL Server's severity: 15 for syntax errors, 16 for errors that the caller can correct.
    public let level: Int
    /// Distinguishes errors that share a number; 1 if there is only one.
    public let state: Int
    /// The position in the script, or `nil` if no script is involved.
    public var position: SourcePosition?
    /// The token at which parsing failed; strings are shown only by kind.
    public let near: String?
    /// The message in lower case, with the object in quotes.
    public let message: String
    /// The syntax expected at this position, or `nil`.
    public let expected: String?
    /// The next step, as a full sentence, or `nil` if no step helps.
    public let hint: String?
    /// The lower-level error, for logs, or `nil`.
    public let cause: (any Error)?

    /// Creates an error.
    public init(
        _ code: Code, _ message: String, at position: SourcePosition? = nil, near: String? = nil,
        expected: String? = nil, hint: String? = nil, cause: (any Error)? = nil
    ) {
        number = code.number
        level = code.level
        state = 1
        self.position = position
        self.near = near
        self.message = message
        self.expected = expected
        self.hint = hint
        self.cause = cause
    }
}

extension TransactSQLError: CustomStringConvertible {
    /// The number and position, the message, the expected syntax, and the hint.
    public var description: String {
        var head = "Msg \(number), Level \(level), State \(state)"
        if let position { head += ", Line \(position.line), Column \(position.column)" }
        var text = "\(head)\n\(message)"
        if let near { text += " near \(near)" }
        if let expected { text += ": expected \(expected)" }
        if let hint { text += "\nHINT: \(hint)" }
        return text
    }
}

extension TransactSQLError {
    /// An error number of SQL Server, with its severity.
    public struct Code: Hashable, Sendable {
        /// The number.
        public let number: Int
        /// The severity.
        public let level: Int

        /// Creates a code.
        ///
        /// - Parameter level: The severity; 16, an error that the caller can correct, by default.
        public init(_ number: Int, level: Int = 16) {
            self.number = number
            self.level = level
        }
    }
}

extension TransactSQLError.Code {
    /// The syntax is wrong.
    public static let syntax = Self(102, level: 15)
    /// A quote or a comment is not terminated.
    public static let unterminated = Self(105, level: 15)
    /// An argument without a name follows one with a name.
    static let positionalAfterNamed = Self(119, level: 15)
    /// The name of a type, an option or a setting is unknown.
    static let unknownName = Self(195, level: 15)
    /// The object does not exist in the current database.
    public static let unknownObject = Self(208)
    /// A variable was declared twice.
    static let duplicateVariable = Self(134, level: 15)
    /// A variable is not declared.
    public static let undeclaredVariable = Self(137, level: 15)
    /// A length, a precision or a scale is out of range.
    static let invalidLength = Self(131, level: 15)
    /// An operation is not supported for a type.
    static let operandTypes = Self(8117)
    /// A procedure is called without `EXEC` after another statement.
    static let missingExecute = Self(2812, level: 15)
    /// The procedure does not exist.
    public static let unknownProcedure = Self(2812)
    /// A parameter has no argument.
    static let missingArgument = Self(201)
    /// A parameter is given twice.
    static let duplicateArgument = Self(8143)
    /// There are more arguments than parameters.
    static let tooManyArguments = Self(8144)
    /// The parameter does not exist.
    static let unknownParameter = Self(8145)
    /// A parameter is not an output parameter.
    static let notOutput = Self(8162)
    /// A value cannot be converted to a type.
    static let conversion = Self(8114)
    /// A division by zero.
    static let divisionByZero = Self(8134)
    /// The type of an argument is not accepted.
    static let argumentType = Self(8116)
    /// A value is outside its type's range.
    static let overflow = Self(8115)
    /// A text is longer than its type allows.
    static let truncation = Self(2628)
    /// An argument is not one of the accepted values.
    static let invalidArgument = Self(15600, level: 15)
    /// The server setting does not exist.
    static let unknownSetting = Self(15123)
    /// The statement is not supported.
    public static let unsupportedStatement = Self(40510)
    /// The option is not supported.
    public static let unsupportedOption = Self(40517)
    /// Nesting is too deep.
    static let nesting = Self(191, level: 15)
    /// An option of REMOTE_DATA_ARCHIVE is given twice.
    static let duplicateArchiveOption = Self(14801)
    /// A mode is unknown.
    static let invalidMode = Self(14822)
    /// A filter predicate is not valid.
    public static let invalidFilter = Self(14853)
    /// A login or a password is missing.
    public static let connectionLogin = Self(14856)
    /// A login and a credential are both given.
    static let connectionCredential = Self(14857)
    /// A parameter of a Stretch procedure is missing.
    static let missingStretchArgument = Self(14860)
    /// A hint is on INSERT.
    static let hintOnInsert = Self(14872)
    /// A hint is in a view.
    static let hintInView = Self(14873)
    /// A filter is set for an inbound migration.
    static let filterWithInbound = Self(14878)
    /// The RPO duration is below the minimum.
    static let shortRPODuration = Self(14899)
    /// OFF does not specify the treatment of the remote rows.
    static let ambiguousOff = Self(14908)
    /// An error of the host without a specific number.
    public static let host = Self(50000)
}
