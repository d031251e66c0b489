/// A table of values that a statement of administration answers.
public struct TransactSQLResult: Equatable, Sendable {
    /// The names of the columns.
    public let columns: [String]
    /// The rows, each as long as `columns`.
    public let rows: [[TransactSQLValue]]

    /// Makes a result.
    public init(columns: [String], rows: [[TransactSQLValue]]) {
        self.columns = columns
        self.rows = rows
    }
}

/// A notice to the person who runs a script: the text of `PRINT`, or news of a statement.
public struct TransactSQLMessage: Equatable, Sendable {
    /// SQL Server's number for the same notice; 0 for `PRINT`.
    public let number: Int
    /// The text.
    public let text: String

    /// Makes a message.
    public init(number: Int, text: String) {
        self.number = number
        self.text = text
    }
}

/// Takes what a script has to say, in its order.
public protocol TransactSQLOutput: AnyObject {
    /// Takes a notice.
    func write(_ message: TransactSQLMessage)
    /// Takes a result.
    func write(_ result: TransactSQLResult)
    /// Takes an error after which the script goes on.
    func write(_ error: TransactSQLError)
}
