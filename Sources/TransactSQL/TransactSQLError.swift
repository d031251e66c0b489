/// What is wrong with a statement, where, and what to do about it.
///
/// No value and no string of the script is ever part of it: either could be a password.
public struct TransactSQLError: Error, Sendable {
    /// SQL Server's number for the same situation.
    public let number: Int
    /// SQL Server's severity: 15 for syntax, 16 for what the caller can put right.
    public let level: Int
    /// Tells places apart that share a number; 1 where there is one.
    public let state: Int
    /// Where it is, or `nil` when no script is concerned.
    public var position: SourcePosition?
    /// The token at which the statement stopped making sense; strings only by their kind.
    public let near: String?
    /// What is wrong, lower case, with the object in quotes.
    public let message: String
    /// What the grammar allows in this place, or `nil`.
    public let expected: String?
    /// What to do next, as a full sentence, or `nil` when nothing helps.
    public let hint: String?
    /// The lower-level error, kept whole for logs, or `nil`.
    public let cause: (any Error)?

    /// Makes an error.
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
    /// The head with number and place, what is wrong, what was expected, and the next step.
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
    /// A number of SQL Server's catalogue of errors, with its severity.
    public struct Code: Hashable, Sendable {
        /// The number.
        public let number: Int
        /// The severity.
        public let level: Int

        /// Makes a code.
        ///
        /// - Parameter level: 16, what the caller can put right, unless it is said otherwise.
        public init(_ number: Int, level: Int = 16) {
            self.number = number
            self.level = level
        }
    }
}

extension TransactSQLError.Code {
    /// The syntax is wrong.
    public static let syntax = Self(102, level: 15)
    /// A quote or a comment has no end.
    public static let unterminated = Self(105, level: 15)
    /// An argument without a name follows one with a name.
    static let positionalAfterNamed = Self(119, level: 15)
    /// A name has no value: the name of a type, an option, a setting.
    static let unknownName = Self(195, level: 15)
    /// There is no such object in the current database.
    public static let unknownObject = Self(208)
    /// A variable was declared twice.
    static let duplicateVariable = Self(134, level: 15)
    /// A variable is not declared.
    public static let undeclaredVariable = Self(137, level: 15)
    /// A length, a precision or a scale is out of its range.
    static let invalidLength = Self(131, level: 15)
    /// A type goes with no such operation.
    static let operandTypes = Self(8117)
    /// A procedure is called without `EXEC` behind another statement.
    static let missingExecute = Self(2812, level: 15)
    /// There is no such procedure.
    public static let unknownProcedure = Self(2812)
    /// A parameter has no argument.
    static let missingArgument = Self(201)
    /// A parameter is given twice.
    static let duplicateArgument = Self(8143)
    /// There are more arguments than parameters.
    static let tooManyArguments = Self(8144)
    /// There is no such parameter.
    static let unknownParameter = Self(8145)
    /// A parameter is no output parameter.
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
    /// An argument is none of the values that a parameter takes.
    static let invalidArgument = Self(15600, level: 15)
    /// There is no such setting of the server.
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
    /// A parameter of a procedure of Stretch's is missing.
    static let missingStretchArgument = Self(14860)
    /// A hint is on INSERT.
    static let hintOnInsert = Self(14872)
    /// A hint is in a view.
    static let hintInView = Self(14873)
    /// A filter is set while rows come back.
    static let filterWithInbound = Self(14878)
    /// The RPO duration is below the minimum.
    static let shortRPODuration = Self(14899)
    /// OFF does not say what becomes of the remote rows.
    static let ambiguousOff = Self(14908)
    /// An error of the host without a number of its own.
    public static let host = Self(50000)
}
