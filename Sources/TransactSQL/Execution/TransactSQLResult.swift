/// A table of values returned by an administrative statement.
public struct TransactSQLResult: Equatable, Sendable {
    /// The names of the columns.
    public let columns: [String]
    /// The rows, each with one value per column.
    public let rows: [[TransactSQLValue]]

    /// Creates a result.
    public init(columns: [String], rows: [[TransactSQLValue]]) {
        self.columns = columns
        self.rows = rows
    }
}

/// A message to the user of a script: the text of `PRINT`, or information about a statement.
public struct TransactSQLMessage: Equatable, Sendable {
    /// SQL Server's number for the same message; 0 for `PRINT`.
    public let number: Int
    /// The text.
    public let text: String

    /// Creates a message.
    public init(number: Int, text: String) {
        self.number = number
        self.text = text
    }
}

/// Receives the output of a script, in order.
public protocol TransactSQLOutput: AnyObject {
    /// Receives a message.
    func write(_ message: TransactSQLMessage)
    /// Receives a result.
    func write(_ result: TransactSQLResult)
    /// Receives an error after which the script continues.
    func write(_ error: TransactSQLError)
}
