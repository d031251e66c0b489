import Foundation
import Stretch
import StretchCore
import StretchEmbedded
import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import Testing

/// A remote file with one branch, one relation of one column, and one batch.
struct Sample {
    static let start = TimelinePosition(branch: 1, epoch: 0, token: 3)
    static let batch: Int64 = 50
    static let relation = Relation(
        id: 2, name: "orders",
        columns: [RemoteColumn(id: 1, name: "key", affinity: .blob, defaultValue: .null)],
        key: [OrderTerm(column: 1)], indexes: [])

    let endpoint: EmbeddedEndpoint
    /// A connection beside the endpoint, for damage and for looking inside.
    let connection: Connection
    let position = Sample.start.next(token: 4)
    private let rowCount: Int

    init(_ path: String, keys: [Int64] = [1, 2]) throws {
        endpoint = try EmbeddedEndpoint(path: path, routines: .linked, isCreating: true)
        try endpoint.register(database: 7, position: Sample.start)
        try endpoint.provision(Sample.relation)
        let rows = RowBuffer(columnCount: 1)
        for key in keys {
            rows.beginRow(identifier: key)
            rows.append(key)
        }
        let batch = NewBatch(
            id: Sample.batch, relation: 2, columns: [1], rowCount: Int64(keys.count), digest: [1])
        try endpoint.commit(batch, rows: rows, from: Sample.start, to: position)
        rowCount = keys.count
        connection = try Connection(path: path, access: .readWrite, routines: .linked)
    }

    /// - Parameter key: The least key that is wanted, or `nil` for all rows.
    static func request(
        at position: TimelinePosition, count: Int = 2, from key: Int64? = nil
    ) -> ColdScanRequest {
        ColdScanRequest(
            relation: 2, position: position,
            batches: [VisibleBatch(id: batch, number: 1, rowCount: Int64(count))], columns: [1],
            constraints: key.map {
                [ColdConstraint(column: 1, comparison: .greaterOrEqual(.integer($0)))]
            } ?? [])
    }

    func execute(_ sql: String) throws { try connection.execute(sql) }

    /// Moves the WAL into the file.
    func fold() throws { #expect(try checkpoint() == 0) }

    /// Checkpoints and truncates the WAL; 1 when a reader was in the way.
    func checkpoint() throws -> Int64? {
        try connection.integer("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    func keys(on endpoint: EmbeddedEndpoint, count: Int? = nil) throws -> [Int64] {
        try page(on: endpoint, count: count).map { $0.key }
    }

    func locations(on endpoint: EmbeddedEndpoint, from key: Int64) throws -> [Int64] {
        try page(on: endpoint, count: nil, from: key).map { $0.ordinal }
    }

    private func page(
        on endpoint: EmbeddedEndpoint, count: Int?, from key: Int64? = nil
    ) throws -> [(key: Int64, ordinal: Int64)] {
        let scan = try endpoint.scan(
            Sample.request(at: position, count: count ?? rowCount, from: key))
        let page = RowBuffer(columnCount: 1)
        _ = try scan.nextPage(into: page, maximumRowCount: 100)
        return (0..<page.rowCount).map { row in
            let key = page.values(ofRow: row)[0].integerValue ?? 0
            return (key, ColdLocation(packed: page.rowIdentifiers[row]).ordinal)
        }
    }

    func read(on endpoint: EmbeddedEndpoint) throws -> [Int64] {
        let buffer = RowBuffer(columnCount: 1)
        try endpoint.read(
            batch: Sample.batch, columns: [1], from: 0, maximumRowCount: 100, into: buffer)
        return (0..<buffer.rowCount).map { buffer.values(ofRow: $0)[0].integerValue ?? 0 }
    }
}

/// Runs `body` with the path of a file that does not exist yet, in a folder of its own.
func withRemotePath(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("stretch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("remote.db").path)
}

/// Expects an error of Stretch with the given code, and with a hint where a person can help.
func expect(
    _ code: StretchError.Code, from body: () throws -> Void,
    at location: SourceLocation = #_sourceLocation
) {
    do {
        try body()
        Issue.record("nothing was thrown", sourceLocation: location)
    } catch let error as StretchError {
        #expect(error.code == code, "\(error)", sourceLocation: location)
    } catch {
        Issue.record(error, sourceLocation: location)
    }
}
