internal import StretchText

extension Parser {
    /// Parses the rest of an `EXEC` statement.
    mutating func parseCall() throws(TransactSQLError) -> ProcedureCall {
        if reader.current.kind == .symbol, reader.current.text == "(" {
            throw TransactSQLError(
                .unsupportedStatement, "EXEC of a text is not supported",
                at: reader.current.position, hint: "Write the statement itself in the script.")
        }
        var returnVariable: Identifier?
        if reader.current.kind == .variable {
            let variable = try expectVariable()
            guard accept(symbol: "=") else {
                throw unexpected("\"=\" and a procedure, whose name cannot be in a variable")
            }
            returnVariable = variable
        }
        let name = try expectObjectName("a procedure")
        return try parseArguments(of: name, returnVariable)
    }

    /// Parses a call that is the first statement of its batch.
    mutating func parseCallWithoutExecute() throws(TransactSQLError) -> ProcedureCall {
        let name = try expectObjectName("a procedure")
        guard isBatchStart else {
            throw TransactSQLError(
                .missingExecute, "a call of \"\(name)\" lacks EXEC", at: name.position,
                hint: "Write EXEC before it; only the first statement of a batch may lack it.")
        }
        return try parseArguments(of: name, nil)
    }

    private mutating func parseArguments(
        of name: ObjectName, _ returnVariable: Identifier?
    ) throws(TransactSQLError) -> ProcedureCall {
        let procedure = Procedure.named(name.name)
        if procedure?.parameters.contains(where: \.isSecret) ?? true { hideTokens() }
        var arguments: [ProcedureCall.Argument] = []
        if !isAtEndOfCall {
            repeat { arguments.append(try parseArgument()) } while accept(symbol: ",")
        }
        if isAt("WITH") || isAt("AT") {
            throw TransactSQLError(
                .unsupportedOption,
                "EXEC … \(reader.current.text.uppercasedASCII) is not supported",
                at: reader.current.position, hint: "End the call before it.")
        }
        return ProcedureCall(name: name, returnVariable: returnVariable, arguments: arguments)
    }

    private var isAtEndOfCall: Bool {
        let token = reader.current
        switch token.kind {
        case .end: return true
        case .symbol: return token.text == ";"
        case .word: return ["WITH", "AT"].contains(token.text.uppercasedASCII) || isAtVerb
        default: return false
        }
    }

    /// Whether another statement starts here.
    private var isAtVerb: Bool {
        reader.current.kind == .word
            && StatementVerb.followers.contains(reader.current.text.uppercasedASCII)
    }

    private mutating func parseArgument() throws(TransactSQLError) -> ProcedureCall.Argument {
        let position = reader.current.position
        var name: Identifier?
        let bookmark = self
        if reader.current.kind == .variable {
            name = try expectVariable()
            if !accept(symbol: "=") {
                self = bookmark
                name = nil
            }
        }
        if accept("DEFAULT") {
            return ProcedureCall.Argument(
                name: name, value: nil, isOutput: false, position: position)
        }
        let value = try parseArgumentValue()
        let isOutput = accept("OUTPUT") || accept("OUT")
        if isOutput {
            guard case .variable = value.kind else {
                throw TransactSQLError(
                    .notOutput, "OUTPUT does not follow a variable", at: value.position,
                    hint: "Declare a variable, and write it before OUTPUT.")
            }
        }
        return ProcedureCall.Argument(
            name: name, value: value, isOutput: isOutput, position: position)
    }

    /// Parses a constant, a variable, or a bare word, which is a text.
    private mutating func parseArgumentValue() throws(TransactSQLError) -> Expression {
        let position = reader.current.position
        let isNegative = accept(symbol: "-")
        if let constant = try acceptConstant() {
            let value = Expression(kind: constant, position: position)
            return isNegative ? Expression(kind: .negation(value), position: position) : value
        }
        let token = reader.current
        guard !isNegative, token.kind == .quotedName || (token.kind == .word && !isAtVerb) else {
            throw unexpected(
                "a constant, a variable or DEFAULT",
                hint: "Keep the value of an expression in a variable first: SET @a = …")
        }
        reader.take()
        return Expression(kind: .literal(.text(token.text)), position: position)
    }
}
