internal import SQLText
internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite

/// Chooses the conditions of a statement to apply inside, and estimates the cost for SQLite.
///
/// Costs follow SQLite's own: the number of visited rows, with a seek equal to about ten rows. Only
/// their ratios matter: <https://sqlite.org/vtab.html#xbestindex>.
struct OverlayPlanner {
    let schema: TableSchema
    let coldRowCount: Int64
    /// Whether batches store the rowids of rows, which no column of the table holds.
    var storesRowid = false
    let shape: StatementShape
    /// Whether cold values of a column are converted, so that the remote cannot sort by it.
    var isConverted: (Int) -> Bool = { _ in false }
    /// Whether LIKE and GLOB are built in, and LIKE ignores the case of ASCII letters; evaluated
    /// only if needed.
    let hasOwnPatterns: () throws -> Bool

    /// SQLite's assumption for a table without statistics.
    private static let defaultRowCount: Int64 = 1_048_576

    /// Returns the plan's key, the constraints of its terms, and the result for SQLite.
    func plan(_ request: IndexRequest) throws -> (key: OverlayPlan.Key, answer: IndexPlan) {
        var key = OverlayPlan.Key(terms: [], orders: [], columnsUsed: request.columnsUsed)
        key.showsRowid = storesRowid && shape.contains(.namesRowid)
        var answer = IndexPlan()
        for constraint in request.constraints where try isUseful(constraint) {
            let isList = constraint.isList && takesList(constraint, after: key.terms)
            if constraint.isList, !isList, !canRepeat(constraint) { continue }
            let isExact =
                !isList && isRowid(constraint.column) && constraint.comparison.isComparison
            key.terms.append(
                .init(
                    column: constraint.column, comparison: constraint.comparison,
                    collationName: constraint.collationName, isList: isList, isExact: isExact,
                    isColdOnly: constraint.comparison.isPattern && !hasIndex(for: constraint),
                    mayHaveAffinity: mayHaveAffinity(constraint)))
            // SQLite requires an argument index for each value, including NULL tests.
            answer.arguments.append((constraint.index, isList, isExact))
            // Dropped terms are stored in 64 bits.
            if key.terms.count == 60 { break }
        }
        let path = bestPath(terms: key.terms, orders: request.orders)
        let hasList = key.terms.contains(where: \.isList)
        key.isDistinct = request.isDistinct && canOmitDuplicates(request.orders, key.terms)
        if path.isOrdered, !hasList, canSort(request.orders), !key.isDistinct {
            key.orders = request.orders
            answer.isOrdered = true
        }
        answer.cost = path.cost
        answer.rowCount = max(1, Int64(path.rowCount))
        answer.isUnique = path.isUnique && schema.keyKind == .rowid && !hasList
        return (key, answer)
    }

    private func isUseful(_ constraint: IndexRequest.Constraint) throws -> Bool {
        guard constraint.isUsable, constraint.comparison != .other, !mayBeSlice(constraint) else {
            return false
        }
        guard constraint.column >= 0 else {
            return schema.rowidName != nil && !constraint.comparison.isPattern
                && (schema.keyKind == .rowid || storesRowid)
        }
        guard constraint.column < schema.columns.count else { return false }
        let column = schema.columns[constraint.column]
        switch constraint.comparison {
        case .like, .glob:
            guard !shape.contains(.joinsOuter) else { return false }
            // Cold texts in the range of the prefix; a pattern treats numbers as text.
            let isUsefulForCold =
                coldRowCount > 0 && column.affinity != .integer && column.affinity != .real
            return try (isUsefulForCold || hasIndex(for: constraint)) && hasOwnPatterns()
        case .isNotNull: return !shape.contains(.joinsOuter)
        case .isNull, .equal: return true
        default: return column.affinity != .blob
        }
    }

    /// Returns whether the right side may be one column of a list of row values.
    ///
    /// SQLite handles such a list incorrectly: it compares a text without the affinity of the list,
    /// and in a RIGHT JOIN it returns a row once for each equal value of the list.
    private func mayBeSlice(_ constraint: IndexRequest.Constraint) -> Bool {
        guard shape.contains(.listsRowValues), constraint.comparison == .equal,
            !constraint.isList, !constraint.isLiteral
        else { return false }
        let isNumeric =
            constraint.column < 0 || constraint.column >= schema.columns.count
            || schema.columns[constraint.column].affinity.isNumeric
        return !isNumeric || shape.contains(.joinsOuter)
    }

    /// Returns whether a text may come from a numeric column.
    ///
    /// Texts that look like numbers then compare as numbers, and less than it. All other
    /// comparisons are the same inside and outside.
    private func mayHaveAffinity(_ constraint: IndexRequest.Constraint) -> Bool {
        guard constraint.column >= 0, schema.columns[constraint.column].affinity == .text,
            constraint.comparison == .less || constraint.comparison == .lessOrEqual
        else { return false }
        return shape.contains(.comparesTables) && !constraint.isLiteral
    }

    /// Returns whether an index of the hot side supports the prefix of a pattern.
    private func hasIndex(for constraint: IndexRequest.Constraint) -> Bool {
        schema.columns[constraint.column].affinity == .text
            && schema.indexes.contains { $0.terms.first?.column == constraint.column }
    }

    /// Returns whether a list is processed as a whole.
    ///
    /// This needs only one round trip, and is required where SQLite would compare the values one by
    /// one without the affinity that they have in the list.
    private func takesList(
        _ constraint: IndexRequest.Constraint, after terms: [OverlayPlan.Key.Term]
    ) -> Bool {
        guard constraint.column >= 0, !terms.contains(where: \.isList) else { return false }
        let affinity = schema.columns[constraint.column].affinity
        return affinity == .text || (affinity.isNumeric && coldRowCount > 0)
    }

    /// Returns whether SQLite can run the scan once for each value of a list.
    private func canRepeat(_ constraint: IndexRequest.Constraint) -> Bool {
        constraint.column < 0 || schema.columns[constraint.column].affinity.isNumeric
    }

    /// Returns whether a column is the rowid, whose values are integers and compare the same inside
    /// and outside.
    private func isRowid(_ column: Int) -> Bool {
        schema.keyKind == .rowid && (column == -1 || column == schema.key.first)
    }

    /// Returns whether duplicate cold rows of a DISTINCT query are omitted.
    ///
    /// They are if no key makes each row different, and if rows are not looked up one by one.
    private func canOmitDuplicates(
        _ columns: [IndexRequest.Order], _ terms: [OverlayPlan.Key.Term]
    ) -> Bool {
        coldRowCount > 0 && !columns.isEmpty
            && columns.allSatisfy { $0.column >= 0 && !isRowid($0.column) }
            && terms.allSatisfy { $0.comparison != .equal && $0.comparison != .identical }
    }

    /// Returns whether both sides can sort by an order, whose collations must be built in.
    private func canSort(_ orders: [IndexRequest.Order]) -> Bool {
        orders.allSatisfy { order in
            order.column < 0
                ? schema.keyKind == .rowid
                : schema.columns[order.column].collation != nil && !isConverted(order.column)
        }
    }

    // MARK: Cost

    private struct Path {
        var cost: Double
        var rowCount: Double
        var isOrdered: Bool
        var isUnique = false
    }

    private func bestPath(terms: [OverlayPlan.Key.Term], orders: [IndexRequest.Order]) -> Path {
        let total = Double((schema.estimatedRowCount ?? Self.defaultRowCount) + coldRowCount)
        var selected = total
        for term in terms {
            selected *= term.comparison == .equal || term.comparison == .identical ? 0.1 : 0.3
        }
        var best = Path(
            cost: total * 3, rowCount: max(1, selected), isOrdered: false)
        var candidates: [Path] = []
        if schema.keyKind == .rowid, let key = schema.key.first {
            candidates.append(
                path(
                    [IndexTermSchema(column: key, collationName: "BINARY", isDescending: false)],
                    isUnique: true, statistics: [1], terms: normalized(terms),
                    orders: normalized(orders), total: total, rowCost: 1))
        }
        if storesRowid {
            candidates.append(
                path(
                    [IndexTermSchema(column: -1, collationName: "BINARY", isDescending: false)],
                    isUnique: true, statistics: [1], terms: terms, orders: orders, total: total,
                    rowCost: 1))
        }
        for index in schema.indexes where !index.isPartial {
            var candidate = path(
                index.terms, isUnique: index.isUnique, statistics: index.rowsPerPrefix,
                terms: normalized(terms), orders: normalized(orders), total: total, rowCost: 2)
            // Only the key is checked against cold rows, no other constraint.
            candidate.isUnique = false
            candidates.append(candidate)
        }
        for candidate in candidates where isBetter(candidate, best, orders: orders) {
            best = candidate
        }
        best.rowCount = min(best.rowCount, max(1, selected))
        return best
    }

    /// Returns whether a path is better; an ordered path may cost as much as the sort that it
    /// saves.
    private func isBetter(_ path: Path, _ best: Path, orders: [IndexRequest.Order]) -> Bool {
        func total(_ path: Path) -> Double {
            orders.isEmpty || path.isOrdered
                ? path.cost : path.cost + path.rowCount * max(1, path.rowCount.logarithm)
        }
        return total(path) < total(best)
    }

    private func path(
        _ indexTerms: [IndexTermSchema], isUnique: Bool, statistics: [Int64],
        terms: [OverlayPlan.Key.Term], orders: [IndexRequest.Order], total: Double, rowCost: Double
    ) -> Path {
        var equalCount = 0
        var listFactor = 1.0
        // A UNIQUE column may contain NULL in many rows.
        var mayBeNull = false
        while equalCount < indexTerms.count,
            let term = terms.first(where: { isEqual($0, indexTerms[equalCount]) })
        {
            if term.isList { listFactor *= 25 }
            mayBeNull = mayBeNull || term.comparison != .equal
            equalCount += 1
        }
        var rows = total
        let isWholeKey = isUnique && equalCount == indexTerms.count && !mayBeNull
        if isWholeKey {
            rows = 1
        } else if equalCount > 0 {
            rows =
                equalCount <= statistics.count
                ? Double(statistics[equalCount - 1]) : max(5, 11 - Double(equalCount))
            rows = min(rows, total)
        }
        if equalCount < indexTerms.count {
            let next = indexTerms[equalCount]
            for term in terms where term.column == next.column && term.comparison.isRange {
                rows /= 4
            }
        }
        let isSelective = rows < total
        rows *= listFactor
        let seek = isSelective ? 10 * listFactor : 10
        return Path(
            cost: seek + rows * (isSelective ? rowCost + 1 : rowCost + 2), rowCount: rows,
            isOrdered: isOrdered(
                orders, by: Array(indexTerms.dropFirst(equalCount)), after: equalCount, indexTerms),
            isUnique: isWholeKey && listFactor == 1)
    }

    private func isEqual(_ term: OverlayPlan.Key.Term, _ index: IndexTermSchema) -> Bool {
        term.column == index.column
            && [.equal, .identical, .isNull].contains(term.comparison)
            && (term.comparison == .isNull || term.collationName == index.collationName
                || index.column.map { $0 >= 0 && schema.columns[$0].affinity.isNumeric } ?? false)
    }

    /// Returns whether the rest of an index provides the order, forward or backward.
    private func isOrdered(
        _ orders: [IndexRequest.Order], by rest: [IndexTermSchema], after equalCount: Int,
        _ all: [IndexTermSchema]
    ) -> Bool {
        let constant = Set(all.prefix(equalCount).compactMap(\.column))
        let wanted = orders.filter { !constant.contains($0.column) }
        guard !orders.isEmpty, wanted.count <= rest.count else { return false }
        guard let first = wanted.first, let firstTerm = rest.first else { return true }
        let isReversed = first.isDescending != firstTerm.isDescending
        return zip(wanted, rest).allSatisfy { order, term in
            order.column == term.column && (order.isDescending != term.isDescending) == isReversed
                && order.column >= 0
                && schema.columns[order.column].collationName == term.collationName
        }
    }

    /// Returns terms in which the rowid is replaced by its named column, if it has one.
    private func normalized(_ terms: [OverlayPlan.Key.Term]) -> [OverlayPlan.Key.Term] {
        guard schema.keyKind == .rowid else { return terms }
        return terms.map {
            .init(
                column: $0.column >= 0 ? $0.column : schema.key.first ?? -1,
                comparison: $0.comparison, collationName: $0.collationName, isList: $0.isList,
                isExact: $0.isExact, isColdOnly: $0.isColdOnly)
        }
    }

    private func normalized(_ orders: [IndexRequest.Order]) -> [IndexRequest.Order] {
        guard schema.keyKind == .rowid else { return orders }
        return orders.map {
            .init(
                column: $0.column >= 0 ? $0.column : schema.key.first ?? -1,
                isDescending: $0.isDescending)
        }
    }
}

extension IndexRequest.Operator {
    fileprivate var isComparison: Bool { self == .equal || isRange }

    fileprivate var isPattern: Bool { self == .like || self == .glob }

    fileprivate var isRange: Bool {
        [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(self)
    }
}

extension Double {
    /// The base-2 logarithm, rounded down, which is precise enough for a cost.
    fileprivate var logarithm: Double { self > 1 ? Double(self.exponent) : 0 }
}
