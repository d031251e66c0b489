internal import SQLText
internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// Writes rows of one overlay.
///
/// Hot rows are written by native statements on schema main. Cold rows are hidden by tombstones, or
/// recalled first.
final class OverlayWriter {
    private unowned(unsafe) let table: OverlayTable
    private let schema: TableSchema
    private let columnCount: Int
    private(set) lazy var recall = RowRecall(table: table)
    /// Whether a transaction that may write this table is open.
    private(set) var isWriting = false
    /// Whether the next write must open the statement's savepoint on main.
    var needsStatementSavepoint = false
    /// The number of changes of tombstones on this connection.
    var tombstoneCount = 0
    /// The locations of cold rows visited by a writing statement, by key.
    private var locations: [Int64: ColdLocation] = [:]
    /// The stored rowids of cold rows visited by a writing statement.
    private var rowids: [ColdLocation: Int64] = [:]
    private static let maximumLocationCount = 1_000_000
    /// Whether the statement visited more cold rows than are kept.
    private var hasForgotten = false
    /// The rowid of the hot row that is being written in place of a cold one.
    private(set) var replacedRowid: Int64?
    /// What an UPDATE leaves unchanged in further rows is not known.
    private static let maximumUnchangedCount = 250_000
    /// The columns that the running UPDATE leaves unchanged, by the location of a visited row.
    private var unchangedColumns: [Int64: UInt64] = [:]
    /// Those of the cold row whose hot row is being written.
    private var unchangedNow: UInt64 = 0

    private enum TriggerEvent {
        case insert, update, delete
    }

    private let triggerEvents: Set<TriggerEvent>

    init(table: OverlayTable) {
        self.table = table
        schema = table.schema
        columnCount = table.schema.columns.count
        triggerEvents = Set(
            schema.triggers.compactMap { trigger in
                switch TriggerText(parsing: trigger.text)?.event {
                case .insert: .insert
                case .update: .update
                case .delete: .delete
                case nil: nil
                }
            })
    }

    private var connection: Connection { table.connection }
    private var overlay: Overlay { table.overlay }

    /// Whether triggers of the application fire on INSERTs into the hot table.
    var hasInsertTriggers: Bool { triggerEvents.contains(.insert) }

    /// Whether triggers of the application write when the table's statements run.
    private(set) lazy var hasWritingTriggers = schema.triggers.contains { trigger in
        guard let body = TriggerText(parsing: trigger.text)?.body else { return true }
        return SQLTokenizer(body).contains {
            $0.isKeyword(in: ["INSERT", "REPLACE", "UPDATE", "DELETE"])
        }
    }

    /// Whether an UPDATE of a cold row must be native.
    ///
    /// It must because of triggers or of rows that refer to it, or because SQLite must refuse to
    /// set a generated column.
    var recallsBeforeUpdate: Bool {
        triggerEvents.contains(.update) || triggerEvents.contains(.insert)
            || schema.columns.contains(where: \.isGenerated) || hasActiveChildren
    }

    private var recallsBeforeDelete: Bool {
        triggerEvents.contains(.delete) || hasActiveChildren
    }

    private var hasActiveChildren: Bool {
        !schema.children.isEmpty && connection.isEnabled(.foreignKeys)
    }

    // MARK: Transactions

    /// Acquires main's write lock, with its busy handler, before the first read.
    ///
    /// A read snapshot that is upgraded later fails immediately if another connection has written.
    /// <https://sqlite.org/rescode.html#busy_snapshot>
    func begin() throws {
        try lock()
        isWriting = true
        needsStatementSavepoint = false
        forgetLocations()
        try overlay.refresh()
    }

    func end() {
        isWriting = false
        forgetLocations()
        tombstoneCount += 1
    }

    /// Runs a statement without effect that makes SQLite open the running statement's savepoint on
    /// main.
    ///
    /// SQLite does so because the statement may abort and may write several rows.
    private func lock() throws {
        let statement =
            try lockStatement
            ?? overlay.catalog.lockStatement()
        lockStatement = statement
        try statement.run()
    }
    private var lockStatement: Statement?
    private var deleteStatement: Statement?
    private var updateStatements: [UpdateShape: Statement] = [:]
    /// The shape and the statement of the last UPDATE, which the next one nearly always uses.
    private var lastUpdateShape: UpdateShape?
    private var lastUpdateStatement: Statement?

    /// The identity of an inner UPDATE statement.
    private struct UpdateShape: Hashable {
        var columns: UInt64 = 0
        var movesRowid = false
        var conflict: ConflictMode
    }

    func noteLocation(_ location: ColdLocation, ofKey key: Int64) {
        hasForgotten = hasForgotten || locations.count >= OverlayWriter.maximumLocationCount
        if !hasForgotten { locations[key] = location }
    }

    func noteRowid(_ rowid: Int64, of location: ColdLocation) {
        hasForgotten = hasForgotten || rowids.count >= OverlayWriter.maximumLocationCount
        if !hasForgotten { rowids[location] = rowid }
    }

    private func forgetLocations() {
        (locations, rowids, unchangedColumns) = ([:], [:], [:])
        hasForgotten = false
    }

    func forgetLocation(ofKey key: Value) {
        if let key = key.integerValue { locations[key] = nil }
    }

    /// Records which columns an UPDATE leaves unchanged in a cold row that it visits.
    func noteUnchanged(_ columns: UInt64, at location: Int64) {
        guard
            unchangedColumns[location] != nil
                || columns != 0 && unchangedColumns.count < OverlayWriter.maximumUnchangedCount
        else { return }
        unchangedColumns[location] = columns
    }

    /// Returns whether the hot row that is being written has the values of its cold row in columns.
    func leavesUnchanged(_ columns: [Int]) -> Bool {
        unchangedNow != 0 && columns.allSatisfy { $0 < 64 && unchangedNow & (1 << $0) != 0 }
    }

    // MARK: One row

    func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? {
        if needsStatementSavepoint {
            needsStatementSavepoint = false
            try lock()
        }
        if let change = overlay.gathering, change.table === table,
            arguments.count == 1 || !arguments[0].isNull
        {
            try gather(arguments, conflict, for: change)
            return nil
        }
        do {
            if arguments.count == 1 {
                try delete(target(arguments[0]))
                return nil
            }
            if arguments[0].isNull { return try insert(arguments, conflict) }
            // A row that takes the place of another deletes what the statement visits later.
            if conflict == .replace || ignoresRows, let request = overlay.requestGathering(table) {
                throw request
            }
            try update(target(arguments[0]), arguments, conflict)
            return nil
        } catch let error as SQLiteError {
            // Rows after this one may resolve the violation.
            if error.extendedCode == ResultCode.foreignKey,
                let request = overlay.requestGathering(table)
            {
                throw request
            }
            throw conflict.adapt(error)
        }
    }

    /// Whether a DELETE gathers its rows.
    ///
    /// Rows that refer to each other are checked together, and a row that another one's deletion
    /// deletes does not count.
    var gathersDeletions: Bool {
        let enforcesKeys = connection.isEnabled(.foreignKeys)
        return ignoresRows || refersToItself && enforcesKeys
            || overlay.namesChangedByDeletions[enforcesKeys ? 1 : 0].contains(SQLName(schema.name))
    }

    /// Whether a trigger can leave a row as it is, which `changes()` must then not count.
    private lazy var ignoresRows = schema.triggers.contains { trigger in
        let words = SQLTokenizer(trigger.text).filter { $0.isKeyword(in: ["RAISE", "IGNORE"]) }
        return words.contains { $0.isKeyword("RAISE") } && words.contains { $0.isKeyword("IGNORE") }
    }

    private lazy var refersToItself = schema.children.contains {
        $0.child.isEqualFoldingCase(schema.name)
    }

    /// Adds a row to the change that the statement gathers.
    private func gather(
        _ arguments: Arguments, _ conflict: ConflictMode, for change: GatheredChange
    ) throws {
        var assignment: GatheredChange.Assignment?
        if arguments.count > 1 {
            let columns = schema.columns.indices.filter { !arguments[$0 + 2].isUnchanged }
            let setsKey = schema.keyKind == .rowid && columns.contains(schema.key[0])
            assignment = GatheredChange.Assignment(
                columns: columns, mayMoveRowid: schema.keyKind != .withoutRowid && !setsKey,
                conflict: conflict)
        }
        let target = try target(arguments[0])
        guard case .hot(let identity) = target, let key = try shadowKey(of: identity),
            assignment == nil || changesKey(arguments) || schema.keyKind == .rowid
        else { return try change.append(target, arguments, assignment) }
        let locations = try recall.visibleLocations(key: key)
        guard try locations.isEmpty || recall.isHot(key) else {
            for location in locations { try change.append(.cold(location), arguments, assignment) }
            return
        }
        if assignment == nil || changesKey(arguments) {
            for location in locations { try hide(location, .shadowed) }
        }
        try change.append(target, arguments, assignment)
    }

    enum Target {
        /// A hot row, by rowid or key; in a table with INTEGER PRIMARY KEY possibly a cold one.
        case hot([Value])
        case cold(ColdLocation)
    }

    private func target(_ identity: ValuePointer) throws -> Target {
        switch schema.keyKind {
        case .withoutRowid:
            switch HiddenKey(identity.value) {
            case .hot(let key): return .hot(key)
            case .cold(let identifier): return .cold(ColdLocation(packed: identifier))
            case nil:
                throw SQLiteError(extendedCode: 1, message: "the hidden key column is read-only")
            }
        case .rowid:
            // Used once, because the row may be deleted now and its key inserted again.
            if let location = locations.removeValue(forKey: identity.integer) {
                return .cold(location)
            }
        case .declared, .none:
            if let identifier = HiddenRowid.identifier(of: identity.integer) {
                return .cold(ColdLocation(packed: identifier))
            }
            if let location = locations.removeValue(forKey: identity.integer) {
                return .cold(location)
            }
            if hasForgotten, let location = try recall.visibleLocation(rowid: identity.integer) {
                return .cold(location)
            }
        }
        return .hot([.integer(identity.integer)])
    }

    // MARK: DELETE

    private func delete(_ target: Target) throws {
        switch target {
        case .hot(let identity): try deleteHot(identity)
        case .cold(let location): try deleteCold(location)
        }
    }

    private func deleteHot(_ identity: [Value]) throws {
        if let key = try shadowKey(of: identity) {
            let locations = try recall.visibleLocations(key: key)
            // A key of a rowid table may belong to a cold row.
            guard try locations.isEmpty || recall.isHot(key) else {
                for location in locations { try deleteCold(location) }
                return
            }
            for location in locations { try hide(location, .shadowed) }
        }
        let statement =
            try deleteStatement.flatMap { $0.isBusy ? nil : $0 }
            ?? connection.prepare("DELETE FROM main.\(name) WHERE \(identityCondition)")
        deleteStatement = statement
        try statement.bind(identity).run()
    }

    private func deleteCold(_ location: ColdLocation) throws {
        guard recallsBeforeDelete else {
            try hide(location, .deleted)
            return
        }
        guard let identity = try recall.recall(location) else { return }
        try deleteHot(identity)
    }

    // MARK: Tombstones

    /// Hides a cold row that is deleted, or that a hot row already hides.
    @discardableResult
    func hide(_ location: ColdLocation, _ cause: TombstoneCause) throws -> Bool {
        tombstoneCount += 1
        return try overlay.catalog.insertTombstone(location, cause)
    }

    /// Hides a cold row and writes the hot row that replaces it, or does neither.
    ///
    /// SQLite keeps no journal for an UPDATE or DELETE of one row, or for a single row of a
    /// statement that ignores conflicts. A row that a failed `body` left hidden would be lost.
    func replace<Result>(
        _ location: ColdLocation, with body: () throws -> Result
    ) throws -> Result {
        // A row that the same statement hid before stays hidden.
        let wasVisible = try hide(location, .unfinished)
        if wasVisible { overlay.unfinished.begin(location) }
        let result: Result
        do {
            result = try body()
        } catch {
            if wasVisible, overlay.unfinished.areUndone {
                try orRollBack { try show(location) }
            }
            throw error
        }
        try orRollBack { try overlay.catalog.finishTombstone(location) }
        overlay.unfinished.end(location)
        return result
    }

    private func show(_ location: ColdLocation) throws {
        try overlay.catalog.removeTombstone(location)
        tombstoneCount += 1
        overlay.unfinished.end(location)
    }

    /// Rolls back the transaction if `body` fails, as SQLite does when a disk is full.
    ///
    /// A partial change must not be committed.
    private func orRollBack(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            // The first error is more specific than an error of the rollback.
            if connection.isInTransaction { try? connection.run("ROLLBACK") }
            throw error
        }
    }

    // MARK: UPDATE

    private func update(
        _ target: Target, _ arguments: Arguments, _ conflict: ConflictMode
    ) throws {
        switch target {
        case .hot(let identity):
            let key = try shadowKey(of: identity)
            // The hot row's key changes; cold rows that it hid must stay hidden.
            if let key, changesKey(arguments) {
                let locations = try recall.visibleLocations(key: key)
                if try !locations.isEmpty && recall.isHot(key) {
                    for location in locations { try hide(location, .shadowed) }
                }
            }
            if try updateHot(identity, arguments, conflict) { return }
            // What a constraint or a trigger ignored is still hot.
            guard schema.keyKind == .rowid, let key, try !recall.isHot(key) else { return }
            for location in try recall.visibleLocations(key: key) {
                try updateCold(location, arguments, conflict)
            }
        case .cold(let location): try updateCold(location, arguments, conflict)
        }
    }

    /// - Returns: Whether such a hot row existed.
    private func updateHot(
        _ identity: [Value], _ arguments: Arguments, _ conflict: ConflictMode
    ) throws -> Bool {
        let movesRowid = schema.keyKind != .withoutRowid && isRowidMoved(arguments)
        var shape = UpdateShape(movesRowid: movesRowid, conflict: conflict)
        var next = 1
        for column in 0..<columnCount where !arguments[column + 2].isUnchanged {
            shape.columns |= 1 << UInt64(column & 63)
            next += 1
        }
        guard next > 1 || movesRowid else { return true }
        if movesRowid, table.rowidColumnID != nil {
            try recall.recall(rowid: arguments[1].integer, mayPostpone: false)
        }
        let statement = try updateStatement(shape, arguments)
        next = 1
        for column in 0..<columnCount where !arguments[column + 2].isUnchanged {
            try statement.bind(arguments[column + 2], at: next)
            next += 1
        }
        if movesRowid {
            try statement.bind(arguments[1], at: next)
            next += 1
        }
        for value in identity {
            try statement.bind(value, at: next)
            next += 1
        }
        try statement.run()
        return connection.changeCount > 0
    }

    private func updateStatement(
        _ shape: UpdateShape, _ arguments: Arguments
    ) throws -> Statement {
        // Two shapes of a wide table may look the same, so none is kept.
        let isKept = columnCount <= 64
        if isKept {
            if shape == lastUpdateShape, let statement = lastUpdateStatement, !statement.isBusy {
                return statement
            }
            if let statement = updateStatements[shape], !statement.isBusy {
                (lastUpdateShape, lastUpdateStatement) = (shape, statement)
                return statement
            }
        }
        let columns = (0..<columnCount).filter { !arguments[$0 + 2].isUnchanged }
        var assignments = columns.enumerated().map {
            "\(schema.columns[$1].name.quotedName) = ?\($0 + 1)"
        }
        if shape.movesRowid, let rowid = schema.rowidName {
            assignments.append("\(rowid) = ?\(columns.count + 1)")
        }
        let first = assignments.count + 1
        let condition = identityColumns.enumerated().map { "\($1) = ?\(first + $0)" }
        let statement = try connection.prepare(
            """
            UPDATE\(shape.conflict.inner.clause) main.\(name) \
            SET \(assignments.joined(separator: ", ")) \
            WHERE \(condition.joined(separator: " AND "))
            """)
        if isKept {
            updateStatements[shape] = statement
            (lastUpdateShape, lastUpdateStatement) = (shape, statement)
        }
        return statement
    }

    private func isRowidMoved(_ arguments: Arguments) -> Bool {
        arguments[0].integer != arguments[1].integer
    }

    private func changesKey(_ arguments: Arguments) -> Bool {
        schema.key.contains { !arguments[$0 + 2].isUnchanged }
            || (schema.keyKind == .rowid && isRowidMoved(arguments))
    }

    private func updateCold(
        _ location: ColdLocation, _ arguments: Arguments, _ conflict: ConflictMode
    ) throws {
        let stored = rowids.removeValue(forKey: location)
        // Otherwise SQLite passes every value of a cold row.
        guard !recallsBeforeUpdate,
            !schema.columns.indices.contains(where: { arguments[$0 + 2].isUnchanged }),
            stored != nil || table.rowidColumnID == nil || !hasForgotten
        else {
            guard let identity = try recall.recall(location) else { return }
            _ = try updateHot(identity, arguments, conflict)
            return
        }
        let rowid = connection.lastInsertRowID
        replacedRowid = try isRowidMoved(arguments) ? nil : recall.freeRowid(stored)
        unchangedNow = unchangedColumns.removeValue(forKey: location.packed) ?? 0
        defer {
            connection.lastInsertRowID = rowid
            (replacedRowid, unchangedNow) = (nil, 0)
        }
        try replace(location) { try insertRow(arguments, conflict) }
        let key =
            schema.keyKind == .withoutRowid
            ? schema.key.map { arguments[$0 + 2].value } : [.integer(connection.lastInsertRowID)]
        table.noteRecall(location, key: key)
    }

    // MARK: INSERT

    /// Executes an INSERT that could not be sent to main: from a temporary trigger, or a raw
    /// connection.
    private func insert(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? {
        let previous = connection.lastInsertRowID
        for (index, column) in schema.columns.enumerated() {
            let isNull = arguments[index + 2].isNull
            if column.isGenerated, !isNull {
                throw refusal("column \"\(column.name)\" is generated")
            }
            // SQLite does not distinguish an omitted column from NULL.
            if isNull, column.defaultText != nil {
                throw refusal("column \"\(column.name)\" has a DEFAULT and no value is given")
            }
        }
        try insertRow(arguments, conflict)
        return schema.keyKind == .withoutRowid ? previous : connection.lastInsertRowID
    }

    private func refusal(_ reason: String) -> SQLiteError {
        SQLiteError(
            extendedCode: 1,
            message: """
                cannot insert into "\(schema.name)" from here: \(reason); \
                insert into main.\(schema.name)
                """)
    }

    private func insertRow(_ arguments: Arguments, _ conflict: ConflictMode) throws {
        let columns = schema.columns.indices.filter { !schema.columns[$0].isGenerated }
        var names = columns.map { schema.columns[$0].name.quotedName }
        let rowid = unnamedRowid(arguments)
        if rowid != nil, let name = schema.rowidName { names.append(name) }
        let places = names.indices.map { "?\($0 + 1)" }
        let statement = try connection.cached(
            """
            INSERT OR \(conflict.inner.rawValue) INTO main.\(name)\
            (\(names.joined(separator: ", "))) \
            VALUES(\(places.joined(separator: ", ")))
            """)
        for (index, column) in columns.enumerated() {
            try statement.bind(arguments[column + 2], at: index + 1)
        }
        // `SET rowid = …` changes the key without naming its column.
        if schema.keyKind == .rowid, !arguments[0].isNull, isRowidMoved(arguments),
            let index = columns.firstIndex(of: schema.key[0])
        {
            try statement.bind(arguments[1], at: index + 1)
        }
        if let rowid { try statement.bind(integer: rowid, at: names.count) }
        try statement.run()
    }

    /// Returns the rowid of a new row that no column holds; `nil` if SQLite assigns it.
    private func unnamedRowid(_ arguments: Arguments) -> Int64? {
        guard schema.hasUnnamedRowid else { return nil }
        if !arguments[0].isNull, !isRowidMoved(arguments) { return replacedRowid }
        return arguments[1].isNull ? nil : arguments[1].integer
    }

    // MARK: Names

    private var name: String { schema.name.quotedName }

    var identityColumns: [String] {
        schema.keyKind == .withoutRowid
            ? schema.key.map { schema.columns[$0].name.quotedName } : [schema.rowidName ?? "rowid"]
    }

    private var identityCondition: String {
        identityColumns.map { "\($0) = ?" }.joined(separator: " AND ")
    }

    /// Returns the key by which a hot row may hide a cold one, or `nil` if it cannot hide any.
    private func shadowKey(of identity: [Value]) throws -> [Value]? {
        guard !table.manifest.isEmpty else { return nil }
        switch schema.keyKind {
        case .none: return nil
        case .rowid, .withoutRowid: return identity
        case .declared:
            let columns = schema.key.map { "h.\(schema.columns[$0].name.quotedName)" }
            let statement = try connection.cached(
                """
                SELECT \(columns.joined(separator: ", ")) FROM main.\(name) AS h \
                WHERE h.\(schema.rowidName ?? "rowid") = ?
                """)
            return try statement.firstRow(identity[0])
        }
    }
}
