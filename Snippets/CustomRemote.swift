import Stretch

/// Serves the addresses of another provider, and logs what its sessions are asked.
struct LoggingProvider: EndpointProvider {
    let base: any EndpointProvider

    func endpoint(for request: EndpointRequest) throws(StretchError) -> (any Endpoint)? {
        guard let session = try base.endpoint(for: request) else { return nil }
        return LoggingEndpoint(session)
    }
}

/// One session with the remote.
final class LoggingEndpoint: Endpoint {
    private let base: any Endpoint

    init(_ base: any Endpoint) { self.base = base }

    var roundTripCount: Int { base.roundTripCount }

    // MARK: The remote

    func identity() throws(StretchError) -> String { try base.identity() }
    func authorize() throws(StretchError) { try base.authorize() }
    func interrupt() { base.interrupt() }

    func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try base.register(database: database, position: position)
    }

    // MARK: Relations

    func provision(_ relation: Relation) throws(StretchError) { try base.provision(relation) }
    func buildIndexes(_ relation: Relation) throws(StretchError) {
        try base.buildIndexes(relation)
    }
    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try base.lacks(relation)
    }
    func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try base.usage(relation: relation)
    }

    // MARK: Timeline

    func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try base.position(branch: branch)
    }
    func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try base.fence(branch: branch)
    }
    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try base.holds(position)
    }
    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try base.ledgerEntry(batch: batch)
    }
    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]] {
        try base.batches(seenAt: position)
    }

    // MARK: Batches

    func commit(
        _ batch: NewBatch, rows: RowBuffer, from old: TimelinePosition, to new: TimelinePosition
    ) throws(StretchError) {
        try base.commit(batch, rows: rows, from: old, to: new)
        print("committed", batch.rowCount, "rows")
    }
    func retire(
        batch: Int64, from old: TimelinePosition, to new: TimelinePosition
    ) throws(StretchError) {
        try base.retire(batch: batch, from: old, to: new)
    }
    func confirm(_ position: TimelinePosition) throws(StretchError) {
        try base.confirm(position)
    }

    // MARK: Rows

    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        try base.read(
            batch: batch, columns: columns, from: ordinal, maximumRowCount: maximumRowCount,
            into: buffer)
    }
    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        print("scan of", request.batches.count, "batches")
        return try base.scan(request)
    }
    func strayRowCount(relation: Int64) throws(StretchError) -> Int64 {
        try base.strayRowCount(relation: relation)
    }
}

var configuration = Configuration.standard
configuration.remotes = configuration.remotes.map { LoggingProvider(base: $0) }
let database = try StretchDatabase(path: "app.db", configuration: configuration)
print(try database.query("SELECT count(*) FROM orders")[0][0], "rows")
