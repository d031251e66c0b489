internal import SQLText
package import StretchCatalog
internal import StretchCore
package import StretchSQLite
internal import StretchText

/// Finds what in a filter is the same for each row, and probably not what was meant.
///
/// SQLite evaluates the constants itself. A remark is advice: a filter that every row meets can be
/// meant.
package struct FilterRemarks {
    private let predicate: FilterPredicate
    private let schema: TableSchema
    private let connection: Connection
    private let now: String

    /// - Parameters:
    ///   - filter: A valid filter.
    ///   - now: The time in UTC, in SQLite's format.
    package init(
        filter: String, schema: TableSchema, on connection: Connection, now: String
    ) throws {
        predicate = try FilterPredicate(parsing: filter, columns: schema.columns.map(\.name))
        (self.schema, self.connection, self.now) = (schema, connection, now)
    }

    /// The remarks, as full sentences.
    package func all() throws -> [String] {
        let comparisons = predicate.constantComparisons.compactMap(remark)
        let calls = try predicate.constantCalls.compactMap(nullRemark)
        let remarks = try [wholeRemark()].compactMap(\.self) + comparisons + calls
        guard remarks.isEmpty, let remark = try nullRowsRemark() else { return remarks }
        return [remark]
    }

    /// Returns a remark about a filter without a column.
    private func wholeRemark() throws -> String? {
        guard !predicate.namesColumn else { return nil }
        let isMet = try connection.integer("SELECT (\(predicate.sql(now: now))\n) IS TRUE") == 1
        let time = predicate.isMovingWindow ? " now" : ""
        return
            "The filter names no column: \(isMet ? "every row meets" : "no row meets") it\(time)."
    }

    private func remark(_ comparison: FilterPredicate.ConstantComparison) -> String? {
        if let call = comparison.textCall {
            return "\(comparison.text) compares a text with a number, and SQLite takes every text "
                + "for the greater one; for a number write CAST(\(call) AS INTEGER)."
        }
        let columns = comparison.literals.compactMap { literal in
            schema.column(named: literal).map { (literal, schema.columns[$0].name) }
        }
        // The remark about the whole filter says the rest.
        guard predicate.namesColumn || !columns.isEmpty else { return nil }
        let meant = columns.map {
            "; \($0.quotedLiteral) is a text, the column is \($1.quotedName)"
        }
        return "\(comparison.text) compares two constants, so that it is the same for each row"
            + "\(meant.joined())."
    }

    /// Returns a remark about a call whose result is NULL whatever the row is.
    private func nullRemark(_ call: String) throws -> String? {
        let part = try FilterPredicate(parsing: call, columns: [])
        let isNull = try connection.integer("SELECT (\(part.sql(now: now))\n) IS NULL") == 1
        guard isNull else { return nil }
        return "\(call) is NULL, and no comparison with NULL is met: check its arguments."
    }

    /// Returns a remark about a filter that has no result for any row.
    private func nullRowsRemark() throws -> String? {
        let counts = try connection.rows(
            """
            SELECT count(*), count((\(predicate.qualified(by: "t", now: now))\n))
            FROM main.\(schema.name.quotedName) AS t
            """
        ).first
        guard let rowCount = counts?[0].integerValue, rowCount > 0, counts?[1] == 0 else {
            return nil
        }
        return "The filter is NULL for every row, so that no row meets it."
    }
}
