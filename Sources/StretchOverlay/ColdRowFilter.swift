internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite

/// Filters out cold rows that are hidden by tombstones or hot rows.
final class ColdRowFilter {
    private let table: OverlayTable
    /// The indexes of the key's columns in the pages.
    private let keyColumns: [Int]
    /// The count of recalls after which recalled rows still belong to the scan.
    private let changeMark: Int
    /// Comparisons with the rowid as in SQLite; the remote may have returned more rows.
    private let exactTerms: [(comparison: IndexRequest.Operator, value: Value)]
    /// Whether the hot side was queried for exactly this key and had no row.
    private let isUnshadowed: Bool
    /// The index of the stored rowid in pages, if rows show it.
    private let rowidPlace: Int?
    private let statements: ColdRowStatements
    private var hasTombstones: [Int64: Bool] = [:]
    private var tombstoneMark = -1

    init(
        table: OverlayTable, keyColumns: [Int],
        exactTerms: [(comparison: IndexRequest.Operator, value: Value)], isUnshadowed: Bool,
        changeMark: Int, rowidPlace: Int?
    ) throws {
        self.rowidPlace = rowidPlace
        self.table = table
        self.keyColumns = keyColumns
        self.changeMark = changeMark
        self.exactTerms = exactTerms
        self.isUnshadowed = isUnshadowed
        statements = try table.coldRowStatements()
    }

    /// Returns the visible rows of a page; the page itself if all rows are visible.
    func visibleRows(of page: RowBuffer) throws -> RowBuffer {
        try withUniqueRowids(unhiddenRows(of: page))
    }

    private func unhiddenRows(of page: RowBuffer) throws -> RowBuffer {
        if page.rowCount == 1 {
            return try isOnlyRowHidden(of: page) ? RowBuffer(columnCount: page.columnCount) : page
        }
        guard let hidden = try hiddenRows(of: page), hidden.contains(true) else { return page }
        let visible = RowBuffer(columnCount: page.columnCount, capacity: page.byteCount)
        for row in 0..<page.rowCount where !hidden[row] {
            visible.appendRow(row, of: page)
        }
        return visible
    }

    /// Returns a page without those stored rowids that hot rows have; the page itself if there are
    /// none.
    private func withUniqueRowids(_ page: RowBuffer) throws -> RowBuffer {
        guard let rowidPlace, page.rowCount > 0, let statements = statements.rowids else {
            return page
        }
        let rowids = (0..<page.rowCount).map {
            page.value(row: $0, column: rowidPlace).value.integerValue
        }
        let known = rowids.compactMap(\.self)
        guard let least = known.min(), let greatest = known.max(),
            try statements.isThere(least...greatest)
        else { return page }
        var taken: Set<Int> = []
        for (row, rowid) in rowids.enumerated() {
            // A row that became hot during the scan has its own rowid.
            if let rowid, try statements.isThere(rowid),
                table.recalledLocations[page.rowIdentifiers[row]].map({ $0 <= changeMark }) ?? true
            {
                taken.insert(row)
            }
        }
        return taken.isEmpty ? page : page.settingNull(column: rowidPlace, inRows: taken)
    }

    /// Returns whether the only row of a page is hidden.
    private func isOnlyRowHidden(of page: RowBuffer) throws -> Bool {
        guard try meetsComparisons(0, of: page) else { return true }
        let identifier = page.rowIdentifiers[0]
        if let recalled = table.recalledLocations[identifier], recalled > changeMark {
            return false
        }
        let location = ColdLocation(packed: identifier)
        return try statements.tombstones.hidesRow(
            ofBatch: location.batchNumber, from: location.ordinal, through: location.ordinal)
            || (!isUnshadowed && isShadowed(0, of: page))
    }

    /// Returns for each row of a page whether it is hidden; `nil` if no row can be hidden.
    private func hiddenRows(of page: RowBuffer) throws -> [Bool]? {
        if tombstoneMark != table.writer.tombstoneCount {
            tombstoneMark = table.writer.tombstoneCount
            hasTombstones = [:]
        }
        let deleted = try tombstones(of: page)
        let mayBeShadowed = try mayBeShadowed(page)
        guard !deleted.isEmpty || mayBeShadowed || !exactTerms.isEmpty else { return nil }
        var hidden = [Bool](repeating: false, count: page.rowCount)
        for row in 0..<page.rowCount {
            let identifier = page.rowIdentifiers[row]
            if try !exactTerms.isEmpty && !meetsComparisons(row, of: page) {
                hidden[row] = true
                continue
            }
            if let recalled = table.recalledLocations[identifier], recalled > changeMark {
                continue
            }
            if deleted.contains(identifier) {
                hidden[row] = true
            } else if mayBeShadowed {
                hidden[row] = try isShadowed(row, of: page)
            }
        }
        return hidden
    }

    private func meetsComparisons(_ row: Int, of page: RowBuffer) throws -> Bool {
        for term in exactTerms {
            let key = page.value(row: row, column: keyColumns[0])
            if case .integer(let value) = term.value, key.tag == .integer {
                guard term.comparison.holds(key.integer, value) else { return false }
                continue
            }
            let comparison = try statements.comparison(term.comparison)
            defer { comparison.reset() }
            try comparison.bind(key, at: 1)
            try comparison.bind(term.value, at: 2)
            guard try comparison.step(), comparison.integer(0) != 0 else { return false }
        }
        return true
    }

    /// Returns the identifiers of a page's rows that tombstones hide.
    private func tombstones(of page: RowBuffer) throws -> Set<Int64> {
        var ranges: [Int64: (first: Int64, last: Int64)] = [:]
        // Rows of a batch are mostly adjacent, and most batches have no tombstone.
        var last: (batch: Int64, hasTombstone: Bool) = (-1, false)
        for identifier in page.rowIdentifiers {
            let location = ColdLocation(packed: identifier)
            if location.batchNumber != last.batch {
                last = (location.batchNumber, try hasTombstone(location.batchNumber))
            }
            guard last.hasTombstone else { continue }
            let range = ranges[location.batchNumber] ?? (location.ordinal, location.ordinal)
            ranges[location.batchNumber] = (
                min(range.first, location.ordinal), max(range.last, location.ordinal)
            )
        }
        var hidden: Set<Int64> = []
        for (batch, range) in ranges {
            try statements.tombstones.forEachHiddenOrdinal(
                ofBatch: batch, from: range.first, through: range.last
            ) { hidden.insert(ColdLocation(batchNumber: batch, ordinal: $0).packed) }
        }
        return hidden
    }

    private func hasTombstone(_ batch: Int64) throws -> Bool {
        if let known = hasTombstones[batch] { return known }
        let found = try statements.tombstones.hidesRow(ofBatch: batch, from: 0, through: .max)
        hasTombstones[batch] = found
        return found
    }

    private func mayBeShadowed(_ page: RowBuffer) throws -> Bool {
        guard statements.shadow != nil else { return false }
        guard let shadowRange = statements.shadowRange, let column = keyColumns.first else {
            return true
        }
        var range: (first: Int64, last: Int64) = (.max, .min)
        for row in 0..<page.rowCount {
            let key = page.value(row: row, column: column).integer
            range = (min(range.first, key), max(range.last, key))
        }
        defer { shadowRange.reset() }
        try shadowRange.bind(integer: range.first, at: 1)
        try shadowRange.bind(integer: range.last, at: 2)
        return try shadowRange.step()
    }

    private func isShadowed(_ row: Int, of page: RowBuffer) throws -> Bool {
        guard let shadow = statements.shadow else { return false }
        defer { shadow.reset() }
        for (index, column) in keyColumns.enumerated() {
            try shadow.bind(page.value(row: row, column: column), at: index + 1)
        }
        return try shadow.step()
    }
}

extension IndexRequest.Operator {
    /// Returns whether the comparison of two integers holds.
    func holds(_ left: Int64, _ right: Int64) -> Bool {
        switch self {
        case .equal, .identical: left == right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .isNull, .isNotNull, .like, .glob, .other:
            preconditionFailure("only a comparison is exact")
        }
    }
}
