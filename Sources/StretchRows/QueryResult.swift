public import StretchCore
public import StretchSQLite
internal import StretchText

/// The result of a query: a collection of rows.
///
/// ```swift
/// for row in try database.query("SELECT status, total FROM orders") {
///     print(row["status"], row["total"])
/// }
/// ```
public struct QueryResult: Hashable, Sendable {
    /// The names of the columns.
    public let columns: [String]
    /// The rows, each with one value per column.
    public let rows: [[Value]]

    /// Creates a result.
    public init(columns: [String], rows: [[Value]]) {
        self.columns = columns
        self.rows = rows
    }

    /// Decodes the rows as values of a type whose coding keys are column names.
    ///
    /// Columns without a coding key are ignored. Names are compared as in SQLite: by bytes,
    /// ignoring the case of ASCII letters.
    ///
    /// - Throws: `invalidArgument` for a missing column, and for a value that its property's type
    ///   cannot hold.
    public func rows<Element: Decodable>(as type: Element.Type) throws(StretchError) -> [Element] {
        let index = ColumnIndex(columns)
        var result: [Element] = []
        result.reserveCapacity(rows.count)
        for values in rows { result.append(try RowDecoder.decode(type, values, index)) }
        return result
    }
}

extension QueryResult: RandomAccessCollection {
    /// The first row's position: 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { rows.count }
    /// The row at a position.
    public subscript(position: Int) -> Row { Row(columns: columns, values: rows[position]) }
}

/// One row of a result, whose values are accessed by column position or name.
public struct Row: Sendable {
    /// The names of the columns.
    public let columns: [String]
    /// The values, one per column.
    public let values: [Value]

    /// Creates a row.
    public init(columns: [String], values: [Value]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column by position, starting at 0.
    public subscript(position: Int) -> Value { values[position] }

    /// The value of a column by name; if several columns have the name, of the first one.
    ///
    /// - Returns: `nil` if no column has the name; ``Value/null`` for NULL.
    public subscript(name: String) -> Value? {
        columns.firstIndex { $0.isEqualFoldingCase(name) }.map { values[$0] }
    }

    /// Returns the value of a column converted to a Swift type; `nil` for NULL.
    ///
    /// - Throws: `invalidArgument` if no column has the name or the type cannot represent the
    ///   value.
    public func value<Result: ValueConvertible>(
        _ name: String, as type: Result.Type = Result.self
    ) throws(StretchError) -> Result? {
        guard let value = self[name] else {
            throw StretchError(
                .invalidArgument, "the answer has no column \"\(name)\"",
                hint: "Its columns are: \(columns.joined(separator: ", ")).")
        }
        guard value != .null else { return nil }
        guard let result = Result(sqliteValue: value) else {
            throw StretchError(
                .invalidArgument,
                "column \"\(name)\" holds \(value.className), which is not a valid \(Result.self)",
                hint: "Read it as another type, or convert it with CAST.")
        }
        return result
    }

    /// Decodes the row as a value of a type whose coding keys are column names.
    ///
    /// - Throws: As ``QueryResult/rows(as:)``.
    public func decode<Result: Decodable>(_ type: Result.Type) throws(StretchError) -> Result {
        try RowDecoder.decode(type, values, ColumnIndex(columns))
    }
}

/// The positions of columns by name; if several have the name, of the first one.
struct ColumnIndex {
    let columns: [String]
    private let positions: [SQLName: Int]

    init(_ columns: [String]) {
        self.columns = columns
        positions = Dictionary(
            columns.enumerated().map { (SQLName($1), $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Int? { positions[SQLName(name)] }
}

extension Value {
    /// The storage class for messages, never the value itself.
    var className: String {
        switch self {
        case .null: "NULL"
        case .integer: "an INTEGER"
        case .real: "a REAL"
        case .text: "a TEXT"
        case .blob: "a BLOB"
        }
    }
}
