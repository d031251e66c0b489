package import StretchCore
package import StretchText

/// A table's filter predicate: a checked SQL condition over the columns of one row.
///
/// A row that meets it is eligible for migration. The condition is deterministic except for the
/// current time, which is inserted as a literal once per run; a predicate with the current time is
/// a moving window. It depends only on the row: it has no subqueries, no bind parameters, and no
/// functions other than SQLite's deterministic ones.
///
/// Limitation: a computed argument of a date function (from a column, or by `||`) cannot be
/// checked. If its value is `now` or `localtime`, SQLite uses the time of the statement or the time
/// zone of the machine.
package struct FilterPredicate: Equatable, Sendable {
    /// A position in the text at which a value is inserted.
    enum Slot: Equatable, Sendable {
        /// A column's name, quoted or not.
        case column(Range<Int>)
        /// The literal `'now'` as a time value.
        case now(Range<Int>)
        /// The end of the arguments of a date function without a time value, which means the
        /// current time.
        case impliedNow(at: Int, isFirstArgument: Bool)
        /// `CURRENT_TIMESTAMP`, `CURRENT_DATE`, or `CURRENT_TIME`: a part of the current time.
        case currentTime(Range<Int>, characters: Range<Int>)

        var isColumn: Bool { if case .column = self { true } else { false } }
    }

    /// A call of a function.
    struct Call: Equatable, Sendable {
        let name: SQLName
        /// The position of the call, in UTF-8 bytes of the text.
        let range: Range<Int>
        /// Whether no argument names a column.
        let isConstant: Bool
    }

    /// The original text of the condition.
    package let text: String
    private let slots: [Slot]
    let calls: [Call]

    /// Checks the text of a condition.
    ///
    /// - Parameters:
    ///   - text: An SQL expression; comments must be terminated.
    ///   - columns: The columns that it may name, compared as names in SQLite.
    /// - Throws: ``StretchError`` with code `invalidArgument`; the message quotes the refused token
    ///   and its position, in characters from 1.
    package init(parsing text: String, columns: [String]) throws(StretchError) {
        var parser = FilterParser(text, columns: columns)
        slots = try parser.parse()
        calls = parser.calls
        self.text = text
    }

    /// Whether the predicate uses the current time, so that rows become eligible over time.
    package var isMovingWindow: Bool {
        slots.contains { !$0.isColumn }
    }

    /// The names of the columns that it reads.
    package var columnNames: Set<SQLName> {
        Set(
            slots.compactMap { slot in
                if case .column(let range) = slot { name(at: range) } else { nil }
            })
    }

    private func name(at range: Range<Int>) -> SQLName? {
        let written = String(decoding: Array(text.utf8)[range], as: UTF8.self)
        return SQLTokenizer(written).first { _ in true }?.name
    }

    /// Whether the predicate names a column; otherwise it is the same for each row.
    package var namesColumn: Bool { slots.contains(where: \.isColumn) }

    /// Returns the condition with the current time inserted.
    ///
    /// - Parameter now: The time in UTC, in SQLite's format: `2026-11-22 10:00:00.000`.
    package func sql(now: String) -> String {
        filled(now: now, columnPrefix: nil)
    }

    /// Returns the condition with the current time inserted and every column qualified.
    ///
    /// A missing column is thus an error and never read as a string.
    ///
    /// - Parameters:
    ///   - alias: A name that needs no quotes.
    ///   - now: The time in UTC, in SQLite's format: `2026-11-22 10:00:00.000`.
    package func qualified(by alias: String, now: String) -> String {
        precondition(
            alias.utf8.allSatisfy(SQLTokenizer.isIdentifierByte), "an alias is a bare word")
        return filled(now: now, columnPrefix: "\(alias).")
    }

    /// Returns the text of the condition with columns called by their new names.
    ///
    /// - Parameter names: The new name of each renamed column, by its name in the condition.
    package func renamingColumns(_ names: [SQLName: String]) -> String {
        var edits = SQLEdits()
        for case .column(let range) in slots {
            if let new = name(at: range).flatMap({ names[$0] }) {
                edits.replace(range, with: new.quotedName)
            }
        }
        return edits.applied(to: text)
    }

    private func filled(now: String, columnPrefix: String?) -> String {
        let isTime = now.utf8.count >= 19 && !now.utf8.contains(UInt8(ascii: "'"))
        precondition(isTime, "the current time is 'YYYY-MM-DD HH:MM:SS.SSS'")
        var edits = SQLEdits()
        for slot in slots {
            switch slot {
            case .column(let range):
                if let columnPrefix { edits.insert(columnPrefix, at: range.lowerBound) }
            case .now(let range):
                edits.replace(range, with: "'\(now)'")
            case .impliedNow(let offset, let isFirstArgument):
                edits.insert(isFirstArgument ? "'\(now)'" : ", '\(now)'", at: offset)
            case .currentTime(let range, let characters):
                let part = Array(now.utf8)[characters]
                edits.replace(range, with: "'\(String(decoding: part, as: UTF8.self))'")
            }
        }
        return edits.applied(to: text)
    }
}
