package import StretchCore

/// A table's filter predicate: a checked SQL condition over the columns of one row.
///
/// A row that meets it is eligible for migration. The condition is deterministic, but for the
/// current time, which is put in as a literal once per run; a predicate that names the current
/// time is a moving window. It cannot leave the row: no subqueries, no bind parameters, no
/// functions other than SQLite's own deterministic ones.
///
/// A limit: an argument of a date function that is computed (from a column, or by `||`) cannot be
/// checked. Where a row makes it the text `now` or `localtime`, SQLite takes the time of the
/// statement or the zone of the machine.
package struct FilterPredicate: Equatable, Sendable {
    /// A place in the text where something is put in.
    enum Slot: Equatable, Sendable {
        /// A column's name, bare or quoted.
        case column(Range<Int>)
        /// The literal `'now'` as a time value.
        case now(Range<Int>)
        /// The end of the arguments of a date function without a time value, which means now.
        case impliedNow(at: Int, isFirstArgument: Bool)
        /// `CURRENT_TIMESTAMP`, `CURRENT_DATE`, or `CURRENT_TIME`: a part of the current time.
        case currentTime(Range<Int>, characters: Range<Int>)
    }

    /// The condition as it was given.
    package let text: String
    private let slots: [Slot]

    /// Checks the text of a condition.
    ///
    /// - Parameters:
    ///   - text: A SQL expression; comments are fine when they are closed.
    ///   - columns: The columns that it may name, compared as SQLite compares names.
    /// - Throws: ``StretchError`` with code `invalidArgument`; the message quotes what is refused
    ///   and says where it stands, in characters from 1.
    package init(parsing text: String, columns: [String]) throws(StretchError) {
        var parser = FilterParser(text, columns: columns)
        slots = try parser.parse()
        self.text = text
    }

    /// Whether the predicate names the current time, so that rows become eligible by waiting.
    package var isMovingWindow: Bool {
        slots.contains { slot in
            if case .column = slot { false } else { true }
        }
    }

    /// The condition with the current time put in.
    ///
    /// - Parameter now: The time in UTC as SQLite writes it: `2026-11-22 10:00:00.000`.
    package func sql(now: String) -> String {
        filled(now: now, columnPrefix: nil)
    }

    /// The condition with the current time put in and every column qualified, so that a column
    /// that is gone is an error and never a string.
    ///
    /// - Parameters:
    ///   - alias: A name that SQLite reads without quotes.
    ///   - now: The time in UTC as SQLite writes it: `2026-11-22 10:00:00.000`.
    package func qualified(by alias: String, now: String) -> String {
        precondition(
            alias.utf8.allSatisfy(SQLTokenizer.isIdentifierByte), "an alias is a bare word")
        return filled(now: now, columnPrefix: "\(alias).")
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
