internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// Makes cold rows of one table hot, in the application's transaction.
///
/// A recall changes the location of a row, but never a query result, so it is possible at any time.
final class RowRecall {
    private unowned let table: OverlayTable
    private let schema: TableSchema
    /// The number of values of a row: its columns, and its rowid where that is stored.
    private let columnCount: Int
    private var greatestKeyStatement: Statement?
    /// The identities of the rows that became hot during a gathered change; `nil` outside one.
    var recent: [ColdLocation: [Value]]?

    init(table: OverlayTable) {
        self.table = table
        schema = table.schema
        columnCount = table.storedColumnIDs.count
    }

    private var overlay: Overlay { table.overlay }
    private var connection: Connection { table.connection }

    // MARK: Finding

    /// Returns whether a batch can contain the key, without a round trip.
    func mayBeCold(_ key: [Value]) throws -> Bool {
        try overlay.refresh()
        guard !table.manifest.isEmpty else { return false }
        if let rowids = table.manifest.rowids, let rowid = key[0].integerValue {
            guard rowids.contains(rowid) else { return false }
        }
        guard !key.contains(.null) else { return false }
        return !table.manifest.candidates(for: constraints(key: key)).isEmpty
    }

    /// Returns the location of the visible cold row that shows a stored rowid, if any.
    func visibleLocation(rowid: Int64) throws -> ColdLocation? {
        try visibleRows(rowid: rowid)?.rowIdentifiers.first.map(ColdLocation.init(packed:))
    }

    /// Returns the visible cold row that shows a stored rowid, with all its columns; `nil` if there
    /// can be none.
    private func visibleRows(rowid: Int64) throws -> RowBuffer? {
        try overlay.refresh()
        guard table.manifest.storedRowids?.contains(rowid) ?? false,
            let column = table.rowidColumnID, try freeRowid(rowid) != nil
        else { return nil }
        return try visibleRows([
            ColdConstraint(column: column, comparison: .equal(.integer(rowid)))
        ])
    }

    /// Returns a stored rowid unless a hot row has it.
    func freeRowid(_ rowid: Int64?) throws -> Int64? {
        try table.coldRowStatements().rowids?.free(rowid)
    }

    /// Returns the locations of the visible cold rows with a key.
    func visibleLocations(key: [Value]) throws -> [ColdLocation] {
        guard try mayBeCold(key) else { return [] }
        return try visibleRows(key: key).rowIdentifiers.map(ColdLocation.init(packed:))
    }

    /// Returns the visible cold rows with a key, with all their columns.
    private func visibleRows(key: [Value]) throws -> RowBuffer {
        try visibleRows(constraints(key: key))
    }

    private func constraints(key: [Value]) -> [ColdConstraint] {
        zip(schema.keyTerms, key).map { term, value in
            ColdConstraint(
                column: table.columnIDs[term.column], comparison: .equal(value),
                collation: term.collation ?? .binary)
        }
    }

    /// Returns the visible cold rows that meet constraints, with all their columns.
    ///
    /// - Parameter batches: The batches that can hold such rows, or `nil` to find them by zones.
    func visibleRows(
        _ constraints: [ColdConstraint], among batches: [ManifestBatch]? = nil,
        order: [OrderTerm] = [], isFirstEnough: Bool = false, maximumRowCount: Int = .max
    ) throws -> RowBuffer {
        let found = RowBuffer(columnCount: columnCount)
        let candidates = batches ?? table.manifest.candidates(for: constraints)
        guard !candidates.isEmpty, let record = overlay.record else { return found }
        guard overlay.queryMode == .localAndRemote else {
            throw StretchError(
                .wrongState,
                "cold rows of table \"\(schema.name)\" are out of reach in this query mode",
                hint: "A deauthorized file must be connected: \(advice: .reauthorize). Otherwise: "
                    + "\(advice: .setQueryMode).")
        }
        var request = ColdScanRequest(
            relation: table.table.relation, position: record.position,
            batches: candidates.map(\.visible), columns: table.storedColumnIDs,
            constraints: constraints, order: order)
        request.hidesRows = true
        request.knownValues = table.manifest.values(in: constraints, order)
        let scan = try table.scan(request, candidates)
        let page = RowBuffer(columnCount: columnCount)
        while try scan.nextPage(into: page, maximumRowCount: isFirstEnough ? 16 : 1_024) {
            for row in 0..<page.rowCount where try meets(constraints, row, of: page) {
                let location = ColdLocation(packed: page.rowIdentifiers[row])
                guard try !overlay.catalog.isHidden(location) else { continue }
                found.appendRow(row, of: page)
                if isFirstEnough || found.rowCount > maximumRowCount { return found }
            }
        }
        return found
    }

    /// Returns whether a row meets the constraints, because the remote may return more rows.
    private func meets(
        _ constraints: [ColdConstraint], _ row: Int, of page: RowBuffer
    ) throws -> Bool {
        constraints.allSatisfy { constraint in
            let values: [Value]
            switch constraint.comparison {
            case .equal(let value): values = [value]
            case .oneOf(let list): values = list
            default: return true
            }
            guard let column = table.storedColumnIDs.firstIndex(of: constraint.column) else {
                return true
            }
            let cold = page.value(row: row, column: column)
            return cold.tag != .null
                && values.contains { cold.value.compare($0, constraint.collation) == 0 }
        }
    }

    // MARK: Recalling

    /// Recalls the cold row with a key, if any.
    ///
    /// - Parameter mayPostpone: Whether the recall may be postponed to the end of the statement.
    func recall(key: [Value], mayPostpone: Bool = false) throws {
        guard try mayBeCold(key) else { return }
        try insertAll(try visibleRows(key: key), mayPostpone: mayPostpone)
    }

    /// Recalls the cold row with a stored rowid, if any.
    func recall(rowid: Int64, mayPostpone: Bool) throws {
        guard let rows = try visibleRows(rowid: rowid) else { return }
        try insertAll(rows, mayPostpone: mayPostpone)
    }

    /// Recalls rows, and first those of the same table to which they refer.
    func insertAll(_ rows: RowBuffer, mayPostpone: Bool) throws {
        if try mayPostpone || mustWait() { try postpone(rows) }
        guard !hasOwnKeys else {
            var seen: Set<Int64> = []
            _ = try insert(ancestorsFirst(rows, seen: &seen))
            return
        }
        for row in 0..<rows.rowCount { _ = try insert(row, of: rows) }
    }

    /// Ends the running statement if its own triggers write.
    ///
    /// SQLite would abort it when triggers are disabled. The rows become hot after its end, and it
    /// runs again.
    private func postpone(_ rows: RowBuffer) throws {
        guard rows.rowCount > 0, overlay.repeatsStatements, mustHideFromTriggers else { return }
        let isAllHot = try (0..<rows.rowCount).allSatisfy { row in
            try isHot(schema.key.map { rows.value(row: row, column: $0).value })
        }
        guard !isAllHot else { return }
        let recall = PostponedRecall(
            table: table.table.id, locations: rows.rowIdentifiers.map(ColdLocation.init(packed:)))
        overlay.postponed = recall
        throw recall.error
    }

    /// Recalls the row at a location.
    ///
    /// - Returns: The identity of the hot row: its rowid, or its key in a table without rowids.
    func recall(_ location: ColdLocation) throws -> [Value]? {
        try recall([location])[location]
    }

    /// Recalls the rows at locations, and first those of the same table to which they refer.
    ///
    /// - Returns: The identities of the hot rows, without those of rows that a hot row hid.
    func recall(_ locations: [ColdLocation]) throws -> [ColdLocation: [Value]] {
        guard hasOwnKeys else { return try insert(locations) }
        var order: [ColdLocation] = []
        var seen: Set<Int64> = []
        try forEachPage(of: locations) { rows, _ in
            order += try ancestorsFirst(rows, seen: &seen)
        }
        return try insert(order)
    }

    /// Recalls the rows at locations in their order.
    private func insert(_ locations: [ColdLocation]) throws -> [ColdLocation: [Value]] {
        var identities: [ColdLocation: [Value]] = [:]
        try forEachPage(of: locations) { rows, page in
            for location in page {
                guard let row = rows.rowIdentifiers.firstIndex(of: location.packed) else {
                    continue
                }
                identities[location] = try insert(row, of: rows)
            }
        }
        return identities
    }

    /// Reads the rows at locations, a page at a time; the pages follow the order of the locations.
    private func forEachPage(
        of locations: [ColdLocation], _ body: (RowBuffer, ArraySlice<ColdLocation>) throws -> Void
    ) throws {
        let (page, read) = (
            RowBuffer(columnCount: columnCount),
            RowBuffer(columnCount: columnCount)
        )
        for start in stride(from: 0, to: locations.count, by: Self.maximumPageRowCount) {
            let part = locations[start..<min(start + Self.maximumPageRowCount, locations.count)]
            page.removeAll()
            for (number, places) in Dictionary(grouping: part, by: \.batchNumber) {
                let batch = try batch(numbered: number)
                var ordinals = Set(places.map(\.ordinal)).sorted()[...]
                while let first = ordinals.first {
                    // Rows close together are read at once.
                    let last =
                        ordinals.prefix { $0 - first < Int64(Self.maximumPageRowCount) }.last
                        ?? first
                    try self.read(batch, from: first, rowCount: Int(last - first) + 1, into: read)
                    while let ordinal = ordinals.first, ordinal <= last {
                        ordinals.removeFirst()
                        let row = Int(ordinal - first)
                        read.rowIdentifiers[row] =
                            ColdLocation(batchNumber: number, ordinal: ordinal).packed
                        page.appendRow(row, of: read)
                    }
                }
            }
            try body(page, part)
        }
    }

    private static let maximumPageRowCount = 256

    // MARK: Ancestors

    private var hasOwnKeys: Bool { !ownKeys.isEmpty && connection.isEnabled(.foreignKeys) }

    /// The foreign keys from the table to itself, as the positions of their columns.
    private lazy var ownKeys: [[(child: Int, parent: Int)]] = schema.children
        .filter { $0.child.isEqualFoldingCase(schema.name) }
        .map { key in
            zip(key.childColumns, key.parentColumns).compactMap { child, parent in
                schema.column(named: child).flatMap { child in
                    schema.column(named: parent).map { (child, $0) }
                }
            }
        }

    /// Returns rows, and the cold rows of the table to which they refer directly or indirectly, in
    /// an order in which each row follows those that it refers to.
    ///
    /// One trigger inside another for each of them would exceed the stack.
    private func ancestorsFirst(
        _ rows: RowBuffer, seen: inout Set<Int64>
    ) throws -> [ColdLocation] {
        var order: [ColdLocation] = []
        var path: [(location: Int64, parents: RowBuffer, next: Int)] = []
        let nothing = RowBuffer(columnCount: columnCount, capacity: 64)
        for row in 0..<rows.rowCount where seen.insert(rows.rowIdentifiers[row]).inserted {
            path.append((rows.rowIdentifiers[row], try coldParents(of: row, of: rows), 0))
            while let (location, parents, next) = path.popLast() {
                guard next < parents.rowCount else {
                    order.append(ColdLocation(packed: location))
                    continue
                }
                let isLast = next + 1 == parents.rowCount
                path.append((location, isLast ? nothing : parents, isLast ? 0 : next + 1))
                let parent = parents.rowIdentifiers[next]
                guard seen.insert(parent).inserted else { continue }
                path.append((parent, try coldParents(of: next, of: parents), 0))
            }
        }
        return order
    }

    private func coldParents(of row: Int, of rows: RowBuffer) throws -> RowBuffer {
        let parents = RowBuffer(columnCount: columnCount, capacity: 64)
        for key in ownKeys {
            let found = try coldParents(of: row, of: rows, by: key)
            for parent in 0..<found.rowCount { parents.appendRow(parent, of: found) }
        }
        return parents
    }

    private func coldParents(
        of row: Int, of rows: RowBuffer, by key: [(child: Int, parent: Int)]
    ) throws -> RowBuffer {
        let nothing = RowBuffer(columnCount: columnCount, capacity: 64)
        let values = key.map { child, parent in
            rows.value(row: row, column: child).value.applying(schema.columns[parent].affinity)
        }
        guard !key.isEmpty, !values.contains(.null) else { return nothing }
        let conditions = key.enumerated().map {
            "h.\(schema.columns[$1.parent].name.quotedName) = ?\($0 + 1)"
        }
        let hot = try connection.cached(
            """
            SELECT 1 FROM main.\(schema.name.quotedName) AS h \
            WHERE \(conditions.joined(separator: " AND "))
            """)
        guard try hot.bind(values).firstRow() == nil else { return nothing }
        return try visibleRows(
            zip(key, values).compactMap { key, value in
                table.coldConstraint(
                    key.parent, .equal, value,
                    collationName: schema.columns[key.parent].collationName)
            })
    }

    private func batch(numbered number: Int64) throws(StretchError) -> ManifestBatch {
        let batch = table.manifest.batches.first { $0.visible.number == number }
        guard let batch else {
            throw StretchError(.damaged, "batch \(number) is not in the manifest")
        }
        return batch
    }

    private func read(
        _ batch: ManifestBatch, from ordinal: Int64, rowCount: Int, into rows: RowBuffer
    ) throws {
        try table.coldColumns.read(
            batch, columns: table.storedColumnIDs, from: ordinal, maximumRowCount: rowCount,
            into: rows,
            of: try table.remote())
        guard rows.rowCount == rowCount else {
            throw StretchError(
                .remoteMismatch, "the remote lacks a row of batch \(batch.visible.id)",
                hint: "To see what it lacks: \(advice: .verify).")
        }
    }

    /// Recalls every cold row whose columns equal the values, compared as in a foreign key.
    func recall(where columns: [(column: Int, value: Value, collation: Collation)]) throws {
        try overlay.refresh()
        guard !table.manifest.isEmpty, !columns.contains(where: { $0.value == .null }) else {
            return
        }
        let constraints = columns.compactMap { column, value, collation in
            table.coldConstraint(column, .equal, value, collationName: collation.rawValue)
        }
        // The statement writes another table, whose triggers are unknown here.
        try insertAll(try visibleRows(constraints), mayPostpone: true)
    }

    /// Recalls the cold rows that meet constraints, or none if there are more than a number.
    ///
    /// - Returns: Whether there are not.
    func recall(meeting constraints: [ColdConstraint], maximumRowCount: Int) throws -> Bool {
        let rows = try visibleRows(constraints, maximumRowCount: maximumRowCount)
        guard rows.rowCount <= maximumRowCount else { return false }
        // The statement writes another table, whose triggers are unknown here.
        if rows.rowCount > 0 { try insertAll(rows, mayPostpone: true) }
        return true
    }

    /// Ensures that the next rowid assigned by SQLite is greater than that of every cold row.
    ///
    /// If no hot row has a greater one, the cold row with the greatest rowid is recalled.
    func recallGreatestRowid(mayPostpone: Bool = false) throws {
        try overlay.refresh()
        guard let rowids = table.manifest.rowids ?? table.manifest.storedRowids else { return }
        let statement = try greatestKey()
        defer { statement.reset() }
        // Without a row the greatest key is NULL, which is less than every cold key.
        guard try statement.step() else { return }
        let greatest = statement.column(0).integerValue
        guard greatest.map({ $0 < rowids.upperBound }) ?? true else { return }
        let key = table.columnID(-1)
        let rows = try visibleRows(
            [ColdConstraint(column: key, comparison: .greater(.integer(greatest ?? .min)))],
            order: [OrderTerm(column: key, isDescending: true)], isFirstEnough: true)
        if rows.rowCount > 0 { try insertAll(rows, mayPostpone: mayPostpone) }
    }

    private func greatestKey() throws -> Statement {
        if let greatestKeyStatement, !greatestKeyStatement.isBusy { return greatestKeyStatement }
        let name =
            schema.keyKind == .rowid
            ? schema.columns[schema.key[0]].name.quotedName : schema.rowidName ?? "rowid"
        // AUTOINCREMENT records the greatest inserted key, but not one set by an UPDATE:
        // https://sqlite.org/autoinc.html
        let sequence = "(SELECT s.seq FROM main.sqlite_sequence AS s WHERE s.name = ?1)"
        let statement = try connection.prepare(
            """
            SELECT max(g.k, coalesce(\(schema.isAutoincrement ? sequence : "g.k"), g.k)) FROM \
            (SELECT max(h.\(name)) AS k FROM main.\(schema.name.quotedName) AS h) AS g
            """)
        if schema.isAutoincrement { try statement.bind(.text(schema.name), at: 1) }
        greatestKeyStatement = statement
        return statement
    }

    /// Inserts a cold row unchanged and hides the cold copy, without firing the application's
    /// triggers.
    private func insert(_ row: Int, of rows: RowBuffer) throws -> [Value]? {
        let location = ColdLocation(packed: rows.rowIdentifiers[row])
        let key = schema.key.map { rows.value(row: row, column: $0).value }
        if schema.keyKind == .rowid { table.writer.forgetLocation(ofKey: key[0]) }
        // It has become hot since the statement visited it, such as the parent of another row.
        if try overlay.catalog.isHidden(location) {
            if let identity = try recent?[location] ?? hotIdentity(key) { return identity }
            guard !schema.keyKind.isKeyed else { return nil }
            // Without a key, only a gathered change knows its hot row.
            throw overlay.requestGathering(table)
                ?? SQLiteError(
                    extendedCode: ResultCode.error,
                    message: "a row of \"\(schema.name)\" became hot while the statement ran")
        }
        // A hot row with the key already hides the cold one.
        guard try !isHot(key) else {
            try table.writer.hide(location, .shadowed)
            return nil
        }
        let previous = connection.lastInsertRowID
        defer { connection.lastInsertRowID = previous }
        try table.writer.replace(location) { try withoutTriggers { try insertHot(row, of: rows) } }
        let identity =
            schema.keyKind == .withoutRowid ? key : [.integer(connection.lastInsertRowID)]
        table.noteRecall(location, key: identity)
        recent?[location] = identity
        return identity
    }

    /// Returns the identity of the hot row with a key, if any.
    private func hotIdentity(_ key: [Value]) throws -> [Value]? {
        guard try isHot(key) else { return nil }
        guard schema.keyKind == .declared else { return key }
        let statement = try connection.cached(
            """
            SELECT h.\(schema.rowidName ?? "rowid") FROM main.\(schema.name.quotedName) AS h \
            WHERE \(schema.keyCondition("h", firstParameter: 1))
            """)
        return try statement.bind(key).firstRow()
    }

    private func insertHot(_ row: Int, of rows: RowBuffer) throws {
        var columns = schema.columns.indices.filter { !schema.columns[$0].isGenerated }
        var names = columns.map { schema.columns[$0].name.quotedName }
        if let place = table.storedRowidPlace, let name = schema.rowidName,
            try freeRowid(rows.value(row: row, column: place).value.integerValue) != nil
        {
            columns.append(place)
            names.append(name)
        }
        let places = columns.map { _ in "?" }
        let statement = try connection.cached(
            """
            INSERT OR ABORT INTO main.\(schema.name.quotedName)\
            (\(names.joined(separator: ", "))) \
            VALUES(\(places.joined(separator: ", ")))
            """)
        for (index, column) in columns.enumerated() {
            try statement.bind(rows.value(row: row, column: column), at: index + 1)
        }
        defer { statement.clearBindings() }
        try statement.run()
    }

    /// Returns whether a hot row has the key; `false` in a table without a key.
    func isHot(_ key: [Value]) throws -> Bool {
        guard schema.keyKind.isKeyed else { return false }
        let statement = try connection.cached(
            """
            SELECT 1 FROM main.\(schema.name.quotedName) AS h \
            WHERE \(schema.keyCondition("h", firstParameter: 1))
            """)
        return try statement.bind(key).firstRow() != nil
    }

    /// Whether the running statements cannot go on after triggers were disabled.
    ///
    /// The native statement of an overlay runs inside the application's, and checks of foreign keys
    /// open tables.
    private func mustWait() throws -> Bool {
        guard mustHideFromTriggers else { return false }
        let hasKeys = !schema.parents.isEmpty || !schema.children.isEmpty
        return try hasKeys && connection.isEnabled(.foreignKeys)
            || overlay.runningStatementCount() > 1
    }

    private var mustHideFromTriggers: Bool {
        table.writer.hasInsertTriggers && connection.isEnabled(.triggers)
    }

    /// Runs `body` without firing the application's INSERT triggers.
    ///
    /// Disabling triggers makes SQLite prepare every statement again and aborts running statements.
    /// It is therefore done only if there are such triggers, and refused while the application
    /// reads.
    private func withoutTriggers(_ body: () throws -> Void) throws {
        let outer = overlay.recalledTable
        overlay.recalledTable = table.table.id
        defer { overlay.recalledTable = outer }
        guard mustHideFromTriggers else { return try body() }
        guard try overlay.runningStatementCount() <= 1 else {
            throw SQLiteError(
                extendedCode: 6,
                message: """
                    a cold row of "\(schema.name)" must become hot without its INSERT triggers, \
                    while another statement runs: finish or reset it first
                    """)
        }
        connection.set(.triggers, false)
        defer { connection.set(.triggers, true) }
        try body()
    }
}
