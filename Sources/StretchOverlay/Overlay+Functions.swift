internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

extension Overlay {
    /// Registers the functions called by the overlay's triggers.
    ///
    /// They have no visible effect: they only make cold rows hot for SQLite's native checks.
    func registerFunctions() throws(SQLiteError) {
        try connection.createFunction("stretch_recall", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallKey(arguments)
            return .null
        }
        try connection.createFunction("stretch_recall_rowid", argumentCount: 3) {
            [unowned self] arguments in
            try self.recallRowid(arguments)
            return .null
        }
        try registerUniqueFunction()
        try connection.createFunction("stretch_recall_matching", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallMatching(arguments)
            return .null
        }
        // Whether the running statement may delete rows whose children must be hot then. What runs
        // on another way than the application's statements is not known.
        try connection.createFunction("stretch_replaces", argumentCount: 0) {
            [unowned self] _ in
            let isPossible = isReplacing || !repeatsStatements
            return .integer(isPossible && connection.isEnabled(.foreignKeys) ? 1 : 0)
        }
        try connection.createFunction("stretch_gathered", argumentCount: 3) {
            [unowned self] arguments in try self.gatheredValue(arguments)
        }
        try connection.createFunction("stretch_missing", argumentCount: 2) { arguments in
            throw Self.error(.schemaMismatch, arguments)
        }
        try registerMirrorFunctions()
    }

    /// Returns an error whose message and hint are the arguments of a function.
    static func error(_ code: StretchError.Code, _ arguments: Arguments) -> StretchError {
        StretchError(
            code, arguments[0].value.stringValue ?? "",
            hint: arguments[1].value.stringValue.map { StretchError.Hint($0) })
    }

    /// Returns the table named by the first two arguments of a recalling function.
    ///
    /// - Throws: `unsupported` for a call outside a trigger of the overlay: a recall makes rows
    ///   hot, and a query must not write.
    func calledTable(_ arguments: Arguments) throws(StretchError) -> OverlayTable? {
        guard arguments.count > 2, arguments[0].isInteger, arguments[0].integer == triggerKey else {
            throw StretchError(
                .unsupported, "a function of the overlay is called by its triggers only",
                hint:
                    "Leave the call out; the rows that a statement needs become hot by themselves."
            )
        }
        return tables[arguments[1].integer]
    }

    /// `stretch_recall(trigger key, table, key …)`: makes the row with the key hot, before SQLite
    /// looks for a conflict.
    private func recallKey(_ arguments: Arguments) throws {
        guard let table = try calledTable(arguments), recalledTable == nil else { return }
        // The key cannot be cold: the usual case of an insert, at the cost of one comparison.
        try refresh()
        guard !table.manifest.isEmpty else { return }
        if table.schema.keyKind == .rowid {
            let key = arguments[2]
            try recallGreatestRowid(of: table, before: key)
            if let rowids = table.manifest.rowids, !rowids.contains(key.integer) { return }
        }
        // SQLite has already applied the columns' affinities.
        let key = (2..<arguments.count).map { arguments[$0].value }
        try table.writer.recall.recall(key: key, mayPostpone: mayPostpone(table))
    }

    /// Whether triggers may be at work when a row of a table becomes hot for an INSERT.
    func mayPostpone(_ table: OverlayTable) -> Bool {
        table.writer.hasWritingTriggers
            || namesWrittenByTriggers.contains(SQLName(table.schema.name))
    }

    /// `stretch_recall_rowid(trigger key, table, rowid)`: makes the row hot that has the rowid of a
    /// new row, which no column of the table holds.
    private func recallRowid(_ arguments: Arguments) throws {
        guard let table = try calledTable(arguments), recalledTable == nil else { return }
        try refresh()
        guard table.manifest.storedRowids != nil else { return }
        try recallGreatestRowid(of: table, before: arguments[2])
        // The cold row that has this rowid is hidden already.
        guard arguments[2].isInteger, arguments[2].integer != table.writer.replacedRowid else {
            return
        }
        try table.writer.recall.recall(
            rowid: arguments[2].integer, mayPostpone: mayPostpone(table))
    }

    /// Prepares the assignment of a rowid.
    ///
    /// In a BEFORE trigger, a rowid that SQLite will assign is -1:
    /// <https://sqlite.org/lang_createtrigger.html>.
    private func recallGreatestRowid(of table: OverlayTable, before rowid: ValuePointer) throws {
        guard rowid.isNull || rowid.integer == -1 else { return }
        try table.writer.recall.recallGreatestRowid(mayPostpone: mayPostpone(table))
    }

    /// `stretch_recall_matching(trigger key, table, column, value, collation …)`: makes the rows
    /// hot that a foreign key check is about to look up.
    private func recallMatching(_ arguments: Arguments) throws {
        guard let table = try calledTable(arguments), arguments.count > 4,
            recalledTable != table.table.id, connection.isEnabled(.foreignKeys)
        else { return }
        var columns: [(column: Int, value: Value, collation: Collation)] = []
        for index in stride(from: 2, to: arguments.count - 2, by: 3) {
            guard let column = Int(exactly: arguments[index].integer),
                table.schema.columns.indices.contains(column)
            else {
                throw StretchError(
                    .invalidArgument, "table \"\(table.schema.name)\" has no such column",
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

    /// Returns the number of the application's running statements on this connection.
    func runningStatementCount() throws -> Int {
        connection.busyStatementCount(excluding: innerStatements)
    }
}

extension Value {
    /// Returns the value as stored by a column with the affinity, as far as foreign keys need it.
    ///
    /// Text that looks like a number is converted for numeric columns, and numbers are converted to
    /// text for text columns.
    func applying(_ affinity: Affinity) -> Value {
        switch (self, affinity) {
        case (.text(let text), .integer), (.text(let text), .numeric), (.text(let text), .real):
            // Swift also reads hexadecimal numbers, which SQLite leaves as they are.
            guard let string = text.string?.trimmedASCII, string.utf8.allSatisfy(isDecimal) else {
                return self
            }
            if let integer = Int64(string) { return .integer(integer) }
            if let real = Double(string) {
                return Value.real(real).integerIfExact
            }
            return self
        case (.real, .integer), (.real, .numeric): return integerIfExact
        case (.integer(let value), .text): return .text(String(value))
        default: return self
        }
    }

    private func isDecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "E"), UInt8(ascii: "e"):
            true
        default: false
        }
    }

    private var integerIfExact: Value {
        guard case .real(let value) = self, let integer = Int64(exactly: value) else { return self }
        return .integer(integer)
    }
}
