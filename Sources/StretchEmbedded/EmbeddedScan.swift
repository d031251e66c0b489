internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

/// A scan of one relation, with its own connection and thus its own snapshot.
///
/// The snapshot lasts from the first step of the fence to the end of the scan; then the connection
/// is returned to the endpoint.
final class EmbeddedScan: ColdScan {
    /// The size at which a page ends, whatever its number of rows.
    static let maximumPageByteCount = 4 << 20

    private let endpoint: EmbeddedEndpoint
    private let incarnation: Int
    private let columnCount: Int
    private let relation: Int64
    private var reader: Connection?
    private var fence: Statement?
    private var rows: Statement?
    private var plan: EmbeddedScanPlan?
    private var ranges = BatchRanges()
    private var tally = RowTally([], isWhole: false)
    private var runsLeft: Range<Int> = 0..<0
    private var rangeIndex = 0
    private var rowsLeft = Int.max
    private var isFirstPage = true

    init(_ request: ColdScanRequest, endpoint: EmbeddedEndpoint) throws {
        self.endpoint = endpoint
        columnCount = request.columns.count
        relation = request.relation
        let reader = try endpoint.file.takeReader()
        // Taking a reader may have cleared the cache of an older file.
        incarnation = endpoint.file.incarnation
        self.reader = reader
        do {
            try begin(request, on: reader)
        } catch {
            finish()
            throw error
        }
    }

    deinit { finish() }

    private func begin(_ request: ColdScanRequest, on reader: Connection) throws {
        let fence = try reader.cached(
            """
            SELECT m.generation, r.number, r.row_count
            FROM stretch_history AS h, stretch_remote AS m
            LEFT JOIN stretch_relation AS r ON r.id = ?4
            WHERE h.branch = ?1 AND h.epoch = ?2 AND h.token = ?3
            """)
        self.fence = fence
        try fence.bind(integer: request.position.branch, at: 1)
        try fence.bind(integer: request.position.epoch, at: 2)
        try fence.bind(integer: request.position.token, at: 3)
        try fence.bind(integer: request.relation, at: 4)
        // The statement is not reset, which keeps the snapshot open.
        guard try fence.step() else {
            throw endpoint.mismatch(
                "remote \"\(endpoint.path)\" does not hold epoch \(request.position.epoch) of "
                    + "branch \(request.position.branch) as this file does")
        }
        let file = endpoint.file
        let fenced = StoredRow(fence, table: "stretch_remote", file: .remote(file.path))
        file.directory.update(generation: try fenced.integer(0, in: .versions))
        ranges = try file.directory.ranges(
            of: request.batches, relation: request.relation, on: reader, path: file.path)
        guard ranges.rowCount > 0, request.limit != 0 else { return finish() }
        guard !fenced.isNull(1) else {
            throw endpoint.mismatch(
                "remote \"\(endpoint.path)\" has lost relation \(request.relation)")
        }
        tally = RowTally(ranges.batches, isWhole: request.isWhole)
        let found = StoredRow(fence, table: "stretch_relation", file: .remote(file.path))
        let relation = try file.directory.relation(
            request.relation, number: try found.integer(1, in: .numbers), on: reader,
            path: file.path)
        guard let relation else {
            throw endpoint.mismatch(
                "remote \"\(endpoint.path)\" has lost relation \(request.relation)")
        }
        try relation.require(request.columns)
        try relation.require(request.constraints.lazy.map(\.column))
        try relation.require(request.order.lazy.map(\.column))
        let plan = EmbeddedScanPlan(
            request, relation: relation, ranges: ranges,
            totalRowCount: try found.integer(2, in: .rows))
        self.plan = plan
        rowsLeft = plan.limit ?? .max
        runsLeft = 0..<plan.runs.count
        let rows = try reader.cached(plan.sql)
        self.rows = rows
        try startNextRun(of: plan, rows)
    }

    /// Starts the statement's next run; returns `false` if there is none.
    @discardableResult
    private func startNextRun(of plan: EmbeddedScanPlan, _ rows: Statement) throws -> Bool {
        guard let run = runsLeft.popFirst() else { return false }
        rows.reset()
        let own = plan.runs.values(ofRun: run)
        try rows.bind(own)
        guard run == 0 else { return true }
        for (index, value) in plan.values.enumerated() {
            try rows.bind(value, at: own.count + index + 1)
        }
        return true
    }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        precondition(page.columnCount == columnCount, "the page has other columns")
        precondition(maximumRowCount > 0, "a page has at least one row")
        page.removeAll()
        guard let plan, let rows, let reader else { return false }
        if !isFirstPage { endpoint.roundTripCount += 1 }
        isFirstPage = false
        return try endpoint.attempt {
            do {
                try fill(page, maximumRowCount, of: plan, rows, on: reader)
            } catch {
                page.removeAll()
                finish()
                throw error
            }
            return page.rowCount > 0
        }
    }

    private func fill(
        _ page: RowBuffer, _ maximumRowCount: Int, of plan: EmbeddedScanPlan, _ rows: Statement,
        on reader: Connection
    ) throws {
        let rowLimit = min(maximumRowCount, rowsLeft)
        while page.rowCount < rowLimit, page.byteCount < EmbeddedScan.maximumPageByteCount {
            guard try rows.step() else {
                guard try startNextRun(of: plan, rows) else {
                    try tally.finish(remote: endpoint.path)
                    return finish()
                }
                continue
            }
            let row = rows.integer(0)
            guard let ordinal = ranges.ordinal(ofRow: row, near: &rangeIndex) else {
                try endpoint.file.directory.requireBatch(
                    ofRow: row, relation: relation, on: reader, path: endpoint.path)
                continue
            }
            let location = try tally.take(
                batchAt: rangeIndex, ordinal: ordinal, remote: endpoint.path)
            page.beginRow(identifier: location)
            page.appendRow(of: rows, from: 1, routines: reader.routines)
        }
        rowsLeft -= page.rowCount
        if rowsLeft == 0 { finish() }
    }

    /// Ends the snapshot and returns the connection.
    private func finish() {
        rows?.reset()
        // Values may be large, and the connection outlives the scan.
        rows?.clearBindings()
        fence?.reset()
        (rows, fence, plan) = (nil, nil, nil)
        guard let reader else { return }
        self.reader = nil
        endpoint.file.giveBack(reader, incarnation: incarnation)
    }
}
