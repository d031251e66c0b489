internal import CLibPQ
public import Stretch
internal import StretchSQLite

extension PostgresEndpoint {
    /// Starts a scan, fenced in the snapshot that its rows come from.
    ///
    /// Scans may run side by side; each has a session and a snapshot of its own.
    public func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try attempt { try PostgresScan(request, endpoint: self) }
    }

    /// Sends a scan's statements, and checks the fence.
    ///
    /// What is remembered of the relation may be out of date; the fence tells, in the snapshot of
    /// the rows, and then all is asked again.
    func open(_ request: ColdScanRequest) throws -> ([RowSource], MisfitMerge?) {
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
                    // What garbage collection took meanwhile, the generation tells.
                    if try holds(request, as: relation) { return ([], nil) }
                    _ = try ask { try self.relation(request.relation, on: $0, isFresh: true) }
                    continue
                }
                if let halves = try startHalves(plan, request, visible, relation) {
                    return (halves, nil)
                }
                if let opened = try start(plan, plan.sql, request, visible, relation) {
                    return ([opened.source], opened.merge)
                }
                _ = try ask { try self.relation(request.relation, on: $0, isFresh: true) }
            }
        }
        throw StretchError(
            .busy, "other sessions change relation \(request.relation) of the remote",
            hint: "Try again.")
    }

    private enum Answer {
        case unknownRelation
        case unknownColumn(StretchError, generation: Int64)
        case plan(PostgresScanPlan, VisibleSet, PostgresRelation)
    }

    /// Plans a scan; the server is asked only for what is not remembered.
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
            let results = try run(
                "SELECT 1 FROM \(schema).stretch_history WHERE branch = \(position.branch) "
                    + "AND epoch = \(position.epoch) AND token = \(position.token)",
                on: connection)
            guard results[0].rowCount == 1 else { throw self.refusal(position) }
        }
    }

    /// Whether what is remembered of a relation is still so, at a position that the remote holds.
    private func holds(_ request: ColdScanRequest, as relation: PostgresRelation) throws -> Bool {
        try ask { connection in
            let results = try run(fence(request), on: connection)
            guard results[0].rowCount == 1 else { throw self.refusal(request.position) }
            return results[0].integer(0, 0) == relation.generation
        }
    }

    /// Returns a row when the remote holds the position: how the relation is now.
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

    /// The reader's batches, each of which the ledger knows.
    private func visibleSet(
        _ request: ColdScanRequest, on connection: PostgresConnection
    ) throws -> VisibleSet {
        let (batches, relation) = (request.batches, request.relation)
        if let known = rememberedSet(request) { return known }
        let results = try run(
            // Rows of a condemned batch may still lie there, for no reader.
            """
            SELECT id, CASE WHEN condemned_at IS NULL THEN row_count ELSE -1 END
            FROM \(schema).stretch_batch
            WHERE relation = \(relation) AND collected_at IS NULL
            """, on: connection)
        var ledger: [Int64: Int64] = [:]
        for row in 0..<results[0].rowCount {
            guard let id = results[0].integer(row, 0), let count = results[0].integer(row, 1)
            else { throw DamagedRow() }
            ledger[id] = count
        }
        directory.setLedger(ledger, relation: relation)
        if let known = rememberedSet(request) { return known }
        let missing = batches.first { ledger[$0.id] != $0.rowCount }
        // A position that the remote does not hold is the better reason.
        connection.rollBack()
        try checkFence(request.position)
        throw try self.missing(
            missing?.id ?? 0, on: connection,
            otherwise: "lacks batch \(missing?.id ?? 0) of \(missing?.rowCount ?? 0) rows")
    }

    /// The reader's batches, when the remembered ledger has them all.
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

    /// Sends both halves of a long stream, each in a session of its own.
    ///
    /// Each has a snapshot of its own too, and each is fenced: what a position sees never changes.
    /// Behind a pooler one session may wait for the other's end.
    ///
    /// - Returns: `nil` when the stream is short or comes in one piece after all.
    private func startHalves(
        _ plan: PostgresScanPlan, _ request: ColdScanRequest, _ visible: VisibleSet,
        _ relation: PostgresRelation
    ) throws -> [RowSource]? {
        guard !plan.halves.isEmpty else { return nil }
        let isDirect = try ask { connection in
            try connection.noteDirectness(isWanted: true)
            return connection.isDirect == true
        }
        guard isDirect else { return nil }
        var sources: [RowSource] = []
        do {
            for half in plan.halves {
                guard let opened = try start(plan, half, request, visible, relation) else {
                    return nil
                }
                sources.append(opened.source)
            }
        } catch is PostgresError {
            // The server may have no second session to give.
            return nil
        }
        return sources
    }

    /// Sends the statements.
    ///
    /// - Returns: `nil` when the remembered definition was out of date.
    private func start(
        _ plan: PostgresScanPlan, _ sql: String, _ request: ColdScanRequest,
        _ visible: VisibleSet, _ relation: PostgresRelation
    ) throws -> (source: RowSource, merge: MisfitMerge?)? {
        var mayRepeat = true
        while true {
            let (connection, isReused) = try pool.take()
            do {
                return try start(plan, sql, request, visible, relation, on: connection)
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
        _ plan: PostgresScanPlan, _ sql: String, _ request: ColdScanRequest,
        _ visible: VisibleSet, _ relation: PostgresRelation, on connection: PostgresConnection
    ) throws -> (source: RowSource, merge: MisfitMerge?)? {
        roundTripCount += 1
        func source(_ state: RowSource.State, _ first: PostgresResult?, _ offset: Int) -> RowSource
        {
            RowSource(
                state, endpoint: self, connection: connection, decoder: plan.decoder,
                visible: visible, first: first, fieldOffset: offset)
        }
        func isCurrent(_ generation: Int64?, _ batchCount: Int64?) -> Bool {
            generation == relation.generation
                && (!plan.needsAllBatches || batchCount == Int64(visible.numbers.count))
        }
        func giveUp() {
            connection.cancel()
            connection.rollBack()
            pool.giveBack(connection)
        }
        if case .point(let parameters, let isRepeated) = plan.kind {
            try connection.noteDirectness(isWanted: isRepeated)
            try connection.send(sql, parameters, isRepeated: isRepeated)
            connection.useSingleRows()
            guard let first = try connection.nextResult(), first.status == PGRES_SINGLE_TUPLE else {
                throw refusal(request.position)
            }
            guard isCurrent(first.bigEndian(0), first.bigEndian(1)) else {
                giveUp()
                return nil
            }
            return (source(.rows(isCursor: false), first, 2), nil)
        }
        try connection.send(statements(plan.kind, sql, request), inSingleRows: true)
        var fence: PostgresResult?
        while fence == nil {
            guard let result = try connection.nextResult() else { throw DamagedRow() }
            if result.status == PGRES_SINGLE_TUPLE { fence = result }
            if result.status == PGRES_TUPLES_OK { throw refusal(request.position) }
        }
        guard isCurrent(fence?.integer(0, 0), fence?.integer(0, 1)) else {
            giveUp()
            return nil
        }
        _ = try connection.nextResult()
        switch plan.kind {
        case .cursor(let misfits):
            var merge: MisfitMerge?
            if misfits != nil {
                let rows = try readMisfits(plan, visible, on: connection)
                merge = MisfitMerge(
                    order: request.order, columns: plan.columns,
                    columnCount: request.columns.count, misfits: rows)
            }
            // That of DECLARE.
            _ = try connection.nextResult()
            return (source(.rows(isCursor: true), nil, 0), merge)
        default:
            _ = try connection.nextResult()
            return (source(.copying, nil, 0), nil)
        }
    }

    /// The statements of a scan that is no point read; they are one round trip.
    private func statements(
        _ kind: PostgresScanPlan.Kind, _ sql: String, _ request: ColdScanRequest
    ) -> String {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \(fence(request));"
        switch kind {
        case .cursor(let misfits):
            let copy = misfits.map { "COPY (\($0)) TO STDOUT (FORMAT binary);" } ?? ""
            return """
                \(begin) \(copy)
                DECLARE stretch_rows BINARY NO SCROLL CURSOR FOR \(sql);
                \(RowSource.firstFetch)
                """
        default: return "\(begin) COPY (\(sql)) TO STDOUT (FORMAT binary); COMMIT"
        }
    }

    private func readMisfits(
        _ plan: PostgresScanPlan, _ visible: VisibleSet, on connection: PostgresConnection
    ) throws -> RowBuffer {
        let rows = RowBuffer(columnCount: plan.columns.count)
        guard let copy = try connection.nextResult(), copy.status == PGRES_COPY_OUT else {
            throw DamagedRow()
        }
        try connection.readCopy { fields in
            try plan.decoder.append(
                to: rows,
                identify: { batch, ordinal in
                    visible.numbers[batch].map {
                        ColdLocation(batchNumber: $0, ordinal: ordinal).packed
                    }
                }, next: { try fields.field() })
            guard rows.byteCount <= MisfitMerge.maximumByteCount else {
                throw StretchError(
                    .unsupported, "too many values to sort are of another type than their column",
                    hint: "Leave ORDER BY out, or bring the rows back and enable the table anew.")
            }
        }
        _ = try connection.nextResult()
        return rows
    }
}
