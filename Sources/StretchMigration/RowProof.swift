internal import StretchSQLite

/// The SQL function that compares a hot row with the remote's copy inside a DELETE.
///
/// It is a plain object with a pointer, because the function runs once for each migrated row.
final class RowProof {
    private var row: EncodedValue?
    private var columnCount = 0

    /// Registers the function on the migrator's connection.
    func register(on connection: Connection) throws(SQLiteError) {
        try connection.createFunction(
            EligibilityQuery.provingFunction, argumentCount: -1
        ) { [self] arguments in
            .integer(isProved(arguments) ? 1 : 0)
        }
    }

    /// Sets the expected row of the next statement; it must outlive the statement.
    func expect(_ rows: RowBuffer, row: Int) {
        self.row = rows.value(row: row, column: 0)
        columnCount = rows.columnCount
    }

    func clear() {
        row = nil
    }

    private func isProved(_ arguments: Arguments) -> Bool {
        guard let row, arguments.count > 0 else { return false }
        let first = Int(arguments[0].integer)
        guard first >= 0, first <= columnCount - (arguments.count - 1) else { return false }
        var next = row
        for _ in 0..<first { next = next.next }
        for index in 1..<arguments.count {
            guard arguments[index].isIdentical(to: next) else { return false }
            // No value follows the last value of a row.
            if index + 1 < arguments.count { next = next.next }
        }
        return true
    }
}
