extension ScriptExecutor {
    /// Returns the value of an expression; an error has the expression's position.
    func value(of expression: Expression) throws -> TransactSQLValue {
        switch expression.kind {
        case .literal(let value): return value
        case .variable(let name):
            return try variables.variable(Identifier(name, at: expression.position)).value
        case .negation(let operand): return try negated(operand, at: expression.position)
        case .operation(let sign, let left, let right):
            let (left, right) = (try value(of: left), try value(of: right))
            guard left != .null, right != .null else { return .null }
            return try result(of: sign, left, right, at: expression.position)
        case .conversion(let operand, let type):
            var failure: TransactSQLError
            let operand = try value(of: operand)
            do throws(TransactSQLError) {
                return try type.converting(operand)
            } catch {
                failure = error
            }
            failure.position = expression.position
            throw failure
        case .query(let text): return try host.value(of: text, variables: variables.values)
        }
    }

    private func negated(
        _ operand: Expression, at position: SourcePosition
    ) throws -> TransactSQLValue {
        switch try value(of: operand) {
        case .null: return .null
        case .integer(let value):
            guard value != Int64.min else { throw overflow(at: position) }
            return .integer(-value)
        case .decimal(let value): return .decimal(value.negated)
        case .float(let value): return .float(-value)
        case .text, .dateTime, .binary: throw operandTypes(at: position)
        }
    }

    private func result(
        of sign: Expression.Operator, _ left: TransactSQLValue, _ right: TransactSQLValue,
        at position: SourcePosition
    ) throws(TransactSQLError) -> TransactSQLValue {
        switch (left, right) {
        case (.text(let left), .text(let right)) where sign == .plus: return .text(left + right)
        case (.integer(let left), .integer(let right)):
            return .integer(try integer(sign, left, right, at: position))
        default: throw operandTypes(at: position)
        }
    }

    private func integer(
        _ sign: Expression.Operator, _ left: Int64, _ right: Int64, at position: SourcePosition
    ) throws(TransactSQLError) -> Int64 {
        if right == 0, sign == .divided || sign == .modulo {
            throw TransactSQLError(
                .divisionByZero, "division by zero", at: position,
                hint: "Give a divisor that is not zero.")
        }
        let (value, overflows) =
            switch sign {
            case .plus: left.addingReportingOverflow(right)
            case .minus: left.subtractingReportingOverflow(right)
            case .times: left.multipliedReportingOverflow(by: right)
            case .divided: left.dividedReportingOverflow(by: right)
            case .modulo: left.remainderReportingOverflow(dividingBy: right)
            }
        guard !overflows else { throw overflow(at: position) }
        return value
    }

    private func overflow(at position: SourcePosition) -> TransactSQLError {
        TransactSQLError(
            .overflow, "the value is outside the range of bigint", at: position,
            hint: "Use a query of SQLite's: (SELECT …).")
    }

    private func operandTypes(at position: SourcePosition) -> TransactSQLError {
        TransactSQLError(
            .operandTypes, "the operator is not for values of these types", at: position,
            hint: "Convert a value with CAST(… AS nvarchar(40)), or use a query: (SELECT …).")
    }

    /// Returns the text of an operand; a variable must contain text.
    func text(of operand: TextOperand) throws(TransactSQLError) -> String {
        switch operand {
        case .text(let text, _): return text
        case .variable(let name):
            guard let text = try variables.variable(name).value.text else {
                throw TransactSQLError(
                    .missingArgument, "variable \(name.name) is NULL", at: name.position,
                    hint: "SET it before this statement.")
            }
            return text
        }
    }

    /// Returns the name of a database, or `nil` for the current one.
    func name(of database: DatabaseName) throws(TransactSQLError) -> String? {
        switch database {
        case .current: return nil
        case .named(let name): return name.name
        case .variable(let name): return try text(of: .variable(name))
        }
    }
}
