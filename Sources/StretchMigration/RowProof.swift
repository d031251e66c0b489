internal import StretchSQLite

/// The SQL function that tells, inside a DELETE, whether a hot row is what the remote holds.
///
/// A plain object with a pointer: the function runs once for each row that moves.
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

    /// Sets the row that the next statement is about; it must outlive the statement.
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
            // The last value of a row has nothing behind it to read.
            if index + 1 < arguments.count { next = next.next }
        }
        return true
    }
}
