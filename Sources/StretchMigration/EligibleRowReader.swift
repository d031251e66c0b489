internal import Crypto
internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite

/// A batch that has been read and not yet switched.
final class MovingBatch {
    let table: StretchedTable
    let schema: TableSchema
    let query: EligibilityQuery
    /// The rows; identifiers are rowids if the rows are deleted by rowid.
    let rows: RowBuffer
    let batch: NewBatch
    /// SQLite's counter of schema changes when the rows were read; `nil` for a batch of an
    /// earlier run.
    let schemaCookie: Int64?
    /// Whether hot rows are found by rowid; otherwise by key.
    let isByRowid: Bool
    let zones: ZoneMap
    /// The reader's position before and after the batch.
    var previousPlace: [Value]?
    var lastPlace: [Value]?

    init(
        table: StretchedTable, schema: TableSchema, query: EligibilityQuery, rows: RowBuffer,
        id: Int64, schemaCookie: Int64?, isByRowid: Bool
    ) {
        self.table = table
        self.schema = schema
        self.query = query
        self.rows = rows
        self.schemaCookie = schemaCookie
        self.isByRowid = isByRowid
        let columns = table.storedColumns
        batch = NewBatch(
            id: id, relation: table.relation, columns: columns.map(\.id),
            rowCount: Int64(rows.rowCount), digest: Array(SHA256.hash(data: rows.bytes)))
        let collations = schema.columns.map(\.collation) + [.binary]
        zones = ZoneMap(of: rows, columns: zip(columns, collations).map { ($0.id, $1) })
    }

    /// Returns the batch without the stored rowids of some rows.
    func withoutRowids(ofRows positions: Set<Int>) -> MovingBatch {
        let batch = MovingBatch(
            table: table, schema: schema, query: query,
            rows: rows.settingNull(column: rows.columnCount - 1, inRows: positions), id: batch.id,
            schemaCookie: schemaCookie, isByRowid: isByRowid)
        (batch.previousPlace, batch.lastPlace) = (previousPlace, lastPlace)
        return batch
    }
}

/// Reads the eligible rows of one table in key order, a bounded number at a time.
///
/// Each read uses a separate snapshot, because a long one would prevent reuse of the write-ahead
/// log. Reading resumes after the last row's key, never at an offset.
final class EligibleRowReader {
    private let connection: Connection
    private let query: EligibilityQuery
    /// The last row's position in the order; `nil` before the first row.
    private(set) var place: [Value]?
    /// Whether the last read reached the end.
    private(set) var isAtEnd = false

    init(_ query: EligibilityQuery, connection: Connection) {
        self.query = query
        self.connection = connection
    }

    /// Returns to an earlier position, or to the start.
    func move(to place: [Value]?) {
        self.place = place
        isAtEnd = false
    }

    /// Reads the next rows into an empty buffer.
    ///
    /// - Returns: SQLite's counter of schema changes in the rows' snapshot.
    func read(
        into rows: RowBuffer, maximumRowCount: Int, maximumByteCount: Int
    ) throws -> Int64 {
        try connection.transaction(.deferred) { () throws in
            let cookie = try connection.integer("PRAGMA main.schema_version") ?? 0
            let statement = try connection.cached(query.rowsSQL(isContinuation: place != nil))
            defer { statement.reset() }
            try statement.bind((place ?? []) + [.integer(Int64(maximumRowCount))])
            isAtEnd = true
            while try statement.step() {
                rows.beginRow(identifier: statement.integer(0))
                rows.appendRow(of: statement, from: 1, routines: connection.routines)
                if rows.byteCount >= maximumByteCount || rows.rowCount == maximumRowCount {
                    isAtEnd = false
                    break
                }
            }
            if rows.rowCount > 0 { place = lastPlace(of: rows) }
            try addParents(
                to: rows, maximumRowCount: maximumRowCount, maximumByteCount: maximumByteCount)
            return cookie
        }
    }

    /// Adds the rows of the same table that only rows of the batch refer to, children first.
    private func addParents(
        to rows: RowBuffer, maximumRowCount: Int, maximumByteCount: Int
    ) throws {
        let keys = try query.ownKeys.map { key in
            (query.positions(of: key.childColumns), try connection.cached(query.parentSQL(key)))
        }
        guard !keys.isEmpty else { return }
        let counting = try connection.cached(query.referenceCountSQL)
        // For each parent the number of references from rows that are not in the batch.
        var referenceCounts: [[Value]: Int64] = [:]
        var row = 0
        while row < rows.rowCount {
            for (columns, parent) in keys {
                guard rows.rowCount < maximumRowCount, rows.byteCount < maximumByteCount else {
                    return
                }
                let values = columns.map { rows.value(row: row, column: $0).value }
                guard !values.contains(.null) else { continue }
                defer { parent.reset() }
                guard try parent.bind(values).step() else { continue }
                let identity = identity(of: parent)
                guard identity != self.identity(ofRow: row, of: rows) else { continue }
                var count = try referenceCounts[identity] ?? referenceCount(identity, counting)
                count -= 1
                referenceCounts[identity] = count
                guard count == 0 else { continue }
                rows.beginRow(identifier: parent.integer(0))
                rows.appendRow(of: parent, from: 1, routines: connection.routines)
            }
            row += 1
        }
    }

    private func referenceCount(_ identity: [Value], _ statement: Statement) throws -> Int64 {
        try statement.bind(identity).firstRow()?[0].integerValue ?? 0
    }

    private func identity(of statement: Statement) -> [Value] {
        guard let columns = query.identityColumns else { return [.integer(statement.integer(0))] }
        return columns.map { statement.column($0 + 1) }
    }

    private func identity(ofRow row: Int, of rows: RowBuffer) -> [Value] {
        guard let columns = query.identityColumns else {
            return [.integer(rows.rowIdentifiers[row])]
        }
        return columns.map { rows.value(row: row, column: $0).value }
    }

    private func lastPlace(of rows: RowBuffer) -> [Value] {
        let row = rows.rowCount - 1
        guard !query.isOrderedByRowid else { return [.integer(rows.rowIdentifiers[row])] }
        return query.placeColumns.map { rows.value(row: row, column: $0).value }
    }
}
