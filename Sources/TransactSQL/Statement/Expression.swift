/// An expression: the value of a variable, of an argument, or of `PRINT`.
public struct Expression: Equatable, Sendable {
    /// What the expression is.
    public let kind: Kind
    /// Where it begins.
    public let position: SourcePosition

    /// What an expression is.
    public indirect enum Kind: Equatable, Sendable {
        /// A constant.
        case literal(TransactSQLValue)
        /// The value of a variable.
        case variable(String)
        /// `-a`.
        case negation(Expression)
        /// `a + b` and its like.
        case operation(Operator, Expression, Expression)
        /// `CAST(a AS type)` or `CONVERT(type, a)`.
        case conversion(Expression, to: DataType)
        /// `(SELECT …)`: one value, which SQLite reads.
        case query(String)
    }

    /// An operator between two values.
    public enum Operator: String, Equatable, Sendable {
        /// The sum of numbers, or one text behind the other.
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
