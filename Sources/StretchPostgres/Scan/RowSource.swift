internal import CLibPQ
internal import StretchEndpoint
internal import StretchSQLite

/// The rows of a running scan, in the order in which the server sends them.
final class RowSource {
    /// The approximate size of a FETCH, in bytes.
    private static let fetchByteCount = 1 << 20
    private static let firstFetchRowCount = 128

    private let endpoint: PostgresEndpoint
    private let connection: PostgresConnection
    private let decoder: RowDecoder
    private let places: RowPlaces
    private var state: State
    private var isFirstRow = true
    /// Whether the last call failed.
    private var hasFailed = false
    private var fetched = (rowCount: 0, wanted: RowSource.firstFetchRowCount, byteCount: 0)
    /// The current result, for rows that are not COPY data.
    private var result: PostgresResult?
    private let fieldOffset: Int

    enum State {
        case copying
        /// Rows of one statement, or of one FETCH of a cursor.
        case rows(isCursor: Bool)
        case ended
    }

    init(
        _ state: State, endpoint: PostgresEndpoint, connection: PostgresConnection,
        decoder: RowDecoder, places: RowPlaces, first: PostgresResult?, fieldOffset: Int
    ) {
        self.endpoint = endpoint
        self.connection = connection
        self.decoder = decoder
        self.state = state
        self.fieldOffset = fieldOffset
        self.places = places
        result = first
    }

    deinit {
        switch state {
        case .ended: break
        // A FETCH is short unless the call was abandoned.
        case .rows(isCursor: true) where !hasFailed: break
        case .copying, .rows: connection.cancel()
        }
        result = nil
        connection.rollBack()
        endpoint.pool.giveBack(connection)
    }

    func beginCall() { endpoint.pool.begin(connection) }

    /// Appends rows until the page is full or the rows end.
    func fill(_ page: RowBuffer, maximumRowCount: Int) throws {
        hasFailed = true
        switch state {
        case .ended: break
        case .copying: try copy(into: page, maximumRowCount: maximumRowCount)
        case .rows: try readRows(into: page, maximumRowCount: maximumRowCount)
        }
        try decoder.misfits.require(
            decoder.misfits.unannounced, remote: endpoint.remoteName)
        hasFailed = false
    }

    // MARK: COPY

    private func copy(into page: RowBuffer, maximumRowCount: Int) throws {
        while page.rowCount < maximumRowCount, page.byteCount < PostgresScan.maximumPageByteCount {
            guard let bytes = try connection.copyRow() else {
                try connection.finish()
                state = .ended
                return
            }
            defer { PQfreemem(bytes.baseAddress) }
            var fields = try CopyFields(UnsafeRawBufferPointer(bytes))
            if isFirstRow {
                try fields.skipHeader()
                isFirstRow = false
            }
            guard !fields.isAtEnd, try fields.fieldCount() >= 0 else { continue }
            try decoder.append(to: page, identify: places.identify) { try fields.field() }
        }
    }

    // MARK: Rows of statements

    private func readRows(into page: RowBuffer, maximumRowCount: Int) throws {
        while page.rowCount < maximumRowCount, page.byteCount < PostgresScan.maximumPageByteCount {
            guard let result = try nextRow() else { return }
            var fields = try ResultFields(result, of: decoder, from: fieldOffset)
            // The fence's row if no row matches the condition.
            guard fieldOffset == 0 || !result.isNull(0, fieldOffset) else { continue }
            let before = page.byteCount
            try decoder.append(to: page, identify: places.identify) { fields.next() }
            fetched.byteCount += page.byteCount - before
        }
    }

    /// Returns the next row, which is a separate result, or `nil` at the end.
    private func nextRow() throws -> PostgresResult? {
        while true {
            if let first = result {
                result = nil
                if first.status == PGRES_SINGLE_TUPLE {
                    fetched.rowCount += 1
                    return first
                }
                // The final result after single rows has no rows.
                guard first.rowCount == 0 else { throw DamagedRow() }
            }
            if let next = try connection.nextResult() {
                result = next
                continue
            }
            guard case .rows(isCursor: true) = state, fetched.rowCount == fetched.wanted else {
                state = .ended
                return nil
            }
            try fetch()
        }
    }

    private func fetch() throws {
        let mean = max(fetched.byteCount / max(fetched.rowCount, 1), 16)
        let wanted = min(RowSource.fetchByteCount / mean + 1, fetched.wanted * 4)
        fetched = (0, wanted, 0)
        endpoint.roundTripCount += 1
        try connection.send("FETCH \(wanted) FROM stretch_rows", inSingleRows: true)
    }

    static var firstFetch: String { "FETCH \(firstFetchRowCount) FROM stretch_rows" }
}

/// Determines the locations of rows, and counts the rows.
final class RowPlaces {
    private let visible: VisibleSet
    private let tally: RowTally
    /// Whether the statement lists the wanted batches, so that no other rows can be returned.
    private let isInclusive: Bool
    private let endpoint: PostgresEndpoint
    private var lastBatch: (id: Int64, index: Int?)
    /// The ids of all batches of the relation that the ledger ever had; `nil` until needed.
    private var ledger: Set<Int64>?

    init(
        _ visible: VisibleSet, _ tally: RowTally, isInclusive: Bool, endpoint: PostgresEndpoint
    ) {
        (self.visible, self.tally, self.isInclusive) = (visible, tally, isInclusive)
        self.endpoint = endpoint
        // Ids are positive.
        lastBatch = (0, nil)
    }

    /// Returns the packed location of a row, or `nil` if its batch is not wanted.
    @inline(__always)
    func identify(_ batch: Int64, _ ordinal: Int64) throws -> Int64? {
        // Rows are stored in the order of batches.
        if batch != lastBatch.id { lastBatch = (batch, try index(of: batch)) }
        guard let index = lastBatch.index else { return nil }
        return try tally.take(
            batchAt: index, ordinal: ordinal, remote: endpoint.remoteName)
    }

    /// Returns the index of a batch among the wanted ones, or `nil` for another batch of the
    /// ledger.
    private func index(of batch: Int64) throws -> Int? {
        if let index = visible.indexes[batch] { return index }
        if !isInclusive, visible.isInLedger(batch) { return nil }
        if !isInclusive {
            // The batch may be newer than the cached ledger, but not newer than the ledger.
            let ids = try ledger ?? endpoint.batchIDs(ofRelation: visible.relation)
            ledger = ids
            if ids.contains(batch) { return nil }
        }
        throw RowTally.unknownBatch(batch, remote: endpoint.remoteName)
    }
}
