package import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

/// The overlay of one stretch-enabled table.
package final class OverlayTable: VirtualTable {
    /// The overlay owns this table, and SQLite calls neither after the connection is closed.
    unowned(unsafe) let overlay: Overlay
    package let table: StretchedTable
    let schema: TableSchema
    /// The catalog's ids of the table's columns, in table order.
    let columnIDs: [Int64]
    /// The id of the column of batches with the rowids of rows; `nil` if a column of the table
    /// holds them, or if they are not stored.
    let rowidColumnID: Int64?
    /// The columns of the declaration, with the types and collations of the table.
    let columnDefinitions: [String]
    /// The manifest in the connection's snapshot.
    var manifest: TableManifest
    var hasLoadedManifest = false
    /// Whether the catalog does not yet have the table's columns.
    var isUnsaved = false
    /// The reason why cold rows cannot be read now, or `nil`.
    var coldRowError: StretchError?
    /// The current columns in rows that the remote has from earlier.
    let coldColumns: ColdColumns

    private var plans: [OverlayPlan] = []
    private var planNumbers: [OverlayPlan.Key: Int32] = [:]
    private(set) lazy var writer = OverlayWriter(table: self)
    /// The UNIQUE constraints beside the key that hold among hot and cold rows.
    private(set) lazy var uniqueChecks =
        overlay.uniqueRelations.contains(table.relation)
        ? schema.uniqueConstraints.map { UniqueCheck($0, of: self) } : []
    /// The rows prefetched for a statement that looks up rows one by one.
    let lookups = ColdLookups()
    private var rowStatements: ColdRowStatements?
    /// The unused statements for complete hot rows.
    private var completeStatements: [Statement] = []

    // MARK: What running scans must know of changes

    /// The count of recalls on this connection, which scans compare at every row.
    let changeCounter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    /// The cold rows recalled while scans were running, each with its count of recalls.
    var recalledLocations: [Int64: Int] = [:]
    /// The hot keys of those rows, each with its count of recalls.
    var recalledKeys: [[Value]: Int] = [:]
    /// The number of running scans.
    var openScanCount = 0 {
        didSet {
            guard openScanCount == 0, !recalledLocations.isEmpty else { return }
            recalledLocations = [:]
            recalledKeys = [:]
        }
    }

    init(table: StretchedTable, schema: TableSchema, overlay: Overlay) throws {
        self.table = table
        self.schema = schema
        self.overlay = overlay
        guard let current = table.currentColumns(in: schema) else {
            throw StretchError(
                .schemaMismatch,
                "table \"\(schema.name)\": its columns differ from those that Stretch knows",
                hint: "To see them: \(advice: .showStatus). To say what changed: "
                    + "\(advice: .renameColumn(table: schema.name, from: nil, to: nil)).")
        }
        columnIDs = current.map(\.id)
        rowidColumnID = schema.hasUnnamedRowid ? table.rowidColumn?.id : nil
        coldColumns = ColdColumns(
            table, schema.arranged(as: table), routines: overlay.connection.routines)
        columnDefinitions = try schema.columns.map { column in
            // ANY preserves values only in a STRICT table; in other tables it means NUMERIC.
            let isAny = schema.isStrict && column.affinity == .blob
            let type = isAny ? "BLOB" : try column.typeText()
            return "\(column.name.quotedName) \(type) COLLATE \(column.collationName.quotedName)"
        }
        changeCounter.initialize(to: 0)
        manifest = TableManifest(batches: [], collations: [:])
    }

    deinit { changeCounter.deallocate() }

    func load(_ batches: [ManifestBatch]) {
        var collations: [Int64: Collation] = [:]
        for (id, column) in zip(columnIDs, schema.columns) { collations[id] = column.collation }
        if let rowidColumnID { collations[rowidColumnID] = .binary }
        manifest = TableManifest(
            batches: batches, collations: collations,
            keyColumn: schema.keyKind == .rowid ? columnIDs[schema.key[0]] : nil,
            rowidColumn: rowidColumnID)
        hasLoadedManifest = true
        for check in uniqueChecks { check.manifestDidChange() }
    }

    // MARK: VirtualTable

    var connection: Connection { overlay.connection }
    var allowsDropping: Bool { overlay.isReplacingTables }

    /// Only the statement's columns of a recalled row or a gathered one are updated.
    var reportsUnchangedColumns: Bool {
        overlay.gathering != nil || writer.recallsBeforeUpdate
    }

    var hiddenKeyColumns: [Int] { schema.keyKind == .withoutRowid ? schema.key : [] }

    /// The declaration, with the table's types and collations for SQLite's outer comparisons.
    ///
    /// It has no constraints, because those are checked inside.
    var declaration: String {
        var columns = columnDefinitions
        guard schema.keyKind == .withoutRowid else {
            return "CREATE TABLE t(\(columns.joined(separator: ", ")))"
        }
        columns.append("\(hiddenKeyName) BLOB HIDDEN PRIMARY KEY NOT NULL")
        return "CREATE TABLE t(\(columns.joined(separator: ", "))) WITHOUT ROWID"
    }

    private var hiddenKeyName: String {
        var name = "stretch_key"
        while schema.column(named: name) != nil { name += "_" }
        return name
    }

    func plan(_ request: IndexRequest) throws -> IndexPlan {
        overlay.hasPlannedScan = true
        let planner = OverlayPlanner(
            schema: schema, coldRowCount: manifest.rowCount, storesRowid: rowidColumnID != nil,
            shape: overlay.shape,
            isConverted: { [coldColumns, columnIDs] in coldColumns.isConverted(columnIDs[$0]) },
            hasOwnPatterns: { [overlay] in try overlay.hasOwnPatterns() })
        var (key, answer) = try planner.plan(request)
        answer.number = number(of: key)
        return answer
    }

    private func number(of key: OverlayPlan.Key) -> Int32 {
        if let number = planNumbers[key] { return number }
        let number = Int32(plans.count)
        plans.append(
            OverlayPlan(
                key: key, schema: schema, columnIDs: columnIDs, rowidColumnID: rowidColumnID))
        planNumbers[key] = number
        return number
    }

    func plan(numbered number: Int32) throws -> OverlayPlan {
        guard plans.indices.contains(Int(number)) else {
            throw SQLiteError(
                extendedCode: 1,
                message: "table \"\(schema.name)\" has changed: prepare the statement again")
        }
        return plans[Int(number)]
    }

    func makeScan(plan number: Int32, arguments: Arguments) throws -> any VirtualTableScan {
        try OverlayScan(self, plan: plan(numbered: number), arguments)
    }

    func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? {
        try writer.update(arguments, conflict)
    }

    func begin() throws { try writer.begin() }
    func savepoint() { writer.needsStatementSavepoint = true }
    func end(isCommitted: Bool) { writer.end() }

    // MARK: Hot rows

    /// Returns whether the inner comparison has the same result as SQLite's outer one.
    ///
    /// A column of the table keeps its affinity inside; a right side with its own affinity outside
    /// has lost it.
    func isComparable(_ term: OverlayPlan.Key.Term, _ value: ValuePointer) -> Bool {
        guard term.column >= 0 else { return true }
        guard schema.columns[term.column].affinity == .text else { return true }
        if value.isNumber { return false }
        guard term.mayHaveAffinity, value.isText, !value.isBound else { return true }
        // Texts that look like numbers start with a byte below ":" and are thus less than other
        // texts.
        return value.firstByte.map { $0 >= UInt8(ascii: ":") } ?? false
    }

    /// Takes a statement for a complete hot row by rowid, which a scan returns later.
    func takeCompleteStatement() throws -> Statement {
        if let statement = completeStatements.popLast() { return statement }
        let columns = schema.columns.map { "h.\($0.name.quotedName)" }
        return try connection.prepare(
            """
            \(Overlay.innerMark) SELECT \(columns.joined(separator: ", ")) \
            FROM main.\(schema.name.quotedName) \
            AS h WHERE h.\(schema.rowidName ?? "rowid") = ?
            """)
    }

    /// Returns a statement to the pool, after a reset so that it holds no snapshot.
    func putCompleteStatement(_ statement: Statement) {
        statement.reset()
        completeStatements.append(statement)
    }

    // MARK: Cold rows

    /// Returns the statements that filter cold rows.
    func coldRowStatements() throws -> ColdRowStatements {
        if let rowStatements { return rowStatements }
        let made = try ColdRowStatements(schema, on: connection)
        rowStatements = made
        return made
    }

    /// Returns the session with the remote, for rows of this table.
    func remote() throws(StretchError) -> any Endpoint {
        if let coldRowError { throw coldRowError }
        return try overlay.remote()
    }

    /// Scans the remote for rows of some of the table's batches.
    func scan(
        _ request: ColdScanRequest, _ batches: [ManifestBatch]
    ) throws -> any ColdScan {
        try coldColumns.scan(
            request, newestVersion: batches.reduce(0) { max($0, $1.schemaVersion) },
            of: try remote())
    }

    /// The ids of the columns of complete rows: those of the table, and that of the rowid.
    var storedColumnIDs: [Int64] { columnIDs + [rowidColumnID].compactMap(\.self) }

    /// The index of the stored rowid in complete rows, or `nil`.
    var storedRowidPlace: Int? { rowidColumnID.map { _ in columnIDs.count } }

    /// Returns the index of the stored rowid in pages of a scan whose rows show it, or `nil`.
    func shownRowidPlace(_ plan: OverlayPlan, isWholeRow: Bool) -> Int? {
        guard plan.key.showsRowid else { return nil }
        return isWholeRow ? storedRowidPlace : plan.rowidPlace
    }

    /// Returns the catalog's id of a column; for the rowid, that of the column that holds it.
    func columnID(_ column: Int) -> Int64 {
        column >= 0 ? columnIDs[column] : rowidColumnID ?? columnIDs[schema.key[0]]
    }

    /// Records for running scans that a cold row became hot.
    func noteRecall(_ location: ColdLocation, key: [Value]) {
        changeCounter.pointee += 1
        guard openScanCount > 0 else { return }
        recalledLocations[location.packed] = changeCounter.pointee
        recalledKeys[key] = changeCounter.pointee
    }

    /// Returns the constraint for the remote and for zones, which apply no affinity.
    ///
    /// `nil` if the comparison could have a different result there.
    func coldConstraint(
        _ column: Int, _ comparison: IndexRequest.Operator, _ value: Value, collationName: String
    ) -> ColdConstraint? {
        if column < 0, rowidColumnID != nil, !selectsStoredRowids(comparison, value) { return nil }
        let id = columnID(column)
        if comparison == .like || comparison == .glob {
            guard case .text(let pattern) = value else { return nil }
            let isLike = comparison == .like
            let prefix =
                isLike ? TextPrefix(likePattern: pattern) : TextPrefix(globPattern: pattern)
            return prefix.map {
                ColdConstraint(
                    column: id, comparison: .prefix($0), collation: isLike ? .nocase : .binary)
            }
        }
        guard let collation = Collation(rawValue: collationName) else { return nil }
        let affinity = column >= 0 ? schema.columns[column].affinity : .integer
        switch comparison {
        case .isNull: return ColdConstraint(column: id, comparison: .isNull)
        case .isNotNull: return ColdConstraint(column: id, comparison: .isNotNull)
        case .identical where value == .null:
            return ColdConstraint(column: id, comparison: .isNull)
        default: break
        }
        guard value.isComparable(to: affinity) else { return nil }
        let asked: ColdConstraint.Comparison
        switch comparison {
        case .equal, .identical: asked = .equal(value)
        case .less: asked = .less(value)
        case .lessOrEqual: asked = .lessOrEqual(value)
        case .greater: asked = .greater(value)
        case .greaterOrEqual: asked = .greaterOrEqual(value)
        default: return nil
        }
        return ColdConstraint(column: id, comparison: asked, collation: collation)
    }
}

extension OverlayTable {
    /// Returns whether a comparison with the rowid selects only rows that show their stored rowid.
    ///
    /// All others have a greater one.
    private func selectsStoredRowids(_ comparison: IndexRequest.Operator, _ value: Value) -> Bool {
        guard let rowid = value.integerValue, HiddenRowid.identifier(of: rowid) == nil else {
            return false
        }
        switch comparison {
        case .equal, .identical, .less, .lessOrEqual: return true
        default: return false
        }
    }
}

extension Value {
    /// Returns whether a comparison with a column of the affinity converts neither value nor
    /// column.
    func isComparable(to affinity: Affinity) -> Bool {
        switch self {
        case .null: true
        case .integer, .real: affinity.isNumeric
        case .text: affinity == .text
        case .blob: affinity != .blob
        }
    }
}
