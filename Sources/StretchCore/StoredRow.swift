package import StretchSQLite

/// A file that holds Stretch's own tables, which any program may have changed.
package enum StoredFile: Hashable, Sendable {
    case local
    case remote(String)
    case staging(String)

    /// The error of a file whose content is not what Stretch wrote.
    package func damaged(_ reason: String, cause: (any Error)? = nil) -> StretchError {
        switch self {
        case .local:
            StretchError(
                .damaged, "the local database is damaged: \(reason)",
                hint: "Put a backup in its place: \(advice: .restore).",
                cause: cause)
        case .remote(let path):
            StretchError(
                .damaged, "remote \"\(path)\" is damaged: \(reason)",
                hint: "Put the remote's file back from its backup, then: \(advice: .reauthorize).",
                cause: cause)
        case .staging(let path):
            StretchError(
                .damaged, "staging file \"\(path)\" is damaged: \(reason)",
                hint: "No row left the database without its copy. Move the file away: a new one "
                    + "is made; or: \(advice: .disableStaging).", cause: cause)
        }
    }
}

/// The current row of a query on tables that Stretch keeps.
///
/// Each value is read with an expected type and range. Any other value is reported as damage, never
/// replaced by a default. If the first column of the query is `id`, `number` or `batch`, errors
/// name the row by it.
package struct StoredRow {
    private let statement: Statement
    private let table: StaticString
    private let file: StoredFile

    package init(_ statement: Statement, table: StaticString, file: StoredFile) {
        self.statement = statement
        self.table = table
        self.file = file
    }

    /// An integer in a range.
    package func integer(
        _ column: Int, in range: ClosedRange<Int64>
    ) throws(StretchError) -> Int64 {
        let value = statement.column(column)
        guard case .integer(let number) = value, range.contains(number) else {
            throw damaged(column, value, expected: "a number of \(range)")
        }
        return number
    }

    /// An integer in a range, or `nil` for NULL.
    package func optionalInteger(
        _ column: Int, in range: ClosedRange<Int64>
    ) throws(StretchError) -> Int64? {
        isNull(column) ? nil : try integer(column, in: range)
    }

    /// A text in valid UTF-8.
    package func string(_ column: Int) throws(StretchError) -> String {
        let value = statement.column(column)
        guard let string = value.stringValue else {
            throw damaged(column, value, expected: "a text")
        }
        return string
    }

    /// A text in valid UTF-8, or `nil` for NULL.
    package func optionalString(_ column: Int) throws(StretchError) -> String? {
        isNull(column) ? nil : try string(column)
    }

    /// A raw value of an enumeration.
    package func element<Element: RawRepresentable<String>>(
        _ column: Int
    ) throws(StretchError) -> Element {
        let value = statement.column(column)
        guard let element = value.stringValue.flatMap(Element.init(rawValue:)) else {
            throw damaged(column, value, expected: "a known word")
        }
        return element
    }

    /// Bytes.
    package func blob(_ column: Int) throws(StretchError) -> [UInt8] {
        let value = statement.column(column)
        guard case .blob(let bytes) = value else {
            throw damaged(column, value, expected: "a blob")
        }
        return bytes
    }

    /// Bytes, or `nil` for NULL.
    package func optionalBlob(_ column: Int) throws(StretchError) -> [UInt8]? {
        isNull(column) ? nil : try blob(column)
    }

    /// Any value.
    package func value(_ column: Int) -> Value { statement.column(column) }

    /// A position: the branch, epoch and token in adjacent columns.
    package func position(at column: Int) throws(StretchError) -> TimelinePosition {
        TimelinePosition(
            branch: try integer(column, in: .ids), epoch: try integer(column + 1, in: .epochs),
            token: try integer(column + 2, in: .ids))
    }

    package func isNull(_ column: Int) -> Bool { statement.column(column) == .null }

    /// The error for a column with a value that Stretch does not write there.
    ///
    /// Only numbers are shown: other values may be application data.
    package func damaged(_ column: Int, expected: String) -> StretchError {
        damaged(column, statement.column(column), expected: expected)
    }

    private func damaged(_ column: Int, _ value: Value, expected: String) -> StretchError {
        var place = "table \"\(table)\""
        let name = statement.columnName(0)
        if ["id", "number", "batch"].contains(name),
            let number = statement.column(0).integerValue
        {
            place += ", \(name == "batch" ? name : "row") \(number)"
        }
        let found =
            switch value {
            case .null: "NULL"
            case .integer(let number): "\(number)"
            case .real(let number): "\(number)"
            case .text: "a text"
            case .blob: "a blob"
            }
        return file.damaged(
            "\(place): column \"\(statement.columnName(column))\" is \(found), not \(expected)")
    }
}

extension Connection {
    /// Reads the rows of a query on tables that Stretch keeps.
    ///
    /// - Parameters:
    ///   - table: The table named in errors.
    ///   - read: Creates a record from the current row.
    package func stored<Record>(
        _ table: StaticString, of file: StoredFile, _ sql: String, _ values: Value...,
        read: (StoredRow) throws -> Record
    ) throws -> [Record] {
        try stored(table, of: file, sql, values, read: read)
    }

    package func stored<Record>(
        _ table: StaticString, of file: StoredFile, _ sql: String, _ values: [Value],
        read: (StoredRow) throws -> Record
    ) throws -> [Record] {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        let row = StoredRow(statement, table: table, file: file)
        var records: [Record] = []
        while try statement.step() { records.append(try read(row)) }
        return records
    }
}

extension Connection {
    /// Whether a query on tables that Stretch keeps has a row.
    package func holds(_ sql: String, _ values: Value...) throws(SQLiteError) -> Bool {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step()
    }

    /// The result of a query that always returns one row, such as `SELECT count(*)`.
    package func count(_ sql: String, _ values: Value...) throws(SQLiteError) -> Int64 {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step() else { preconditionFailure("no row: \(sql)") }
        return statement.integer(0)
    }
}

/// The ranges of the numbers that Stretch stores; sums and products of a few of them fit in 64
/// bits.
extension ClosedRange<Int64> {
    /// Ids of databases, branches, batches, relations, columns and tables, and tokens.
    package static var ids: Self { 1...Int64.max }
    /// Epochs of a branch.
    package static var epochs: Self { 0...1 << 62 - 1 }
    /// Local numbers of batches, and numbers of a remote's relations.
    package static var numbers: Self { 1...1 << 31 - 1 }
    /// Counts of rows, and rowids in a remote's relation.
    package static var rows: Self { 0...1 << 61 }
    /// Bytes of one batch, which is held in memory.
    package static var batchBytes: Self { 0...1 << 40 }
    /// Bytes of a relation or a file.
    package static var bytes: Self { 0...1 << 61 }
    /// Versions of a table's columns.
    package static var versions: Self { 0...1 << 62 }
    /// Hours of an RPO duration.
    package static var hours: Self { 1...87_600 }
    /// Ages in seconds; the age of a time in the future is negative.
    package static var ages: Self { -3_155_760_000_000...3_155_760_000_000 }
    /// Seconds of a retention: up to 100,000 years, which fits the arithmetic of every clock.
    package static var seconds: Self { 0...3_155_760_000_000 }
}
