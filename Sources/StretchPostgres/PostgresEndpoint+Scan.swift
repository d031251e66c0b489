internal import CLibPQ
public import StretchCore
public import StretchEndpoint
internal import StretchSQLite

extension PostgresEndpoint {
    /// Starts a scan, fenced in the snapshot of its rows.
    ///
    /// Scans may run concurrently; each has its own session and snapshot.
    public func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try attempt { try PostgresScan(request, endpoint: self) }
    }

    /// Sends a scan's statements, and checks the fence.
    ///
    /// The cached definition of the relation may be out of date. The fence detects this in the
    /// snapshot of the rows, and the scan is then planned again.
    ///
    /// - Parameter count: Creates the tally of the rows of the batches.
    func open(
        _ request: ColdScanRequest, counting count: ([VisibleBatch]) -> RowTally
    ) throws -> ([RowSource], MisfitMerge?) {
        for _ in 0..<8 {
            switch try plan(request) {
            case .unknownRelation:
                try checkFence(request.position)
                guard !request.batches.isEmpty else { return ([], nil) }
                throw mismatch("has lost relation \(request.relation)")
            case .unknownColumn(let error, let generation):
                let fresh = try ask { try relation(request.relation, on: $0, isFresh: true) }
                guard fresh?.generation != generation else { throw error }
            case .plan(let plan, let visible, let relation):
                if request.batches.allSatisfy({ $0.rowCount == 0 }) || request.limit == 0 {
                    // The generation shows whether garbage was collected in the meantime.
                    if try holds(request, as: relation) { return ([], nil) }
                    _ = try ask { try self.relation(request.relation, on: $0, isFresh: true) }
                    continue
                }
                let tally = count(visible.distinctBatches)
                let scan = Scan(request, plan, visible, relation, tally)
                if let halves = try startHalves(scan) { return (halves, nil) }
                if let opened = try start(scan, plan.sql) {
                    return ([opened.source], opened.merge)
                }
                _ = try ask { try self.relation(request.relation, on: $0, isFresh: true) }
            }
        }
        throw StretchError(
            .busy, "other sessions change relation \(request.relation) of the remote",
            hint: "Try again.")
    }

    /// The inputs of a scan's statements, and the tally of its rows.
    private struct Scan {
        let request: ColdScanRequest
        let plan: PostgresScanPlan
        let visible: VisibleSet
        let relation: PostgresRelation
        let tally: RowTally

        init(
            _ request: ColdScanRequest, _ plan: PostgresScanPlan, _ visible: VisibleSet,
            _ relation: PostgresRelation, _ tally: RowTally
        ) {
            (self.request, self.plan, self.visible) = (request, plan, visible)
            (self.relation, self.tally) = (relation, tally)
        }

        /// Returns whether the cached definition is current in the snapshot of the rows.
        func isCurrent(_ generation: Int64?, _ batchCount: Int64?) -> Bool {
            generation == relation.generation
                && (!plan.needsAllBatches || batchCount == Int64(visible.indexes.count))
        }

        /// - Throws: `damaged` if the relation, whose definition is current, has misfits that are
        ///   not recorded.
        func places(endpoint: PostgresEndpoint) throws -> RowPlaces {
            let surprise = request.knownValues.lazy.compactMap { id, values in
                relation.columns[id].flatMap { column in
                    values.contains { !column.type.mayHold($0) } ? column.number : nil
                }
            }
            try plan.decoder.misfits.require(
                surprise.first { !plan.decoder.misfits.areAnnounced($0) },
                remote: endpoint.remoteName)
            return RowPlaces(visible, tally, isInclusive: plan.isInclusive, endpoint: endpoint)
        }
    }

    private enum Answer {
        case unknownRelation
        case unknownColumn(StretchError, generation: Int64)
        case plan(PostgresScanPlan, VisibleSet, PostgresRelation)
    }

    /// Plans a scan; the server is queried only for data that is not cached.
    private func plan(_ request: ColdScanRequest) throws -> Answer {
        if let relation = directory.relation(request.relation),
            let visible = rememberedSet(request)
        {
            return try plan(request, relation, visible)
        }
        return try ask { connection in
            guard let relation = try relation(request.relation, on: connection) else {
                return .unknownRelation
            }
            return try plan(request, relation, visibleSet(request, on: connection))
        }
    }

    private func plan(
        _ request: ColdScanRequest, _ relation: PostgresRelation, _ visible: VisibleSet
    ) throws -> Answer {
        if let plan = pointPlan?.plan(request, of: relation) {
            return .plan(plan, visible, relation)
        }
        let plan: PostgresScanPlan
        do {
            plan = try PostgresScanPlan(
                request, relation: relation, visible: visible, schema: schema)
        } catch let error as StretchError {
            guard error.code == .schemaMismatch else { throw error }
            // Another session may have added the column.
            return .unknownColumn(error, generation: relation.generation)
        }
        if let made = PointPlan(plan, request, relation) { pointPlan = made }
        return .plan(plan, visible, relation)
    }

    private func checkFence(_ position: TimelinePosition) throws {
        try ask { connection in
            let row = try run(historySQL(position), on: connection, expecting: 1)[0]
            guard row.rowCount == 1 else { throw self.refusal(position) }
        }
    }

    /// Returns whether a cached definition is still current, at a position that the remote holds.
    private func holds(_ request: ColdScanRequest, as relation: PostgresRelation) throws -> Bool {
        try ask { connection in
            let row = try run(fence(request), on: connection, expecting: 1)[0]
            guard row.rowCount == 1 else { throw self.refusal(request.position) }
            return row.integer(0, 0) == relation.generation
        }
    }

    /// Returns a query that has a row with the relation's current state if the remote holds the
    /// position.
    private func fence(_ request: ColdScanRequest) -> String {
        let position = request.position
        return """
            SELECT r.generation, r.batch_count
            FROM \(schema).stretch_history AS h, \(schema).stretch_relation AS r
            WHERE h.branch = \(position.branch) AND h.epoch = \(position.epoch)
                AND h.token = \(position.token) AND r.id = \(request.relation)
            """
    }

    func refusal(_ position: TimelinePosition) -> StretchError {
        mismatch(
            "does not hold epoch \(position.epoch) of branch \(position.branch) as this file does")
    }

    // MARK: Batches

    /// Returns the reader's batches, all of which are in the ledger.
    private func visibleSet(
        _ request: ColdScanRequest, on connection: PostgresConnection
    ) throws -> VisibleSet {
        let (batches, relation) = (request.batches, request.relation)
        if let known = rememberedSet(request) { return known }
        let table = try run(
            // Rows of a condemned batch may still exist, but no reader may see them.
            """
            SELECT id, CASE WHEN condemned_at IS NULL THEN row_count ELSE -1 END
            FROM \(schema).stretch_batch
            WHERE relation = \(relation) AND collected_at IS NULL
            """, on: connection, expecting: 1)[0]
        var ledger: [Int64: Int64] = [:]
        for row in 0..<table.rowCount {
            guard let id = table.integer(row, 0), let count = table.integer(row, 1),
                count == -1 || Self.rowCounts.contains(count)
            else { throw DamagedRow() }
            ledger[id] = count
        }
        directory.setLedger(ledger, relation: relation)
        if let known = rememberedSet(request) { return known }
        let missing = batches.first { ledger[$0.id] != $0.rowCount }
        // A missing position is the more specific error.
        connection.rollBack()
        try checkFence(request.position)
        throw try self.missing(
            missing?.id ?? 0, on: connection,
            otherwise: "lacks batch \(missing?.id ?? 0) of \(missing?.rowCount ?? 0) rows")
    }

    /// Returns the ids of all batches of a relation, including those whose rows were deleted.
    func batchIDs(ofRelation relation: Int64) throws -> Set<Int64> {
        let ids = try ask { connection in
            try run(
                "SELECT id FROM \(schema).stretch_batch WHERE relation = \(relation)",
                on: connection, expecting: 1)[0].integers()
        }
        // The cache lacks one of them.
        directory.removeLedger(relation: relation)
        return Set(ids)
    }

    /// Returns the reader's batches, if the cached ledger has all of them.
    private func rememberedSet(_ request: ColdScanRequest) -> VisibleSet? {
        let (batches, relation) = (request.batches, request.relation)
        if let known = directory.set(of: batches, relation: relation) { return known }
        let ledger = directory.ledger(relation)
        guard batches.allSatisfy({ ledger[$0.id] == $0.rowCount }) else { return nil }
        let set = VisibleSet(batches, relation: relation, ledger: ledger)
        directory.insert(set)
        return set
    }

    // MARK: Statements

    /// Sends both halves of a long stream, each in a separate session.
    ///
    /// Each also has its own snapshot and fence, because the batches that a position sees never
    /// change. Behind a pooler, one session may wait for the other to end.
    ///
    /// - Returns: `nil` if the stream is short or cannot be split.
    private func startHalves(_ scan: Scan) throws -> [RowSource]? {
        guard !scan.plan.halves.isEmpty else { return nil }
        let isDirect = try ask { connection in
            try connection.noteDirectness(isWanted: true)
            return connection.isDirect == true
        }
        guard isDirect else { return nil }
        var sources: [RowSource] = []
        do {
            for half in scan.plan.halves {
                guard let opened = try start(scan, half) else { return nil }
                sources.append(opened.source)
            }
        } catch is PostgresError {
            // The server may not accept a second session.
            return nil
        }
        return sources
    }

    /// Sends the statements.
    ///
    /// - Returns: `nil` if the cached definition is out of date.
    private func start(
        _ scan: Scan, _ sql: String
    ) throws -> (source: RowSource, merge: MisfitMerge?)? {
        var mayRepeat = true
        while true {
            let (connection, isReused) = try pool.take()
            do {
                if let opened = try start(scan, sql, on: connection) { return opened }
                connection.cancel()
                connection.rollBack()
                pool.giveBack(connection)
                return nil
            } catch {
                connection.cancel()
                connection.rollBack()
                pool.giveBack(connection)
                guard let error = error as? PostgresError, error.isConnectionLost, isReused,
                    mayRepeat
                else { throw error }
                mayRepeat = false
                pool.close()
            }
        }
    }

    private func start(
        _ scan: Scan, _ sql: String, on connection: PostgresConnection
    ) throws -> (source: RowSource, merge: MisfitMerge?)? {
        roundTripCount += 1
        switch scan.plan.kind {
        case .point(let parameters, let isRepeated):
            try connection.noteDirectness(isWanted: isRepeated)
            try connection.send(sql, parameters, isRepeated: isRepeated)
            connection.useSingleRows()
            guard let first = try connection.nextResult(), first.status == PGRES_SINGLE_TUPLE else {
                throw refusal(scan.request.position)
            }
            guard scan.isCurrent(first.bigEndian(0), first.bigEndian(1)) else { return nil }
            let places = try scan.places(endpoint: self)
            let source = RowSource(
                .rows(isCursor: false), endpoint: self, connection: connection,
                decoder: scan.plan.decoder, places: places, first: first, fieldOffset: 2)
            return (source, nil)
        case .stream:
            try connection.send(
                """
                \(PostgresSchema.beginReading) \(fence(scan.request));
                COPY (\(sql)) TO STDOUT (FORMAT binary); COMMIT
                """)
            guard let places = try passFence(scan, on: connection) else { return nil }
            try connection.beginCopyOut()
            let source = RowSource(
                .copying, endpoint: self, connection: connection, decoder: scan.plan.decoder,
                places: places, first: nil, fieldOffset: 0)
            return (source, nil)
        case .cursor(let parameters, let misfits):
            try connection.send(statements(scan.request, sql, parameters, misfits: misfits))
            guard let places = try passFence(scan, on: connection) else { return nil }
            var merge: MisfitMerge?
            if misfits != nil {
                let rows = try readMisfits(scan.plan, places, on: connection)
                merge = MisfitMerge(
                    order: scan.request.order, columns: scan.plan.columns,
                    columnCount: scan.request.columns.count, misfits: rows)
            }
            guard try connection.nextResult()?.status == PGRES_COMMAND_OK else {
                throw DamagedRow()
            }
            let source = RowSource(
                .rows(isCursor: true), endpoint: self, connection: connection,
                decoder: scan.plan.decoder, places: places, first: nil, fieldOffset: 0)
            return (source, merge)
        }
    }

    /// Reads the fence's result, which precedes the rows.
    ///
    /// - Returns: `nil` if the cached definition is out of date.
    private func passFence(
        _ scan: Scan, on connection: PostgresConnection
    ) throws -> RowPlaces? {
        while let result = try connection.nextResult() {
            guard result.status == PGRES_TUPLES_OK else { continue }
            guard result.rowCount == 1 else { throw refusal(scan.request.position) }
            guard scan.isCurrent(result.integer(0, 0), result.integer(0, 1)) else { return nil }
            return try scan.places(endpoint: self)
        }
        throw DamagedRow()
    }

    /// Returns the statements of a scan in order, for one round trip.
    private func statements(
        _ request: ColdScanRequest, _ sql: String, _ parameters: [String], misfits: String?
    ) -> [ServerStatement] {
        var statements = ServerStatement.beginReading + [ServerStatement(fence(request))]
        if let misfits {
            statements.append(
                ServerStatement(misfits, parameters, isBinary: true, isInSingleRows: true))
        }
        let cursor = "DECLARE stretch_rows BINARY NO SCROLL CURSOR FOR \(sql)"
        return statements + [
            ServerStatement(cursor, parameters),
            ServerStatement(RowSource.firstFetch, isBinary: true, isInSingleRows: true),
        ]
    }

    private func readMisfits(
        _ plan: PostgresScanPlan, _ places: RowPlaces, on connection: PostgresConnection
    ) throws -> RowBuffer {
        let rows = RowBuffer(columnCount: plan.columns.count)
        while let result = try connection.nextResult() {
            guard result.status == PGRES_SINGLE_TUPLE else {
                guard result.rowCount == 0 else { throw DamagedRow() }
                break
            }
            var fields = try ResultFields(result, of: plan.decoder, from: 0)
            try plan.decoder.append(to: rows, identify: places.identify) { fields.next() }
            guard rows.byteCount <= MisfitMerge.maximumByteCount else {
                throw StretchError(
                    .unsupported, "too many values to sort are of another type than their column",
                    hint: "Leave ORDER BY out, or bring the rows back and enable the table again.")
            }
        }
        return rows
    }
}
