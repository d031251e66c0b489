internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

/// A remote with one branch and one relation, and the state of a file attached to it.
final class ConformanceWorld {
    static let database: Int64 = 0x7000_0000_0000_0001
    static let branch: Int64 = 0x7fff_ffff_ffff_fff0
    static let relation: Int64 = 0x6fff_ffff_ffff_ff01

    /// A row returned by a scan.
    struct Row: Equatable {
        let location: ColdLocation
        let values: [Value]
    }

    var endpoint: any Endpoint
    var position: TimelinePosition
    var relation: Relation
    private(set) var batches: [VisibleBatch] = []
    private(set) var rows: [Row] = []
    private var lastID: Int64 = 0x5000_0000_0000_0000

    /// Registers the branch, and provisions a relation with numbered columns.
    ///
    /// The first column is its key under each collation.
    init(_ conformance: EndpointConformance, columnCount: Int = 3) throws {
        endpoint = try conformance.makeEndpoint()
        position = TimelinePosition(branch: ConformanceWorld.branch, epoch: 0, token: 11)
        let columns = (1...Int64(columnCount)).map {
            RemoteColumn(id: $0, name: "column \($0)", affinity: .blob, defaultValue: .null)
        }
        relation = Relation(
            id: ConformanceWorld.relation, name: "orders", columns: columns,
            key: [OrderTerm(column: 1)],
            indexes: [
                [OrderTerm(column: 1, collation: .nocase)],
                [OrderTerm(column: 1, collation: .rtrim)],
            ])
        try endpoint.register(database: ConformanceWorld.database, position: position)
        try endpoint.provision(relation)
        try endpoint.buildIndexes(relation)
    }

    /// Returns a new pseudorandom id.
    func drawID() -> Int64 {
        lastID += 0x0001_0000_0001
        return lastID
    }

    /// Returns an uncommitted batch of rows, by default with the columns of the relation.
    func makeBatch(
        _ rows: [[Value]], columns: [Int64]? = nil
    ) -> (batch: NewBatch, rows: RowBuffer) {
        let columns = columns ?? relation.columns.map(\.id)
        let buffer = RowBuffer(columnCount: columns.count)
        for (ordinal, row) in rows.enumerated() {
            buffer.beginRow(identifier: Int64(ordinal))
            for value in row { buffer.append(value) }
        }
        let id = drawID()
        let batch = NewBatch(
            id: id, relation: relation.id, columns: columns, rowCount: Int64(rows.count),
            digest: digest(of: id))
        return (batch, buffer)
    }

    /// Commits a batch and makes it visible.
    @discardableResult
    func commit(_ rows: [[Value]], columns: [Int64]? = nil) throws -> VisibleBatch {
        let (batch, buffer) = makeBatch(rows, columns: columns)
        let next = position.next(token: drawID())
        try endpoint.commit(batch, rows: buffer, from: position, to: next)
        position = next
        let number = Int64(batches.count + 1)
        let visible = VisibleBatch(id: batch.id, number: number, rowCount: batch.rowCount)
        batches.append(visible)
        for (ordinal, row) in rows.enumerated() {
            let location = ColdLocation(batchNumber: number, ordinal: Int64(ordinal))
            self.rows.append(Row(location: location, values: row))
        }
        return visible
    }

    /// Returns the digest of a batch created by ``makeBatch(_:columns:)``.
    func digest(of id: Int64) -> [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: id >> ($0 % 8 * 8)) }
    }

    /// Attaches the file to another position and its visible batches.
    func move(to position: TimelinePosition, seeing batches: [VisibleBatch]) {
        self.position = position
        self.batches = batches
        rows.removeAll { row in !batches.contains { $0.number == row.location.batchNumber } }
    }

    /// Returns a request for all columns of all batches.
    func request(
        constraints: [ColdConstraint] = [], order: [OrderTerm] = [], limit: Int? = nil
    ) -> ColdScanRequest {
        ColdScanRequest(
            relation: relation.id, position: position, batches: batches,
            columns: relation.columns.map(\.id), constraints: constraints, order: order,
            limit: limit)
    }

    /// Returns all rows of a scan.
    func scan(_ request: ColdScanRequest, pageRowCount: Int = 1_000) throws -> [Row] {
        let scan = try endpoint.scan(request)
        let page = RowBuffer(columnCount: request.columns.count)
        var rows: [Row] = []
        while try scan.nextPage(into: page, maximumRowCount: pageRowCount) {
            try require(page.rowCount > 0, "a page that is not the end has rows")
            try require(page.rowCount <= pageRowCount, "a page has at most the rows wanted")
            rows += ConformanceWorld.rows(of: page)
        }
        try require(page.rowCount, equals: 0, "rows of the page at the end")
        return rows
    }

    /// Returns a part of the rows of a batch, read with `read`.
    func read(
        _ batch: Int64, columns: [Int64]? = nil, from ordinal: Int64 = 0, count: Int = 100_000
    ) throws -> [[Value]] {
        let columns = columns ?? relation.columns.map(\.id)
        let buffer = RowBuffer(columnCount: columns.count)
        try endpoint.read(
            batch: batch, columns: columns, from: ordinal, maximumRowCount: count, into: buffer)
        for (index, identifier) in buffer.rowIdentifiers.enumerated() {
            try require(identifier, equals: ordinal + Int64(index), "the identifier of a row")
        }
        return (0..<buffer.rowCount).map { buffer.values(ofRow: $0) }
    }

    static func rows(of page: RowBuffer) -> [Row] {
        (0..<page.rowCount).map { index in
            Row(
                location: ColdLocation(packed: page.rowIdentifiers[index]),
                values: page.values(ofRow: index))
        }
    }
}

extension [ConformanceWorld.Row] {
    /// The rows, ordered by location.
    var located: [ConformanceWorld.Row] {
        sorted { $0.location.packed < $1.location.packed }
    }
}
