internal import StretchSQLite

extension Overlay {
    /// The functions that the overlay's own triggers call.
    ///
    /// They do nothing visible: they only move cold rows to where SQLite's native checks look.
    func registerFunctions() throws(SQLiteError) {
        try connection.createFunction("stretch_recall", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallKey(arguments)
            return .null
        }
        try connection.createFunction("stretch_recall_matching", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallMatching(arguments)
            return .null
        }
        try connection.createFunction("stretch_missing", argumentCount: 1) { arguments in
            throw StretchError(
                .schemaMismatch,
                "table \"\(arguments[0].value.stringValue ?? "")\": its cold rows cannot be shown",
                hint: "Run stretch status to see why.")
        }
        try connection.createFunction("stretch_round_trips", argumentCount: 0) {
            [unowned self] _ in .integer(Int64(self.roundTripCount))
        }
    }

    /// `stretch_recall(table, key …)`: makes the row with the key hot, before SQLite looks for a
    /// conflict.
    private func recallKey(_ arguments: Arguments) throws {
        guard !isRecalling, arguments.count > 1, let table = tables[arguments[0].integer] else {
            return
        }
        // Nothing is cold: the usual case of an insert, at the price of one comparison.
        try refresh()
        guard !table.manifest.isEmpty else { return }
        if table.schema.keyKind == .rowid {
            let key = arguments[1]
            // In a BEFORE trigger a key that SQLite will draw is -1:
            // https://sqlite.org/lang_createtrigger.html
            if key.isNull || key.integer == -1 {
                try table.writer.recall.recallGreatestKey(
                    mayPostpone: table.writer.hasWritingTriggers)
            }
            if let rowids = table.manifest.rowids, !rowids.contains(key.integer) { return }
        }
        // SQLite has applied the columns' affinities already.
        let key = (1..<arguments.count).map { arguments[$0].value }
        try table.writer.recall.recall(key: key, mayPostpone: table.writer.hasWritingTriggers)
    }

    /// `stretch_recall_matching(table, column, value, collation …)`: makes the rows hot that a
    /// foreign key is about to look for.
    private func recallMatching(_ arguments: Arguments) throws {
        guard arguments.count > 3, let table = tables[arguments[0].integer],
            connection.isEnabled(.foreignKeys)
        else { return }
        var columns: [(column: Int, value: Value, collation: Collation)] = []
        for index in stride(from: 1, to: arguments.count - 2, by: 3) {
            let column = Int(arguments[index].integer)
            guard table.schema.columns.indices.contains(column) else {
                throw StretchError(
                    .invalidArgument, "table \"\(table.schema.name)\" has no column \(column)",
                    hint: "Foreign keys call this function; no statement has to.")
            }
            let collation = arguments[index + 2].value.stringValue
                .flatMap(Collation.init(rawValue:))
            columns.append(
                (
                    column,
                    arguments[index + 1].value.applying(table.schema.columns[column].affinity),
                    collation ?? .binary
                ))
        }
        try table.writer.recall.recall(where: columns)
    }

    /// The statements of the application that are running on this connection.
    func runningStatementCount() throws -> Int {
        connection.busyStatementCount(excluding: innerStatements)
    }
}

extension Value {
    /// The value that a column with the affinity stores, as far as foreign keys need it: text that
    /// looks like a number for numeric columns, and the text of a number for text columns.
    fileprivate func applying(_ affinity: Affinity) -> Value {
        switch (self, affinity) {
        case (.text(let text), .integer), (.text(let text), .numeric), (.text(let text), .real):
            guard let string = text.string?.trimmedASCII else { return self }
            if let integer = Int64(string) { return .integer(integer) }
            if let real = Double(string), !string.lowercased().contains("n") {
                return Value.real(real).integerIfExact
            }
            return self
        case (.real, .integer), (.real, .numeric): return integerIfExact
        case (.integer(let value), .text): return .text(String(value))
        default: return self
        }
    }

    private var integerIfExact: Value {
        guard case .real(let value) = self, let integer = Int64(exactly: value) else { return self }
        return .integer(integer)
    }
}

extension String {
    fileprivate var trimmedASCII: String {
        var characters = Substring(self)
        while let first = characters.first, first == " " || first == "\t" || first == "\n" {
            characters.removeFirst()
        }
        while let last = characters.last, last == " " || last == "\t" || last == "\n" {
            characters.removeLast()
        }
        return String(characters)
    }
}
