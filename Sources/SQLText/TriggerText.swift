/// The parts of a `CREATE TRIGGER` statement: <https://sqlite.org/lang_createtrigger.html>.
package struct TriggerText: Equatable, Sendable {
    /// The event that fires the trigger.
    package enum Event: Equatable, Sendable {
        /// INSERT.
        case insert
        /// DELETE.
        case delete
        /// UPDATE of any of these columns, or of any column if the list is empty.
        case update(columns: [String])
    }

    /// The time at which the trigger fires.
    package enum Timing: Equatable, Sendable {
        /// Before the row changes; the default.
        case before
        /// After the row has changed.
        case after
        /// Instead of a change of a view's row.
        case insteadOf
    }

    /// The trigger's name, without its quotes.
    package let name: String
    /// The name of its table or view, without its quotes.
    package let table: String
    /// The event that fires it.
    package let event: Event
    /// The time at which it fires.
    package let timing: Timing
    /// The text of the condition after WHEN.
    package let condition: String?
    /// The text between BEGIN and END.
    package let body: String

    /// Parses the text of a trigger, TEMP or not; `nil` for any other text.
    package init?(parsing sql: String) {
        var reader = SQLTokenReader(sql)
        guard reader.accept(keyword: "CREATE") else { return nil }
        if !reader.accept(keyword: "TEMP") { _ = reader.accept(keyword: "TEMPORARY") }
        guard reader.accept(keyword: "TRIGGER") else { return nil }
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let name = reader.acceptQualifiedName()?.name.identifierName,
            let timing = Self.acceptTiming(&reader), let event = Self.acceptEvent(&reader),
            reader.accept(keyword: "ON"),
            let table = reader.acceptQualifiedName()?.name.identifierName
        else { return nil }
        _ = reader.accept(keywords: "FOR", "EACH", "ROW")
        let bytes = Array(sql.utf8)
        var condition: String?
        if reader.accept(keyword: "WHEN") {
            guard let range = Self.acceptCondition(&reader) else { return nil }
            condition = String(decoding: bytes[range], as: UTF8.self)
        }
        guard reader.accept(keyword: "BEGIN"), let range = Self.acceptBody(&reader) else {
            return nil
        }
        self.name = name
        self.table = table
        self.event = event
        self.timing = timing
        self.condition = condition
        body = String(decoding: bytes[range], as: UTF8.self)
    }

    private static func acceptTiming(_ reader: inout SQLTokenReader) -> Timing? {
        if reader.accept(keyword: "BEFORE") { return .before }
        if reader.accept(keyword: "AFTER") { return .after }
        guard reader.accept(keyword: "INSTEAD") else { return .before }
        return reader.accept(keyword: "OF") ? .insteadOf : nil
    }

    private static func acceptEvent(_ reader: inout SQLTokenReader) -> Event? {
        if reader.accept(keyword: "INSERT") { return .insert }
        if reader.accept(keyword: "DELETE") { return .delete }
        guard reader.accept(keyword: "UPDATE") else { return nil }
        var columns: [String] = []
        guard reader.accept(keyword: "OF") else { return .update(columns: columns) }
        repeat {
            guard let column = reader.acceptName()?.identifierName else { return nil }
            columns.append(column)
        } while reader.accept(symbol: ",")
        return .update(columns: columns)
    }

    /// Advances to BEGIN, which can be a column name only after a period or in parentheses.
    private static func acceptCondition(_ reader: inout SQLTokenReader) -> Range<Int>? {
        guard let start = reader.peek?.range.lowerBound else { return nil }
        var isAfterDot = false
        while let token = reader.peek, isAfterDot || !token.isKeyword("BEGIN") {
            isAfterDot = token.isSymbol(".")
            if !reader.acceptGroup() { reader.next() }
        }
        return start..<max(start, reader.lastEnd)
    }

    /// Advances to the trigger's END, which must end the text.
    private static func acceptBody(_ reader: inout SQLTokenReader) -> Range<Int>? {
        let start = reader.lastEnd
        var last: SQLToken?
        while let token = reader.next() {
            // No statement of a body starts with END.
            if token.isKeyword("END"), last?.isSymbol(";") ?? false {
                while reader.accept(symbol: ";") {}
                return reader.peek == nil ? start..<token.range.lowerBound : nil
            }
            last = token
        }
        return nil
    }
}
