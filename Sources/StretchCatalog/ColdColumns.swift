internal import StretchCore
package import StretchEndpoint
package import StretchSQLite

/// The current columns of a table in rows that the remote has from earlier.
///
/// A column that is newer than a batch has its default there, and the remote need not have it. A
/// column whose type another program changed has its values converted, as SQLite converts them
/// when a row is stored.
package struct ColdColumns {
    private let columns: [Int64: CatalogColumn]
    /// The new affinity of each column with another affinity than in the remote.
    private let affinities: [Int64: Affinity]
    private let conversions: AffinityConversions

    /// - Parameter schema: The definition, in the catalog's order.
    package init(_ table: StretchedTable, _ schema: TableSchema, routines: Routines) {
        let current = table.currentColumns
        columns = Dictionary(
            table.storedColumns.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var affinities: [Int64: Affinity] = [:]
        if current.count == schema.columns.count {
            for (column, now) in zip(current, schema.columns)
            where !column.affinity.storesSameValues(as: now.affinity) {
                affinities[column.id] = now.affinity
            }
        }
        self.affinities = affinities
        conversions = AffinityConversions(routines)
    }

    /// Returns whether a column's values are converted, so that the remote cannot compare them.
    package func isConverted(_ column: Int64) -> Bool { affinities[column] != nil }

    /// Scans the remote for rows with the current columns.
    ///
    /// - Parameter newestVersion: The newest schema version of the request's batches.
    package func scan(
        _ request: ColdScanRequest, newestVersion: Int64, of endpoint: any Endpoint
    ) throws -> any ColdScan {
        guard let places = places(of: request.columns, newestVersion) else {
            return try endpoint.scan(request)
        }
        var inner = request
        inner.columns = places.remote
        inner.constraints.removeAll { isUnknown($0.column, newestVersion) }
        inner.order.removeAll { isUnknown($0.column, newestVersion) }
        // The remote's limit would count rows that the omitted constraints reject.
        if inner.constraints.count < request.constraints.count, request.limit != 0 {
            inner.limit = nil
        }
        let rows = try AdaptedRows(places, affinities: affinities, conversions)
        return AdaptedScan(try endpoint.scan(inner), rows)
    }

    /// Reads rows of one batch with the current columns.
    package func read(
        _ batch: ManifestBatch, columns ids: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer, of endpoint: any Endpoint
    ) throws {
        guard let places = places(of: ids, batch.schemaVersion) else {
            return try endpoint.read(
                batch: batch.visible.id, columns: ids, from: ordinal,
                maximumRowCount: maximumRowCount, into: buffer)
        }
        buffer.removeAll()
        let page = RowBuffer(columnCount: places.remote.count)
        try endpoint.read(
            batch: batch.visible.id, columns: places.remote, from: ordinal,
            maximumRowCount: maximumRowCount, into: page)
        try AdaptedRows(places, affinities: affinities, conversions)
            .append(page, to: buffer)
    }

    /// Whether the remote cannot compare the values of a column in the batches.
    private func isUnknown(_ column: Int64, _ newestVersion: Int64) -> Bool {
        isConverted(column) || isNewer(column, newestVersion)
    }

    private func isNewer(_ column: Int64, _ newestVersion: Int64) -> Bool {
        columns[column].map { $0.added > newestVersion } ?? false
    }

    /// Where the values of requested columns come from.
    fileprivate struct Places {
        /// The columns that the remote returns.
        var remote: [Int64] = []
        /// For each requested column, its place in the remote's rows, or its constant value.
        var sources: [Source] = []

        enum Source {
            case place(Int, column: Int64)
            case constant(Value)
        }
    }

    /// Returns `nil` if the remote's rows are as requested.
    private func places(of ids: [Int64], _ newestVersion: Int64) -> Places? {
        guard ids.contains(where: { isUnknown($0, newestVersion) }) else { return nil }
        var places = Places()
        for id in ids {
            if isNewer(id, newestVersion), let column = columns[id] {
                places.sources.append(.constant(column.defaultValue))
            } else {
                places.sources.append(.place(places.remote.count, column: id))
                places.remote.append(id)
            }
        }
        return places
    }
}

/// Makes rows with the requested columns from rows of the remote.
private struct AdaptedRows {
    private let sources: [ColdColumns.Places.Source]
    let remoteColumnCount: Int
    private let conversion: AffinityConversion?

    init(
        _ places: ColdColumns.Places, affinities: [Int64: Affinity],
        _ conversions: AffinityConversions
    ) throws(SQLiteError) {
        sources = places.sources
        remoteColumnCount = places.remote.count
        let wanted = places.sources.map { source -> Affinity? in
            if case .place(_, let column) = source { affinities[column] } else { nil }
        }
        conversion =
            wanted.contains { $0 != nil }
            ? try conversions.conversion(to: wanted.map { $0 ?? .blob }) : nil
    }

    func append(_ rows: RowBuffer, to page: RowBuffer) throws(SQLiteError) {
        for row in 0..<rows.rowCount {
            page.beginRow(identifier: rows.rowIdentifiers[row])
            guard let conversion else {
                for source in sources {
                    switch source {
                    case .constant(let value): page.append(value)
                    case .place(let place, _): page.append(rows.value(row: row, column: place))
                    }
                }
                continue
            }
            let values = sources.map { source in
                switch source {
                case .constant(let value): value
                case .place(let place, _): rows.value(row: row, column: place).value
                }
            }
            for value in try conversion.convert(values) { page.append(value) }
        }
    }
}

/// A scan whose rows get the requested columns.
private final class AdaptedScan: ColdScan {
    private let scan: any ColdScan
    private let rows: AdaptedRows
    private let page: RowBuffer

    init(_ scan: any ColdScan, _ rows: AdaptedRows) {
        self.scan = scan
        self.rows = rows
        page = RowBuffer(columnCount: rows.remoteColumnCount)
    }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        page.removeAll()
        guard try scan.nextPage(into: self.page, maximumRowCount: maximumRowCount) else {
            return false
        }
        do {
            try rows.append(self.page, to: page)
        } catch {
            throw StretchError(local: error)
        }
        return true
    }
}

/// The conversions of a table's columns, each opened once.
private final class AffinityConversions {
    private let routines: Routines
    private var opened: [[Affinity]: AffinityConversion] = [:]

    init(_ routines: Routines) {
        self.routines = routines
    }

    func conversion(to affinities: [Affinity]) throws(SQLiteError) -> AffinityConversion {
        if let known = opened[affinities] { return known }
        let conversion = try AffinityConversion(affinities, routines: routines)
        opened[affinities] = conversion
        return conversion
    }
}

/// Converts values as SQLite does when it stores them in columns of given affinities.
private final class AffinityConversion {
    private let connection: Connection
    private let insertion: Statement
    private let query: Statement

    init(_ affinities: [Affinity], routines: Routines) throws(SQLiteError) {
        let connection = try Connection(path: ":memory:", access: .create, routines: routines)
        let names = affinities.indices.map { "c\($0)" }
        let columns = zip(names, affinities).map { "\($0) \($1.typeName)" }
        try connection.execute(
            one: """
                CREATE TABLE t(k INTEGER PRIMARY KEY, \(columns.joined(separator: ", ")))
                """)
        insertion = try connection.prepare(
            "REPLACE INTO t VALUES(1\(String(repeating: ", ?", count: names.count)))")
        query = try connection.prepare("SELECT \(names.joined(separator: ", ")) FROM t")
        self.connection = connection
    }

    func convert(_ values: [Value]) throws(SQLiteError) -> [Value] {
        insertion.reset()
        try insertion.bind(values)
        try insertion.run()
        defer { query.reset() }
        guard try query.step() else { return values }
        return values.indices.map { query.column($0) }
    }
}

extension Affinity {
    /// A declared type with this affinity.
    fileprivate var typeName: String {
        switch self {
        case .integer: "INTEGER"
        case .real: "REAL"
        case .numeric: "NUMERIC"
        case .text: "TEXT"
        case .blob: "BLOB"
        }
    }
}
