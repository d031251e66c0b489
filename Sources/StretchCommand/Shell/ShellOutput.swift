internal import StretchCore
internal import StretchSQLite
internal import StretchText
internal import StretchTransactSQL
internal import TransactSQL

/// Prints the output of a script: rows and messages to standard output, errors to standard error.
final class ShellOutput: TransactSQLOutput {
    /// The output format of rows.
    enum Form {
        /// Tables.
        case table
        /// One object per line for each result and each message.
        case json
        /// Comma-separated values with a header line; messages are written to standard error.
        case csv
    }

    private let form: Form

    init(form: Form) {
        self.form = form
    }

    /// Steps a statement to its end, and prints its rows.
    func write(_ statement: Statement) throws {
        let columnCount = statement.columnCount
        guard columnCount > 0 else {
            try statement.run()
            return
        }
        var rows = RowWriter(form: form, columns: (0..<columnCount).map(statement.columnName))
        // A statement that fails before its first row prints nothing.
        var hasRow = try statement.step()
        rows.begin()
        do {
            while hasRow {
                rows.append((0..<columnCount).map(statement.column))
                hasRow = try statement.step()
            }
        } catch {
            rows.breakOff()
            throw error
        }
        rows.finish()
    }

    func write(_ result: TransactSQLResult) {
        var rows = RowWriter(form: form, columns: result.columns)
        rows.begin()
        for row in result.rows { rows.append(row.map { Value($0) }) }
        rows.finish()
    }

    func write(_ message: TransactSQLMessage) {
        switch form {
        case .table: StandardOutput.writeLine(message.text)
        case .json:
            StandardOutput.writeLine(
                "{\"message\":{\"number\":\(message.number),\"text\":"
                    + "\(JSONText.string(message.text))}}")
        case .csv: writeError(message.text)
        }
    }

    func write(_ error: TransactSQLError) { report(error) }

    func write(_ error: StretchError) { report(error) }

    private func report(_ error: any Error) {
        StandardOutput.flush()
        _ = CommandFailure(error).report(isJSON: form == .json)
    }

    private func writeError(_ text: String) {
        StandardOutput.flush()
        StandardError.write(text + "\n")
    }
}

/// Prints the rows of one result.
private struct RowWriter {
    private let form: ShellOutput.Form
    private let columns: [String]
    private var table: TableWriter
    private var separator = "["

    init(form: ShellOutput.Form, columns: [String]) {
        self.form = form
        self.columns = columns
        table = TableWriter(columns: columns)
    }

    func begin() {
        switch form {
        case .table: return
        case .json:
            let names = columns.map(JSONText.string).joined(separator: ",")
            StandardOutput.write("{\"columns\":[\(names)],\"rows\":[")
        case .csv: writeLine(columns.map { .text($0) })
        }
    }

    mutating func append(_ row: [Value]) {
        switch form {
        case .table: table.append(row.map(ValueText.plain))
        case .json:
            let values = row.map(ValueText.json).joined(separator: ",")
            StandardOutput.write(separator + values)
            separator = "],["
        case .csv: writeLine(row)
        }
    }

    mutating func finish() {
        switch form {
        case .table: table.finish()
        case .json: StandardOutput.write(separator == "[" ? "]}\n" : "]]}\n")
        case .csv: return
        }
    }

    /// Ends the output of an incomplete result: its object is not closed, but its line is ended.
    mutating func breakOff() {
        switch form {
        case .table: table.finish()
        case .json: StandardOutput.write("\n")
        case .csv: return
        }
    }

    /// Writes a line of values; NULL is empty, and an empty text is a pair of quotes.
    private func writeLine(_ row: [Value]) {
        let cells = row.map { value in
            guard value != .null else { return "" }
            let text = ValueText.plain(value)
            let isPlain = !text.isEmpty && !text.utf8.contains { "\",\r\n".utf8.contains($0) }
            return isPlain ? text : text.quoted(by: "\"")
        }
        StandardOutput.writeExactly(cells.joined(separator: ",") + "\r\n")
    }
}
