internal import Dispatch
internal import StretchSQLite
internal import StretchText

/// What a run does next, table by table: batches that leave the manifest, then rows that move.
final class MigrationPlan {
    enum Work {
        case batch(MovingBatch)
        case retirement(StretchedTable, ManifestBatch)
    }

    private struct Pass {
        let table: StretchedTable
        let schema: TableSchema
        let query: EligibilityQuery
        let reader: EligibleRowReader
        var movedRowCount: Int64 = 0
    }

    private static let readQueue = DispatchQueue(label: "stretch.migrator.read")

    private let catalog: Catalog
    private let rowConnection: Connection
    private let now: String
    private let randomID: @Sendable () -> Int64
    private let maximumByteCount: Int
    /// The ids of the tables still to do, the next one last.
    private var tables: [Int64]
    private let movesRows: Bool
    private var pass: Pass?
    private var retirements: [(StretchedTable, ManifestBatch)] = []
    private var prefetch: Background<MovingBatch?>?
    /// A batch that was read ahead, and comes before the one of `prefetch`.
    private var ready: MovingBatch?
    /// The row limit while a row is looked for that the remote refuses.
    private var narrowRowCount: Int?

    /// The ids of the tables whose rows do not move now.
    var waiting: Set<Int64> = []
    /// Called when the rows of a table begin, with the number that are eligible.
    var passBegan: (StretchedTable, Int64) -> Void = { _, _ in }
    /// Called when a table is done, with the rows that stay.
    var passEnded: (StretchedTable, [KeptReason: Int64]) -> Void = { _, _ in }

    /// - Parameters:
    ///   - connection: The migrator's own, which reads the catalog.
    ///   - rowConnection: A second one, on which the next rows are read meanwhile.
    ///   - movesRows: Whether rows move; else batches only leave the manifest.
    init(
        tables: [StretchedTable], movesRows: Bool, connection: Connection,
        rowConnection: Connection, now: String, randomID: @escaping @Sendable () -> Int64,
        maximumByteCount: Int
    ) {
        self.tables = MigrationPlan.childrenFirst(tables).map(\.id).reversed()
        self.movesRows = movesRows
        catalog = Catalog(connection)
        self.rowConnection = rowConnection
        self.now = now
        self.randomID = randomID
        self.maximumByteCount = maximumByteCount
    }

    /// The tables in an order in which each comes before the one that it follows.
    static func childrenFirst(_ tables: [StretchedTable]) -> [StretchedTable] {
        var rest = tables
        var result: [StretchedTable] = []
        while !rest.isEmpty {
            let next = rest.firstIndex { table in
                !rest.contains { $0.follows?.isEqualFoldingCase(table.name) ?? false }
            }
            // In a circle, the first one comes first.
            result.append(rest.remove(at: next ?? 0))
        }
        return result
    }

    // MARK: Work

    /// What to do now, or `nil` at the end.
    func next(rowCount: Int) throws -> Work? {
        while true {
            if let (table, batch) = retirements.popLast() { return .retirement(table, batch) }
            if let batch = try takeAhead() { return .batch(batch) }
            if let pass {
                if !pass.reader.isAtEnd, let batch = try read(pass, rowCount: rowCount) {
                    return .batch(batch)
                }
                // Children of the same table have moved, and their parents may follow.
                if pass.query.refersToItself, pass.movedRowCount > 0 {
                    self.pass?.movedRowCount = 0
                    pass.reader.move(to: nil)
                    continue
                }
                try end(pass)
            }
            guard let id = tables.popLast() else { return nil }
            guard let table = try catalog.tables().first(where: { $0.id == id }) else { continue }
            retirements = try catalog.hiddenBatches(of: table).map { (table, $0) }
            if movesRows, table.state == .outbound, !waiting.contains(id) {
                pass = try begin(table)
            }
        }
    }

    /// Notes that rows of the current table moved.
    func recordMoved(rowCount: Int) {
        pass?.movedRowCount += Int64(rowCount)
        narrowRowCount = narrowRowCount.flatMap { $0 < 1_000_000 ? $0 * 2 : nil }
    }

    /// Reads the current table again from where it stands, after its definition changed.
    func reload() throws {
        dropAhead()
        guard let pass else { return }
        self.pass = nil
        let table = try catalog.tables().first { $0.id == pass.table.id }
        guard let table, !waiting.contains(table.id) else { return }
        // The rows of the batch that was given up come again; those that moved are gone.
        self.pass = try begin(table, isCounting: false)
    }

    /// Takes back a batch that the remote refused, to read it in two halves.
    ///
    /// - Returns: `false` when it has one row only; the row is then left behind.
    func narrow(_ batch: MovingBatch) -> Bool {
        dropAhead()
        let place = batch.previousPlace
        guard batch.rows.rowCount > 1 else {
            pass?.reader.move(to: batch.lastPlace)
            narrowRowCount = 1
            return false
        }
        pass?.reader.move(to: place)
        narrowRowCount = batch.rows.rowCount / 2
        return true
    }

    // MARK: Passes

    private func begin(_ table: StretchedTable, isCounting: Bool = true) throws -> Pass {
        guard let schema = try TableSchema(reading: table.name, from: catalog.connection) else {
            throw StretchError(.schemaMismatch, "table \"\(table.name)\" is missing")
        }
        let query = try EligibilityQuery(
            schema, filter: MigrationPlan.filter(of: table, schema, alias: "h", now: now),
            followed: MigrationPlan.followed(
                by: table, schema, depth: 1, now: now, catalog: catalog))
        let reader = EligibleRowReader(
            query, columnCount: schema.columns.count, connection: rowConnection)
        if isCounting {
            passBegan(table, try catalog.connection.integer(query.countSQL) ?? 0)
        }
        return Pass(table: table, schema: schema, query: query, reader: reader)
    }

    private func end(_ pass: Pass) throws {
        self.pass = nil
        let counts = try catalog.connection.rows(pass.query.keptSQL).first ?? []
        let reasons = [KeptReason.nullInKey, .highestRowid, .hotChild]
        var kept: [KeptReason: Int64] = [:]
        for (reason, count) in zip(reasons, counts) {
            if let count = count.integerValue, count > 0 { kept[reason] = count }
        }
        passEnded(pass.table, kept)
    }

    private func read(_ pass: Pass, rowCount: Int) throws -> MovingBatch? {
        try MigrationPlan.read(
            pass.reader, pass.table, pass.schema, pass.query, id: randomID(),
            rowCount: min(rowCount, narrowRowCount ?? rowCount), byteCount: maximumByteCount)
    }

    private static func read(
        _ reader: EligibleRowReader, _ table: StretchedTable, _ schema: TableSchema,
        _ query: EligibilityQuery, id: Int64, rowCount: Int, byteCount: Int
    ) throws -> MovingBatch? {
        let rows = RowBuffer(columnCount: schema.columns.count, capacity: 1 << 16)
        let place = reader.place
        let cookie = try reader.read(
            into: rows, maximumRowCount: rowCount, maximumByteCount: byteCount)
        guard rows.rowCount > 0 else { return nil }
        let batch = MovingBatch(
            table: table, schema: schema, query: query, rows: rows, id: id, schemaCookie: cookie,
            isByRowid: schema.keyKind != .withoutRowid)
        batch.previousPlace = place
        batch.lastPlace = reader.place
        return batch
    }

    // MARK: Reading ahead

    /// Reads the next rows on a second thread, while the remote works on this one.
    func startPrefetch(rowCount: Int) {
        guard prefetch == nil, let pass, !pass.reader.isAtEnd else { return }
        let limit = min(rowCount, narrowRowCount ?? rowCount)
        let (id, byteCount) = (randomID(), maximumByteCount)
        prefetch = Background(on: Self.readQueue) {
            try MigrationPlan.read(
                pass.reader, pass.table, pass.schema, pass.query, id: id, rowCount: limit,
                byteCount: byteCount)
        }
    }

    /// Waits for the batch that is read ahead, keeps it, and begins to read the one behind it.
    ///
    /// - Returns: The next batch, or `nil` when none was read ahead; an error waits for
    ///   ``takeAhead()``.
    func readFurtherAhead(rowCount: Int) -> MovingBatch? {
        if ready == nil, let prefetch {
            guard let batch = try? prefetch.result() else { return nil }
            ready = batch
            self.prefetch = nil
        }
        if ready != nil { startPrefetch(rowCount: rowCount) }
        return ready
    }

    /// Waits for the next batch that was read ahead.
    ///
    /// - Returns: `nil` when none was, or no row is left.
    func takeAhead() throws -> MovingBatch? {
        if let batch = ready {
            ready = nil
            return batch
        }
        defer { prefetch = nil }
        return try prefetch?.result()
    }

    func dropAhead() {
        ready = nil
        // Nobody wants the rows, nor to know why there are none.
        _ = try? takeAhead()
    }

    // MARK: Conditions

    /// A table's own filter under an alias, with the time put in; `nil` without one.
    static func filter(
        of table: StretchedTable, _ schema: TableSchema, alias: String, now: String
    ) throws(StretchError) -> String? {
        guard !table.filter.isEmpty else { return nil }
        let predicate = try FilterPredicate(
            parsing: table.filter, columns: schema.columns.map(\.name))
        return predicate.qualified(by: alias, now: now)
    }

    /// The parent that a table follows, and what the parent's rows meet that move.
    ///
    /// - Throws: `schemaMismatch` when no foreign key leads to the parent any more.
    static func followed(
        by table: StretchedTable, _ schema: TableSchema, depth: Int, now: String, catalog: Catalog
    ) throws -> EligibilityQuery.Followed? {
        guard let name = table.follows else { return nil }
        let key = schema.parents.first { $0.parent.isEqualFoldingCase(name) }
        guard let key, key.parentColumns.count == key.childColumns.count, depth <= 8,
            let parent = try catalog.table(named: name),
            let parentSchema = try TableSchema(reading: name, from: catalog.connection)
        else {
            throw StretchError(
                .schemaMismatch,
                "table \"\(table.name)\" follows \"\(name)\", but no foreign key leads there",
                hint: "Alter the table so that it follows nobody, and give it a filter.")
        }
        let alias = "p\(depth)"
        let condition = EligibilityQuery.condition(
            filter: try MigrationPlan.filter(of: parent, parentSchema, alias: alias, now: now),
            followed: try followed(
                by: parent, parentSchema, depth: depth + 1, now: now, catalog: catalog),
            alias: alias)
        return EligibilityQuery.Followed(key, alias: alias, condition: condition)
    }
}

extension Catalog {
    /// The batches of a table whose rows are all hidden.
    fileprivate func hiddenBatches(of table: StretchedTable) throws -> [ManifestBatch] {
        let numbers = try connection.rows(
            """
            SELECT b.number FROM main.stretch_batch AS b WHERE b.table_id = ?1 AND b.rows =
                (SELECT count(*) FROM main.stretch_tombstone AS t WHERE t.batch = b.number)
            """, .integer(table.id)
        ).compactMap(\.[0].integerValue)
        guard !numbers.isEmpty else { return [] }
        return try batches(table: table.id).filter { numbers.contains($0.visible.number) }
    }
}
