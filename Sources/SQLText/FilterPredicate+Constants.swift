internal import StretchText

extension FilterPredicate {
    /// A comparison that has the same result for each row.
    package struct ConstantComparison: Equatable, Sendable {
        /// The comparison as it is written: `'created' < '2020'`.
        package let text: String
        /// A call in it that returns a text, if it is compared with a number.
        package let textCall: String?
        /// The contents of its text literals.
        package let literals: [String]
    }

    /// The calls that name no column and are in no other such call, as they are written.
    package var constantCalls: [String] {
        calls.filter { call in
            call.isConstant
                && !calls.contains {
                    $0.isConstant && $0 != call && $0.range.lowerBound <= call.range.lowerBound
                        && call.range.upperBound <= $0.range.upperBound
                }
        }.map { text(in: $0.range) }
    }

    /// The comparisons of two constants, and those of a text with a number.
    ///
    /// SQLite takes each text for greater than each number: <https://sqlite.org/datatype3.html>,
    /// section 4.1.
    package var constantComparisons: [ConstantComparison] {
        let tokens = Array(SQLTokenizer(text))
        return tokens.indices.compactMap { start in
            guard start == 0 || Self.isBoundary(tokens[start - 1], isBefore: true),
                let left = operand(at: start, in: tokens), left.end + 1 < tokens.count,
                Self.comparisons.contains(where: { tokens[left.end].isSymbol($0) }),
                let right = operand(at: left.end + 1, in: tokens),
                right.end == tokens.count || Self.isBoundary(tokens[right.end], isBefore: false)
            else { return nil }
            let calls = [left, right].filter { $0.call.map(Self.returnsText) ?? false }
            let hasNumber = left.isNumber || right.isNumber
            let textCall = hasNumber ? calls.first.map { text(in: $0.range) } : nil
            guard textCall != nil || left.isConstant && right.isConstant else { return nil }
            return ConstantComparison(
                text: text(in: left.range.lowerBound..<right.range.upperBound),
                textCall: textCall, literals: [left, right].compactMap(\.literal))
        }
    }

    private struct Operand {
        let range: Range<Int>
        /// The index of the token after it.
        let end: Int
        let isConstant: Bool
        var isNumber = false
        var literal: String?
        var call: SQLName?
    }

    /// Returns the literal or the call that begins at a token.
    private func operand(at start: Int, in tokens: [SQLToken]) -> Operand? {
        let token = tokens[start]
        if let call = calls.first(where: { $0.range.lowerBound == token.range.lowerBound }) {
            let end = tokens.firstIndex { $0.range.lowerBound >= call.range.upperBound }
            return Operand(
                range: call.range, end: end ?? tokens.count, isConstant: call.isConstant,
                call: call.name)
        }
        switch token.kind {
        case .number:
            return Operand(
                range: token.range, end: start + 1, isConstant: true, isNumber: true)
        case .string:
            return Operand(
                range: token.range, end: start + 1, isConstant: true,
                literal: token.identifierName)
        case .symbol where token.isSymbol("-") && start + 1 < tokens.count:
            guard let number = operand(at: start + 1, in: tokens), number.isNumber else {
                return nil
            }
            return Operand(
                range: token.range.lowerBound..<number.range.upperBound, end: number.end,
                isConstant: true, isNumber: true)
        default: return nil
        }
    }

    /// Whether a token ends what is before it, and begins what is after it, in any precedence.
    private static func isBoundary(_ token: SQLToken, isBefore: Bool) -> Bool {
        token.isSymbol(isBefore ? "(" : ")")
            || token.isKeyword(
                in: isBefore
                    ? ["AND", "OR", "NOT", "WHEN", "THEN", "ELSE"]
                    : ["AND", "OR", "WHEN", "THEN", "ELSE", "END"])
    }

    private static let comparisons = ["<", "<=", ">", ">=", "=", "==", "<>", "!="]

    private static func returnsText(_ function: SQLName) -> Bool {
        textFunctions.contains(function)
    }

    /// Functions whose result is a text or NULL.
    private static let textFunctions: Set<SQLName> = [
        "date", "time", "datetime", "strftime", "timediff", "char", "concat", "concat_ws",
        "format", "hex", "lower", "ltrim", "printf", "quote", "replace", "rtrim", "trim",
        "typeof", "upper", "json", "json_array", "json_object", "json_type",
    ]

    private func text(in range: Range<Int>) -> String {
        String(decoding: Array(text.utf8)[range], as: UTF8.self)
    }
}
