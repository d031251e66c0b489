internal import StretchText

/// An argument with its value, before it is bound to a parameter.
public struct ArgumentValue: Equatable, Sendable {
    /// The parameter with its `@`, or `nil` for a positional argument.
    public let name: String?
    /// The value, or `nil` for `DEFAULT`.
    public let value: TransactSQLValue?
    /// The variable that holds the value, or `nil`.
    public let variable: Variable?
    /// Whether `OUTPUT` follows it.
    public let isOutput: Bool
    /// The start of the argument.
    public let position: SourcePosition

    /// A variable as an argument.
    public struct Variable: Equatable, Sendable {
        /// The name, with its `@`.
        public let name: String
        /// The declared type.
        public let type: DataType

        /// Creates a variable.
        public init(name: String, type: DataType) {
            self.name = name
            self.type = type
        }
    }

    /// Creates an argument.
    public init(
        name: String? = nil, value: TransactSQLValue?, variable: Variable? = nil,
        isOutput: Bool = false, position: SourcePosition
    ) {
        self.name = name
        self.value = value
        self.variable = variable
        self.isOutput = isOutput
        self.position = position
    }
}

/// The arguments of a call, one for each parameter, of the parameter's type.
public struct ProcedureArguments: Equatable, Sendable {
    private var values: [String: TransactSQLValue] = [:]
    /// The variables that receive the values of output parameters, by parameter.
    public private(set) var outputs: [String: String] = [:]

    /// The value of a parameter; NULL if it has neither an argument nor a default.
    public subscript(_ parameter: String) -> TransactSQLValue { values[parameter] ?? .null }

    /// Returns the text of a parameter, or `nil` for NULL.
    public func text(_ parameter: String) -> String? { self[parameter].text }

    /// Returns the integer of a parameter, or `nil` for NULL.
    public func integer(_ parameter: String) -> Int64? {
        guard case .integer(let value) = self[parameter] else { return nil }
        return value
    }

    /// Returns whether a bit is 1.
    public func isSet(_ parameter: String) -> Bool { integer(parameter) == 1 }

    fileprivate mutating func set(_ value: TransactSQLValue, _ parameter: String) {
        values[parameter] = value
    }

    fileprivate mutating func setOutput(_ variable: String, _ parameter: String) {
        outputs[parameter] = variable
    }
}

extension Procedure {
    /// Binds the arguments to the parameters: first by position, then by name.
    ///
    /// - Parameter position: The start of the call.
    /// - Throws: An error at the invalid argument, or at the call if one is missing. The error
    ///   names parameters and types, never a value.
    public func bind(
        _ arguments: [ArgumentValue], at position: SourcePosition
    ) throws(TransactSQLError) -> ProcedureArguments {
        var bound = ProcedureArguments()
        var given: Set<String> = []
        var isNamed = false
        for (index, argument) in arguments.enumerated() {
            if argument.name != nil { isNamed = true }
            let parameter = try parameter(of: argument, at: index, isNamed: isNamed)
            guard given.insert(parameter.name).inserted else {
                throw TransactSQLError(
                    .duplicateArgument, "parameter \(parameter.name) of \(name) is given twice",
                    at: argument.position, hint: "Keep one of the two.")
            }
            if let value = try value(of: argument, for: parameter) {
                bound.set(value, parameter.name)
            }
            if parameter.isOutput, let variable = argument.variable {
                bound.setOutput(variable.name, parameter.name)
            }
        }
        for parameter in parameters where bound[parameter.name] == .null {
            // NULL means the default, so that an unset variable does not, for example, suppress a
            // copy.
            if let value = parameter.defaultValue { bound.set(value, parameter.name) }
            let isMissing =
                parameter.isOutput ? bound.outputs[parameter.name] == nil : parameter.isRequired
            if isMissing { throw missing(parameter, at: position) }
        }
        return bound
    }

    private func parameter(
        of argument: ArgumentValue, at index: Int, isNamed: Bool
    ) throws(TransactSQLError) -> Parameter {
        if let name = argument.name {
            guard let parameter = parameters.first(where: { $0.name == name.foldingCase }) else {
                throw TransactSQLError(
                    .unknownParameter, "\(self.name) has no parameter \(name)",
                    at: argument.position, expected: parameterList)
            }
            return parameter
        }
        guard !isNamed else {
            throw TransactSQLError(
                .positionalAfterNamed, "an argument without a name follows one with a name",
                at: argument.position, hint: "Write @name = before it, too.")
        }
        guard index < parameters.count else {
            throw TransactSQLError(
                .tooManyArguments, "\(name) has too many arguments", at: argument.position,
                expected: parameterList)
        }
        return parameters[index]
    }

    private var parameterList: String {
        parameters.isEmpty ? "no argument" : parameters.map(\.name).joined(separator: ", ")
    }

    /// Returns the argument converted to the parameter's type, or `nil` for `DEFAULT`.
    private func value(
        of argument: ArgumentValue, for parameter: Parameter
    ) throws(TransactSQLError) -> TransactSQLValue? {
        try checkKind(of: argument, for: parameter)
        guard let value = argument.value, !parameter.isOutput else { return nil }
        let converted: TransactSQLValue
        do throws(TransactSQLError) {
            converted = try parameter.type.converting(value)
        } catch {
            throw TransactSQLError(
                TransactSQLError.Code(error.number, level: error.level),
                "parameter \(parameter.name) of \(name): \(error.message)", at: argument.position,
                hint: error.hint)
        }
        guard
            parameter.choices.isEmpty || converted == .null
                || parameter.choices.contains(converted.text?.uppercasedASCII ?? "")
        else {
            throw TransactSQLError(
                parameter.choiceCode, "parameter \(parameter.name) of \(name) has a wrong value",
                at: argument.position, expected: parameter.choices.joined(separator: ", "))
        }
        return converted
    }

    private func checkKind(
        of argument: ArgumentValue, for parameter: Parameter
    ) throws(TransactSQLError) {
        if parameter.refusesUnlimitedText, let type = argument.variable?.type, type.isUnlimitedText
        {
            throw TransactSQLError(
                .argumentType, "parameter \(parameter.name) of \(name) does not accept \(type)",
                at: argument.position,
                hint: "Declare the variable as sysname, varchar(128) or nvarchar(128).")
        }
        guard argument.isOutput != parameter.isOutput else { return }
        throw TransactSQLError(
            .notOutput,
            parameter.isOutput
                ? "parameter \(parameter.name) of \(name) has no variable to write to"
                : "parameter \(parameter.name) of \(name) is not an output parameter",
            at: argument.position,
            hint: parameter.isOutput
                ? "Declare a variable of type \(parameter.type), and write OUTPUT behind it."
                : "Leave OUTPUT out.")
    }

    private func missing(_ parameter: Parameter, at position: SourcePosition) -> TransactSQLError {
        TransactSQLError(
            name.beginsWith("sp_rda_") ? .missingStretchArgument : .missingArgument,
            "parameter \(parameter.name) of \(name) is missing, or NULL", at: position,
            hint:
                "Write EXEC \(name) \(parameter.name) = \(parameter.isOutput ? "@a OUTPUT" : "…").")
    }
}
