internal import StretchText

extension Parser {
    /// Parses constants, variables, `+ - * / %`, `CAST`, `CONVERT`, and `(SELECT …)`.
    mutating func parseExpression() throws(TransactSQLError) -> Expression {
        var left = try parseTerm()
        while let sign = try acceptOperator(["+", "-"]) {
            left = operation(sign, left, try parseTerm())
        }
        return left
    }

    private mutating func parseTerm() throws(TransactSQLError) -> Expression {
        var left = try parseFactor()
        while let sign = try acceptOperator(["*", "/", "%"]) {
            left = operation(sign, left, try parseFactor())
        }
        return left
    }

    private func operation(
        _ sign: Expression.Operator, _ left: Expression, _ right: Expression
    ) -> Expression {
        Expression(kind: .operation(sign, left, right), position: left.position)
    }

    private mutating func acceptOperator(
        _ signs: [String]
    ) throws(TransactSQLError) -> Expression.Operator? {
        guard reader.current.kind == .symbol, signs.contains(reader.current.text) else {
            return nil
        }
        operatorCount += 1
        guard operatorCount <= Self.maximumOperatorCount else { throw tooComplex() }
        return Expression.Operator(rawValue: reader.take().text)
    }

    private func tooComplex() -> TransactSQLError {
        TransactSQLError(
            .nesting, "the expression has too many parts", at: reader.current.position,
            hint: "Keep some of them in variables.")
    }

    private mutating func parseFactor() throws(TransactSQLError) -> Expression {
        let position = reader.current.position
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw tooComplex() }
        if accept(symbol: "-") {
            return Expression(kind: .negation(try parseFactor()), position: position)
        }
        if accept(symbol: "+") { return try parseFactor() }
        if accept(symbol: "(") { return try parseGroup(at: position) }
        if let constant = try acceptConstant() {
            return Expression(kind: constant, position: position)
        }
        if accept("CAST") {
            try expect(symbol: "(")
            let value = try parseExpression()
            try expect("AS")
            let type = try parseType()
            try expect(symbol: ")")
            return Expression(kind: .conversion(value, to: type), position: position)
        }
        if accept("CONVERT") {
            try expect(symbol: "(")
            let type = try parseType()
            try expect(symbol: ",")
            let value = try parseExpression()
            try expect(symbol: ")")
            return Expression(kind: .conversion(value, to: type), position: position)
        }
        throw unexpected(
            "a value", hint: "Functions and columns go into a query of SQLite's: (SELECT …).")
    }

    /// Accepts a constant or a variable.
    mutating func acceptConstant() throws(TransactSQLError) -> Expression.Kind? {
        let token = reader.current
        let kind: Expression.Kind
        switch token.kind {
        case .string: kind = .literal(.text(token.text))
        case .variable where !token.text.beginsWith("@@"): kind = .variable(token.text)
        case .integer, .decimal:
            if let integer = Int64(token.text) {
                kind = .literal(.integer(integer))
            } else if let number = DecimalNumber(token.text) {
                kind = .literal(.decimal(number))
            } else {
                throw unexpected("a number of at most 38 digits")
            }
        case .float:
            guard let number = Double(token.text), number.isFinite else {
                throw unexpected("a number in the range of float")
            }
            kind = .literal(.float(number))
        case .binary: kind = .literal(.binary(Self.bytes(ofHexadecimal: token.text)))
        case .word where token.text.isEqualFoldingCase("NULL"): kind = .literal(.null)
        default: return nil
        }
        reader.take()
        return kind
    }

    private static func bytes(ofHexadecimal text: String) -> [UInt8] {
        var digits = Array(text.utf8.dropFirst(2))
        if digits.count % 2 == 1 { digits.insert(UInt8(ascii: "0"), at: 0) }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }

    /// Parses a group: `(SELECT …)` is passed to SQLite unchanged; other groups are expressions.
    private mutating func parseGroup(at position: SourcePosition) throws(TransactSQLError)
        -> Expression
    {
        guard isAt("SELECT") || isAt("VALUES") || isAt("WITH") else {
            let inner = try parseExpression()
            try expect(symbol: ")")
            return Expression(kind: inner.kind, position: position)
        }
        let start = reader.current.range.lowerBound
        var open = 1
        while open > 0 {
            let token = reader.current
            guard token.kind != .end, token.kind != .unterminated,
                token.text != ";" || token.kind == .string
            else { throw unexpected("\")\"") }
            if token.kind == .symbol, token.text == "(" { open += 1 }
            if token.kind == .symbol, token.text == ")" { open -= 1 }
            if open > 0 { reader.take() }
        }
        let text = String(
            decoding: reader.bytes[start..<reader.current.range.lowerBound], as: UTF8.self)
        try expect(symbol: ")")
        return Expression(kind: .query(text), position: position)
    }
}
