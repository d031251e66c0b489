internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// The rows that a DELETE or UPDATE of an overlay visits, gathered so that one native statement
/// changes them all.
///
/// SQLite counts violations of foreign keys until the end of a statement. Row by row, each row
/// would be a statement, and rows that refer to each other could not be deleted.
/// Source: <https://sqlite.org/foreignkeys.html#fk_deferred>.
final class GatheredChange {
    /// The maximum size of the gathered keys and values.
    static let maximumByteCount = 256 << 20

    let table: OverlayTable
    /// For each row the key, in a table without rowids, and the new values; the identifiers are
    /// rowids.
    private let rows: RowBuffer
    /// The identities that rows got when they became hot, by row; empty for a row that must not
    /// be changed.
    private var identities: [Int: [Value]] = [:]
    private var coldRows: [(row: Int, location: ColdLocation)] = []
    /// What an UPDATE sets; `nil` for a DELETE.
    private var assignment: Assignment?

    /// What an UPDATE sets, which is the same for all its rows.
    struct Assignment {
        /// The table positions of the columns.
        let columns: [Int]
        /// Whether it may set the rowid other than through a column.
        let mayMoveRowid: Bool
        let conflict: ConflictMode
    }

    init(_ table: OverlayTable) {
        self.table = table
        rows = RowBuffer(columnCount: 0)
    }

    private var schema: TableSchema { table.schema }
    private var overlay: Overlay { table.overlay }
    private var identityCount: Int { table.writer.identityColumns.count }

    // MARK: Gathering

    /// Adds a row.
    ///
    /// - Parameters:
    ///   - arguments: Those of the call of `xUpdate`.
    ///   - assignment: `nil` for a DELETE.
    func append(
        _ target: OverlayWriter.Target, _ arguments: Arguments, _ assignment: Assignment?
    ) throws {
        self.assignment = assignment
        switch target {
        case .hot(let identity):
            rows.beginRow(identifier: identity[0].integerValue ?? 0)
            if schema.keyKind == .withoutRowid {
                for value in identity { rows.append(value) }
            }
        case .cold(let location):
            coldRows.append((rows.rowCount, location))
            rows.beginRow(identifier: 0)
            if schema.keyKind == .withoutRowid {
                for _ in 0..<identityCount { rows.appendNull() }
            }
        }
        if let assignment {
            for column in assignment.columns { rows.append(arguments[column + 2].value) }
            if assignment.mayMoveRowid {
                let isMoved = arguments[0].integer != arguments[1].integer
                rows.append(isMoved ? arguments[1].value : .null)
            }
        }
        guard rows.byteCount + rows.rowCount * 16 <= Self.maximumByteCount else {
            throw StretchError(
                .unsupported,
                "a statement changes too many rows of table \"\(schema.name)\" at once",
                hint: "Change the rows in parts, such as by ranges of their keys.")
        }
    }

    /// Returns a part of a row: of its identity, and then the new values.
    func value(row: Int, position: Int) -> Value {
        guard position >= identityCount else {
            if let identity = identities[row] {
                return identity.isEmpty ? .null : identity[position]
            }
            guard schema.keyKind == .withoutRowid else {
                return .integer(rows.rowIdentifiers[row])
            }
            return rows.value(row: row, column: position).value
        }
        let skipped = schema.keyKind == .withoutRowid ? 0 : identityCount
        return rows.value(row: row, column: position - skipped).value
    }

    // MARK: Changing

    /// Makes the cold rows hot, and changes all rows by one native statement.
    func perform() throws {
        guard rows.rowCount > 0 else { return }
        overlay.performed = self
        table.writer.recall.recent = [:]
        defer {
            overlay.performed = nil
            table.writer.recall.recent = nil
        }
        while true {
            do {
                return try performOnce()
            } catch let error as SQLiteError {
                // A trigger of the overlay needs rows that must become hot after the statement.
                guard try overlay.mustRepeat(after: error) else { throw error }
            }
        }
    }

    private func performOnce() throws {
        let hot = try table.writer.recall.recall(coldRows.map(\.location))
        for (row, location) in coldRows { identities[row] = hot[location] ?? [] }
        coldRows = []
        try recallMovedRowids()
        let statement = try overlay.connection.prepare(text)
        try statement.run(.integer(Int64(rows.rowCount)))
    }

    /// Makes the cold rows hot whose stored rowids the statement sets.
    private func recallMovedRowids() throws {
        guard table.rowidColumnID != nil, let assignment, assignment.mayMoveRowid else { return }
        let place = identityCount + assignment.columns.count
        for row in 0..<rows.rowCount {
            guard let rowid = value(row: row, position: place).integerValue else { continue }
            try table.writer.recall.recall(rowid: rowid, mayPostpone: false)
        }
    }

    /// The native statement, whose parameter is the number of rows.
    private var text: String {
        let name = "main.\(schema.name.quotedName)"
        let identity = table.writer.identityColumns.map { "h.\($0)" }
        let numbers = """
            WITH RECURSIVE r(i) AS \
            (SELECT 0 UNION ALL SELECT r.i + 1 FROM r WHERE r.i + 1 < ?1)
            """
        func part(_ position: Int) -> String {
            "stretch_gathered(\(overlay.triggerKey), r.i, \(position))"
        }
        guard let assignment else {
            return """
                \(numbers) DELETE FROM \(name) AS h WHERE (\(identity.joined(separator: ", "))) IN \
                (SELECT \(identity.indices.map(part).joined(separator: ", ")) FROM r)
                """
        }
        var sets = assignment.columns.enumerated().map {
            "\(schema.columns[$1].name.quotedName) = q.c\(identity.count + $0)"
        }
        if assignment.mayMoveRowid {
            let rowid = table.writer.identityColumns[0]
            sets.append("\(rowid) = coalesce(q.c\(identity.count + sets.count), h.\(rowid))")
        }
        let parts = (0..<identity.count + sets.count).map { "\(part($0)) AS c\($0)" }
        // The sign keeps SQLite from building an index of `q`.
        let conditions = identity.enumerated().map { "\($1) = +q.c\($0)" }
        return """
            \(numbers) UPDATE\(assignment.conflict.clause) \(name) AS h \
            SET \(sets.joined(separator: ", ")) \
            FROM (SELECT \(parts.joined(separator: ", ")) FROM r) AS q \
            WHERE \(conditions.joined(separator: " AND "))
            """
    }
}

/// Runs a DELETE or UPDATE of an overlay, and once more as one native statement if that is needed.
package final class GatheringEnclosure: StatementEnclosure {
    private static let name = "stretch_statement"
    private let overlay: Overlay
    private let table: Int64
    private let isDeletion: Bool
    private var isOpen = false

    /// - Parameter isDeletion: Whether the statement is a DELETE.
    package init?(_ overlay: Overlay, table name: String, isDeletion: Bool) {
        guard let table = overlay.table(named: name) else { return nil }
        self.overlay = overlay
        self.table = table.table.id
        self.isDeletion = isDeletion
    }

    package func willBegin() throws(SQLiteError) {
        overlay.directChange = nil
        guard let table = overlay.tables[table] else { return }
        let isRequested = overlay.isGatherRequested
        overlay.isGatherRequested = false
        guard isRequested || isDeletion && table.writer.gathersDeletions else {
            overlay.directChange = self.table
            return
        }
        try overlay.connection.execute(one: "SAVEPOINT \(Self.name)")
        isOpen = true
        overlay.gathering = GatheredChange(table)
    }

    package func didEnd() throws(SQLiteError) {
        overlay.directChange = nil
        guard isOpen else { return }
        isOpen = false
        let change = overlay.gathering
        overlay.gathering = nil
        do {
            try change?.perform()
        } catch {
            // SQLite has applied the statement's conflict handling, such as OR FAIL.
            try? release()
            throw overlay.converted(error)
        }
        try release()
    }

    /// Ends the savepoint; outside a transaction this commits, and checks deferred foreign keys.
    private func release() throws(SQLiteError) {
        // A conflict clause may have ended the transaction and thus the savepoint.
        guard overlay.connection.isInTransaction else { return }
        do {
            try overlay.connection.execute(one: "RELEASE \(Self.name)")
        } catch {
            try? undo()
            throw error
        }
    }

    private func undo() throws(SQLiteError) {
        guard overlay.connection.isInTransaction else { return }
        try overlay.connection.execute(one: "ROLLBACK TO \(Self.name)")
        try overlay.connection.execute(one: "RELEASE \(Self.name)")
    }

    package func didFail(_ error: SQLiteError) throws(SQLiteError) {
        overlay.directChange = nil
        guard isOpen else { return }
        isOpen = false
        overlay.gathering = nil
        try undo()
    }
}

extension Overlay {
    /// The error that ends a statement which then runs again as one native statement.
    static let gatherRequest = SQLiteError(
        extendedCode: ResultCode.error,
        message: "the rows must be changed by one native statement: run it again")

    /// Returns the error that makes the running statement gather its rows, or `nil` if it cannot.
    func requestGathering(_ table: OverlayTable) -> SQLiteError? {
        guard directChange == table.table.id else { return nil }
        isGatherRequested = true
        return Overlay.gatherRequest
    }

    /// `stretch_gathered(trigger key, row, position)`: a part of a gathered row.
    func gatheredValue(_ arguments: Arguments) throws -> Value {
        guard arguments[0].isInteger, arguments[0].integer == triggerKey, let performed else {
            throw StretchError(
                .unsupported, "a function of the overlay is called by its own statements only",
                hint: "Leave the call out.")
        }
        return performed.value(
            row: Int(arguments[1].integer), position: Int(arguments[2].integer))
    }
}
