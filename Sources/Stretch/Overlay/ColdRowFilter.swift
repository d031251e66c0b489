internal import StretchSQLite

/// Leaves out the cold rows that tombstones or hot rows hide.
final class ColdRowFilter {
    private let table: OverlayTable
    /// The places of the key's columns in the pages.
    private let keyColumns: [Int]
    /// Rows recalled after this count of recalls still belong to the scan.
    private let changeMark: Int
    /// Comparisons with the rowid, as SQLite makes them; the remote may have returned more.
    private let comparisons: [Statement]
    private let shadow: Statement?
    private let shadowRange: Statement?
    private let tombstones: Statement
    private var hasTombstones: [Int64: Bool] = [:]
    private var tombstoneMark = -1

    init(
        table: OverlayTable, keyColumns: [Int],
        exactTerms: [(comparison: IndexRequest.Operator, value: Value)], changeMark: Int
    ) throws {
        self.table = table
        self.keyColumns = keyColumns
        self.changeMark = changeMark
        let connection = table.connection
        comparisons = try exactTerms.map { term in
            // A CAST has an affinity, as the column has: https://sqlite.org/datatype3.html
            let statement = try connection.prepare(
                "SELECT CAST(?1 AS INTEGER) \(term.comparison.sql) ?2")
            try statement.bind(term.value, at: 2)
            return statement
        }
        tombstones = try connection.prepare(
            "SELECT ordinal FROM main.stretch_tombstone WHERE batch = ? AND ordinal BETWEEN ? AND ?"
        )
        let schema = table.schema
        let name = schema.name.quotedName
        let columns = schema.key.map { "h.\(schema.columns[$0].name.quotedName)" }
        let condition = schema.keyCondition("h", firstParameter: 1)
        shadow =
            schema.keyKind.isKeyed
            ? try connection.prepare("SELECT 1 FROM main.\(name) AS h WHERE \(condition)") : nil
        shadowRange =
            schema.keyKind == .rowid
            ? try connection.prepare(
                "SELECT 1 FROM main.\(name) AS h WHERE \(columns[0]) BETWEEN ? AND ? LIMIT 1") : nil
    }

    /// The rows of a page that the reader sees; the page itself when all are.
    func visibleRows(of page: RowBuffer) throws -> RowBuffer {
        let hidden = try hiddenRows(of: page)
        guard hidden.contains(true) else { return page }
        let visible = RowBuffer(columnCount: page.columnCount, capacity: page.byteCount)
        for row in 0..<page.rowCount where !hidden[row] {
            visible.appendRow(row, of: page)
        }
        return visible
    }

    private func hiddenRows(of page: RowBuffer) throws -> [Bool] {
        if tombstoneMark != table.writer.tombstoneCount {
            tombstoneMark = table.writer.tombstoneCount
            hasTombstones = [:]
        }
        var hidden = [Bool](repeating: false, count: page.rowCount)
        let deleted = try tombstones(of: page)
        let mayBeShadowed = try mayBeShadowed(page)
        for row in 0..<page.rowCount {
            let identifier = page.rowIdentifiers[row]
            if try !comparisons.isEmpty && !meetsComparisons(row, of: page) {
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
        for comparison in comparisons {
            defer { comparison.reset() }
            try comparison.bind(page.value(row: row, column: keyColumns[0]), at: 1)
            guard try comparison.step(), comparison.integer(0) != 0 else { return false }
        }
        return true
    }

    /// The identifiers of a page's rows that tombstones hide.
    private func tombstones(of page: RowBuffer) throws -> Set<Int64> {
        var ranges: [Int64: (first: Int64, last: Int64)] = [:]
        for identifier in page.rowIdentifiers {
            let location = ColdLocation(packed: identifier)
            let range = ranges[location.batchNumber] ?? (location.ordinal, location.ordinal)
            ranges[location.batchNumber] = (
                min(range.first, location.ordinal), max(range.last, location.ordinal)
            )
        }
        var hidden: Set<Int64> = []
        for (batch, range) in ranges {
            if hasTombstones[batch] == nil {
                hasTombstones[batch] = try hasTombstone(batch, from: 0, through: .max)
            }
            guard hasTombstones[batch] == true else { continue }
            try bind(batch, range.first, range.last)
            defer { tombstones.reset() }
            while try tombstones.step() {
                let location = ColdLocation(batchNumber: batch, ordinal: tombstones.integer(0))
                hidden.insert(location.packed)
            }
        }
        return hidden
    }

    private func hasTombstone(
        _ batch: Int64, from first: Int64, through last: Int64
    ) throws -> Bool {
        try bind(batch, first, last)
        defer { tombstones.reset() }
        return try tombstones.step()
    }

    private func bind(_ batch: Int64, _ first: Int64, _ last: Int64) throws {
        try tombstones.bind(integer: batch, at: 1)
        try tombstones.bind(integer: first, at: 2)
        try tombstones.bind(integer: last, at: 3)
    }

    private func mayBeShadowed(_ page: RowBuffer) throws -> Bool {
        guard shadow != nil else { return false }
        guard let shadowRange, let column = keyColumns.first else { return true }
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
        guard let shadow else { return false }
        defer { shadow.reset() }
        for (index, column) in keyColumns.enumerated() {
            try shadow.bind(page.value(row: row, column: column), at: index + 1)
        }
        return try shadow.step()
    }
}
