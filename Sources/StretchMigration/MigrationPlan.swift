internal import Dispatch
internal import SQLText
package import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

/// The work of a run, table by table: first batches that leave the manifest, then rows to migrate.
package final class MigrationPlan {
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

    private let context: RunContext
    /// The tables whose rows cannot be migrated now.
    private let waiting: WaitingTables
    private let tally: RunTally
    /// Prepares a batch that was read for being sent.
    private let preparing: (MovingBatch) throws -> MovingBatch
    private var catalog: Catalog { context.catalog }
    /// The ids of the remaining tables, the next one last.
    private var tables: [Int64]
    private let movesRows: Bool
    private var pass: Pass?
    private var retirements: [(StretchedTable, ManifestBatch)] = []
    /// The numbers of the batches whose rows are all hidden, by table id.
    private var hiddenBatches: [Int64: [Int64]]?
    private var prefetch: Background<MovingBatch?>?
    /// A batch that was read ahead and precedes the one of `prefetch`.
    private var ready: MovingBatch?
    /// The row limit during the search for a row that the remote refuses.
    private var narrowRowCount: Int?

    /// - Parameters:
    ///   - movesRows: Whether to migrate rows; otherwise batches only leave the manifest.
    ///   - preparing: Prepares a batch for being sent, on the thread of the run.
    init(
        tables: [StretchedTable], movesRows: Bool, _ context: RunContext, waiting: WaitingTables,
        tally: RunTally, preparing: @escaping (MovingBatch) throws -> MovingBatch
    ) {
        self.preparing = preparing
        let parents = MigrationPlan.parents(of: tables, context)
        self.tables = MigrationPlan.childrenFirst(tables, parents: parents).map(\.id).reversed()
        self.movesRows = movesRows
        self.context = context
        self.waiting = waiting
        self.tally = tally
    }

    /// Returns the tables in an order in which each precedes those that it follows or refers to.
    ///
    /// A row that a hot row refers to stays hot, so otherwise parents would move one run later.
    ///
    /// - Parameter parents: The names of the tables that a table refers to, by the table's id.
    static func childrenFirst(
        _ tables: [StretchedTable], parents: [Int64: [String]] = [:]
    ) -> [StretchedTable] {
        var children: [SQLName: [StretchedTable]] = [:]
        for table in tables {
            let names = (parents[table.id] ?? []) + [table.follows].compactMap(\.self)
            for name in Set(names.map { SQLName($0) }) { children[name, default: []].append(table) }
        }
        var order: [StretchedTable] = []
        var known: Set<Int64> = []
        // A cycle ends where it began.
        func visit(_ table: StretchedTable) {
            guard known.insert(table.id).inserted else { return }
            for child in children[SQLName(table.name)] ?? [] { visit(child) }
            order.append(table)
        }
        for table in tables { visit(table) }
        return order
    }

    /// Returns the names of the tables that each table refers to.
    ///
    /// Only the order depends on them, so a schema that cannot be read is left to the pass of its
    /// table, which reports it.
    private static func parents(
        of tables: [StretchedTable], _ context: RunContext
    ) -> [Int64: [String]] {
        let found = try? context.schema.reading { reader in
            try tables.map { ($0.id, try reader.table($0.name)?.parents.map(\.parent) ?? []) }
        }
        return Dictionary(uniqueKeysWithValues: found ?? [])
    }

    // MARK: Work

    /// Returns the next work, or `nil` at the end.
    func next(rowCount: Int) throws -> Work? {
        while true {
            if let (table, batch) = retirements.popLast() { return .retirement(table, batch) }
            if let batch = try takeAhead() { return .batch(batch) }
            if let pass {
                if !pass.reader.isAtEnd, let batch = try read(pass, rowCount: rowCount) {
                    return .batch(batch)
                }
                // Children in the same table have been migrated, so their parents may be eligible.
                if pass.query.refersToItself, pass.movedRowCount > 0 {
                    self.pass?.movedRowCount = 0
                    pass.reader.move(to: nil)
                    continue
                }
                try end(pass)
            }
            guard let id = tables.popLast() else { return nil }
            guard let table = try catalog.table(id: id) else { continue }
            retirements = try hiddenBatches(of: table).map { (table, $0) }
            if movesRows, table.state == .outbound, waiting[table] == nil {
                pass = try begin(table)
            }
        }
    }

    /// Returns the batches of a table whose rows were all hidden when the plan was created.
    private func hiddenBatches(of table: StretchedTable) throws -> [ManifestBatch] {
        let known = try hiddenBatches ?? catalog.countsOfTables().mapValues(\.hiddenBatches)
        hiddenBatches = known
        guard let numbers = known[table.id], !numbers.isEmpty else { return [] }
        let hidden = Set(numbers)
        return try catalog.batches(table: table.id).filter { hidden.contains($0.visible.number) }
    }

    /// Records that rows of the current table were migrated.
    func recordMoved(rowCount: Int) {
        pass?.movedRowCount += Int64(rowCount)
        narrowRowCount = narrowRowCount.flatMap { $0 < 1_000_000 ? $0 * 2 : nil }
    }

    /// Reads the current table again from its current position, after its definition changed.
    func reload() throws {
        dropAhead()
        guard let pass else { return }
        self.pass = nil
        let table = try catalog.table(id: pass.table.id)
        guard let table, waiting[table] == nil else { return }
        // The rows of the abandoned batch are read again; migrated rows no longer exist.
        self.pass = try begin(table, isCounting: false)
    }

    /// Returns to the start of a batch that the remote refused, to read it in two halves.
    ///
    /// - Returns: `false` if it has only one row, which is then skipped.
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
        let (schema, query) = try context.schema.reading { reader in
            guard let schema = try reader.table(table) else {
                throw TableInspection.vanished(table)
            }
            let query = try EligibilityQuery(
                schema, table, catalog: catalog, reader: reader, now: context.now)
            return (schema, query)
        }
        let reader = EligibleRowReader(query, connection: context.rowConnection)
        if isCounting {
            let rowCount = try context.connection.integer(query.countSQL) ?? 0
            tally.update(table.name, .outbound) { $0.eligibleRowCount += rowCount }
        }
        return Pass(table: table, schema: schema, query: query, reader: reader)
    }

    private func end(_ pass: Pass) throws {
        self.pass = nil
        let counts = try context.connection.rows(pass.query.keptSQL).first ?? []
        let reasons = [KeptReason.nullInKey, .highestRowid, .hotChild]
        var kept: [KeptReason: Int64] = [:]
        for (reason, count) in zip(reasons, counts) {
            if let count = count.integerValue, count > 0 { kept[reason] = count }
        }
        tally.update(pass.table.name, .outbound) { $0.keptRowCounts.merge(kept) { $1 } }
    }

    private func read(_ pass: Pass, rowCount: Int) throws -> MovingBatch? {
        try MigrationPlan.read(
            pass.reader, pass.table, pass.schema, pass.query, id: context.configuration.randomID(),
            rowCount: min(rowCount, narrowRowCount ?? rowCount),
            byteCount: context.options.maximumBatchByteCount
        ).map(preparing)
    }

    private static func read(
        _ reader: EligibleRowReader, _ table: StretchedTable, _ schema: TableSchema,
        _ query: EligibilityQuery, id: Int64, rowCount: Int, byteCount: Int
    ) throws -> MovingBatch? {
        let rows = RowBuffer(columnCount: query.rowColumnCount, capacity: 1 << 16)
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
        let id = context.configuration.randomID()
        let byteCount = context.options.maximumBatchByteCount
        prefetch = Background(on: Self.readQueue) {
            try MigrationPlan.read(
                pass.reader, pass.table, pass.schema, pass.query, id: id, rowCount: limit,
                byteCount: byteCount)
        }
    }

    /// Waits for the batch that is read ahead, keeps it, and starts to read the one after it.
    ///
    /// - Returns: The next batch, or `nil` if none was read ahead; ``takeAhead()`` throws a pending
    ///   error.
    func readFurtherAhead(rowCount: Int) -> MovingBatch? {
        if ready == nil, let prefetch {
            guard let batch = try? prefetch.result(), let prepared = try? preparing(batch) else {
                return nil
            }
            ready = prepared
            self.prefetch = nil
        }
        if ready != nil { startPrefetch(rowCount: rowCount) }
        return ready
    }

    /// Waits for the next batch that was read ahead.
    ///
    /// - Returns: `nil` if none was read ahead or no row is left.
    func takeAhead() throws -> MovingBatch? {
        if let batch = ready {
            ready = nil
            return batch
        }
        defer { prefetch = nil }
        return try prefetch?.result().map(preparing)
    }

    func dropAhead() {
        ready = nil
        // Both the rows and any error are discarded.
        _ = try? prefetch?.result()
        prefetch = nil
    }

    // MARK: Conditions

    /// Returns a table's own filter under an alias, with the time inserted; `nil` without a filter.
    static func filter(
        of table: StretchedTable, _ schema: TableSchema, alias: String, now: String
    ) throws(StretchError) -> String? {
        guard !table.filter.isEmpty else { return nil }
        let predicate = try FilterPredicate(
            parsing: table.filter, columns: schema.columns.map(\.name))
        return predicate.qualified(by: alias, now: now)
    }

    /// The maximum number of tables that one may follow, directly or indirectly.
    package static let maximumDepth = 8

    /// Returns the parent that a table follows, with the condition of its eligible rows.
    ///
    /// - Throws: `schemaMismatch` if no foreign key references the parent any longer.
    static func followed(
        by table: StretchedTable, _ schema: TableSchema, depth: Int = 1, now: String,
        catalog: Catalog, reader: SchemaReader
    ) throws -> EligibilityQuery.Followed? {
        guard let name = table.follows else { return nil }
        guard depth <= maximumDepth else { throw FollowCheck.tooDeep(table.name) }
        guard let parent = try catalog.table(named: name),
            let parentSchema = try reader.table(parent),
            let key = FollowCheck.key(of: table, schema, parent: parent),
            key.parentColumns.count == key.childColumns.count
        else {
            throw StretchError(
                .schemaMismatch,
                "table \"\(table.name)\" follows \"\(name)\", but "
                    + (table.followTerms.isEmpty
                        ? "no foreign key leads there"
                        : "columns by which it does so were dropped"),
                hint: "Name the columns, or give it a filter of its own: "
                    + "\(advice: .changeFollowing(table: table.name)).")
        }
        let alias = "p\(depth)"
        return EligibilityQuery.Followed(
            key, alias: alias,
            filter: try MigrationPlan.filter(of: parent, parentSchema, alias: alias, now: now),
            followed: try followed(
                by: parent, parentSchema, depth: depth + 1, now: now, catalog: catalog,
                reader: reader))
    }
}

extension EligibilityQuery {
    /// Creates the query for the rows of a table that would be migrated at a given time.
    package init(
        _ schema: TableSchema, _ table: StretchedTable, catalog: Catalog, reader: SchemaReader,
        now: String
    ) throws {
        try self.init(
            schema, filter: try MigrationPlan.filter(of: table, schema, alias: "h", now: now),
            followed: try MigrationPlan.followed(
                by: table, schema, now: now, catalog: catalog, reader: reader),
            storesRowid: table.rowidColumn != nil)
    }
}
