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
        let columns = table.currentColumns
        batch = NewBatch(
            id: id, relation: table.relation, columns: columns.map(\.id),
            rowCount: Int64(rows.rowCount), digest: Array(SHA256.hash(data: rows.bytes)))
        zones = ZoneMap(
            of: rows, columns: zip(columns, schema.columns).map { ($0.id, $1.collation) })
    }
}

/// Reads the eligible rows of one table in key order, a bounded number at a time.
///
/// Each read uses a separate snapshot, because a long one would prevent reuse of the write-ahead
/// log. Reading resumes after the last row's key, never at an offset.
final class EligibleRowReader {
    private let connection: Connection
    private let query: EligibilityQuery
    private let columnCount: Int
    /// The last row's position in the order; `nil` before the first row.
    private(set) var place: [Value]?
    /// Whether the last read reached the end.
    private(set) var isAtEnd = false

    init(_ query: EligibilityQuery, columnCount: Int, connection: Connection) {
        self.query = query
        self.columnCount = columnCount
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
            return cookie
        }
    }

    private func lastPlace(of rows: RowBuffer) -> [Value] {
        let row = rows.rowCount - 1
        guard !query.isOrderedByRowid else { return [.integer(rows.rowIdentifiers[row])] }
        return query.placeColumns.map { rows.value(row: row, column: $0).value }
    }
}
