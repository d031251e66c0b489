/// An expression: the value of a variable, of an argument, or of `PRINT`.
public struct Expression: Equatable, Sendable {
    /// The kind of expression.
    public let kind: Kind
    /// The start of the expression.
    public let position: SourcePosition

    /// The kinds of expressions.
    public indirect enum Kind: Equatable, Sendable {
        /// A constant.
        case literal(TransactSQLValue)
        /// The value of a variable.
        case variable(String)
        /// `-a`.
        case negation(Expression)
        /// A binary operation such as `a + b`.
        case operation(Operator, Expression, Expression)
        /// `CAST(a AS type)` or `CONVERT(type, a)`.
        case conversion(Expression, to: DataType)
        /// `(SELECT …)`: one value, which SQLite computes.
        case query(String)
    }

    /// An operator between two values.
    public enum Operator: String, Equatable, Sendable {
        /// The sum of numbers, or the concatenation of texts.
        case plus = "+"
        /// The difference.
        case minus = "-"
        /// The product.
        case times = "*"
        /// The quotient of integers, without its remainder.
        case divided = "/"
        /// The remainder of integers.
        case modulo = "%"
    }
}
