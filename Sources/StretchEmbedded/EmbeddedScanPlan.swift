internal import StretchEndpoint
internal import StretchSQLite

/// The plan of a scan in SQLite: one statement, run once or several times with different values.
struct EmbeddedScanPlan {
    /// The maximum length of a list; longer lists are looked up in an index in parts.
    static let listPartCount = 4_096
    /// The maximum length of a list that cannot be divided; longer lists are omitted, and the
    /// caller checks again.
    static let maximumListCount = 16_384
    /// The maximum number of parameters, below SQLite's default limit of 32,766:
    /// <https://sqlite.org/limits.html>.
    static let maximumParameterCount = 32_000
    /// The maximum number of constraints, below SQLite's default limit for the depth of an
    /// expression, 1,000.
    static let maximumConstraintCount = 500

    /// The first parameters of each run of the statement.
    enum Runs {
        /// One run, without such parameters.
        case once
        /// One run for each range of rowids; two parameters.
        case ranges([ClosedRange<Int64>])
        /// One run for each part of a list; as many parameters as each part has values.
        case lists([[Value]])

        var count: Int {
            switch self {
            case .once: 1
            case .ranges(let ranges): ranges.count
            case .lists(let parts): parts.count
            }
        }

        func values(ofRun run: Int) -> [Value] {
            switch self {
            case .once: return []
            case .ranges(let ranges):
                return [.integer(ranges[run].lowerBound), .integer(ranges[run].upperBound)]
            case .lists(let parts): return parts[run]
            }
        }
    }

    /// The statement; its first column is the rowid.
    let sql: String
    let runs: Runs
    /// The values of the parameters after those of the run.
    let values: [Value]
    /// The maximum number of rows, or `nil` if the caller will drop some of the rows.
    let limit: Int?

    /// Plans a scan.
    ///
    /// - Parameters:
    ///   - ranges: The rows of the wanted batches, not empty.
    ///   - totalRowCount: The number of rows of all batches of the relation.
    init(
        _ request: ColdScanRequest, relation: EmbeddedRelation, ranges: BatchRanges,
        totalRowCount: Int64
    ) {
        var builder = ConditionBuilder(relation: relation, isOrdered: !request.order.isEmpty)
        for constraint in request.constraints { builder.add(constraint) }

        let wantsEverything = ranges.rowCount == totalRowCount
        let last = ranges.coalesced.count - 1
        let hull = ranges.coalesced[0].lowerBound...ranges.coalesced[last].upperBound
        var conditions = builder.conditions
        var returnsWantedOnly = wantsEverything
        var runs: Runs = builder.parts.map { .lists($0) } ?? .once
        if !wantsEverything && !builder.usesIndex {
            if request.order.isEmpty {
                runs = .ranges(ranges.coalesced)
                returnsWantedOnly = true
            } else if !EmbeddedScanPlan.prefersIndex(request.order, relation, ranges, hull) {
                runs = .ranges([hull])
                returnsWantedOnly = last == 0
            }
            if case .ranges = runs { conditions.insert("id BETWEEN ? AND ?", at: 0) }
        }
        limit = builder.isExact ? request.limit : nil

        let columns = request.columns.map { ", \(EmbeddedRelation.columnName($0))" }.joined()
        var sql = "SELECT id\(columns) FROM \(relation.table)"
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        if !request.order.isEmpty {
            sql += " ORDER BY " + request.order.map(EmbeddedRelation.order).joined(separator: ", ")
        }
        var values = builder.values
        if let limit, returnsWantedOnly, runs.count == 1 {
            sql += " LIMIT ?"
            values.append(.integer(Int64(limit)))
        }
        (self.sql, self.runs, self.values) = (sql, runs, values)
    }

    /// Returns whether reading an index in order is faster than sorting: if at least one in four
    /// rows is wanted.
    private static func prefersIndex(
        _ order: [OrderTerm], _ relation: EmbeddedRelation, _ ranges: BatchRanges,
        _ hull: ClosedRange<Int64>
    ) -> Bool {
        let term = EmbeddedRelation.Term(column: order[0].column, collation: order[0].collation)
        guard relation.leadingTerms.contains(term) else { return false }
        return (hull.upperBound - hull.lowerBound) / 4 < ranges.rowCount
    }
}

/// Builds the conditions of a scan in SQL.
private struct ConditionBuilder {
    let relation: EmbeddedRelation
    let isOrdered: Bool
    /// The conditions, starting with that of ``parts``.
    var conditions: [String] = []
    var values: [Value] = []
    /// The list that is looked up in parts.
    var parts: [[Value]]?
    /// Whether a constraint selects rows with an index.
    var usesIndex = false
    /// Whether the conditions are equivalent to the constraints.
    var isExact = true

    mutating func add(_ constraint: ColdConstraint) {
        guard conditions.count < EmbeddedScanPlan.maximumConstraintCount else {
            isExact = false
            return
        }
        let column = EmbeddedRelation.collated(constraint.column, constraint.collation)
        let term = EmbeddedRelation.Term(
            column: constraint.column, collation: constraint.collation)
        let isIndexed = relation.leadingTerms.contains(term)
        switch constraint.comparison {
        case .equal(let value): add("\(column) = ?", value)
        case .less(let value): add("\(column) < ?", value)
        case .lessOrEqual(let value): add("\(column) <= ?", value)
        case .greater(let value): add("\(column) > ?", value)
        case .greaterOrEqual(let value): add("\(column) >= ?", value)
        case .prefix(let prefix):
            add(prefix, of: constraint)
            return
        case .isNull: conditions.append("\(column) IS NULL")
        case .isNotNull:
            conditions.append("\(column) IS NOT NULL")
            return
        case .oneOf(let list):
            guard add(list, of: column, constraint.collation, isIndexed: isIndexed) else {
                isExact = false
                return
            }
        }
        if isIndexed { usesIndex = true }
    }

    private mutating func add(_ condition: String, _ value: Value) {
        conditions.append(condition)
        values.append(value)
    }

    /// Adds conditions for texts in the prefix's range, for all numbers, and for all blobs.
    ///
    /// Numbers sort before and blobs after all texts, so each condition can use an index.
    private mutating func add(_ prefix: TextPrefix, of constraint: ColdConstraint) {
        let foldsCase = constraint.collation == .nocase
        let binary = EmbeddedRelation.collated(constraint.column, .binary)
        var range = prefix.range(anyCase: foldsCase)
        var condition = "\(binary) >= ? AND \(binary) < ?"
        values += [.text(range.first), .text(range.end)]
        if foldsCase {
            let folded = EmbeddedRelation.collated(constraint.column, .nocase)
            range = prefix.folded.range()
            condition += " AND \(folded) >= ? AND \(folded) < ?"
            values += [.text(range.first), .text(range.end)]
        }
        conditions.append("(\(condition) OR \(binary) < '' OR \(binary) >= x'')")
        let collations: [Collation] = foldsCase ? [.binary, .nocase] : [.binary]
        if collations.contains(where: { collation in
            relation.leadingTerms.contains(
                EmbeddedRelation.Term(column: constraint.column, collation: collation))
        }) {
            usesIndex = true
        }
    }

    private mutating func add(
        _ list: [Value], of column: String, _ collation: Collation, isIndexed: Bool
    ) -> Bool {
        let room = EmbeddedScanPlan.maximumParameterCount - values.count
        let partCount = EmbeddedScanPlan.listPartCount
        if list.count > partCount, isIndexed, !isOrdered, parts == nil, room >= partCount {
            // Equal values must be in one part; otherwise a row would be returned twice.
            let distinct = collation.distinct(list)
            let count = (distinct.count + partCount - 1) / partCount
            parts = (0..<count).map { part in
                let values = distinct.dropFirst(part * partCount).prefix(partCount)
                return ConditionBuilder.pad(Array(values), to: partCount)
            }
            conditions.insert(ConditionBuilder.membership(of: column, count: partCount), at: 0)
            return true
        }
        guard list.count <= min(room / 2, EmbeddedScanPlan.maximumListCount) else { return false }
        // Lists of similar lengths share one prepared statement.
        var count = list.isEmpty ? 0 : 1
        while count < list.count { count *= 2 }
        conditions.append(ConditionBuilder.membership(of: column, count: count))
        values += ConditionBuilder.pad(list, to: count)
        return true
    }

    private static func pad(_ list: [Value], to count: Int) -> [Value] {
        guard let last = list.last else { return [] }
        return list + Array(repeating: last, count: count - list.count)
    }

    private static func membership(of column: String, count: Int) -> String {
        let marks = String(repeating: "?,", count: count).dropLast()
        return "\(column) IN (\(marks))"
    }
}

extension Collation {
    /// Returns the distinct values of a list under the collation, without NULL.
    func distinct(_ list: [Value]) -> [Value] {
        var seen: Set<Value> = []
        return list.filter { value in
            guard value != .null else { return false }
            return seen.insert(canonical(value)).inserted
        }
    }

    /// Returns a value that is identical for all values that are equal in SQLite.
    private func canonical(_ value: Value) -> Value {
        switch value {
        case .real(let real):
            // 1.0 equals 1; 2^63 as a real equals no integer.
            return Int64(exactly: real).map { .integer($0) } ?? value
        case .text(let text):
            switch self {
            case .binary: return value
            case .rtrim:
                let end = text.bytes.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? 0
                return .text(Text(bytes: Array(text.bytes[..<end])))
            case .nocase:
                // SQLite's NOCASE compares the bytes before the first NUL, then the length.
                let end = text.bytes.firstIndex(of: 0) ?? text.bytes.count
                let folded = text.bytes[..<end].map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
                let rest = [UInt8](repeating: 0, count: text.bytes.count - end)
                return .text(Text(bytes: folded + rest))
            }
        default: return value
        }
    }
}
