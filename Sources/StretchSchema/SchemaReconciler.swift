package import SQLText
package import StretchCatalog
package import StretchCore
package import StretchKeystore
package import StretchSQLite
package import StretchText

/// Adopts changes by any program to the definitions of stretch-enabled tables.
///
/// Each table is judged alone. What another program did to it is either certain, or the result is
/// an error that asks: a guess could show the values of one column under the name of another. The
/// catalog records the columns in one local transaction, if the schema is still the one that was
/// read. The remote is not needed: columns that it lacks are in no batch.
package struct SchemaReconciler {
    private static let maximumAttemptCount = 5
    private let known: KnownSchema
    private let configuration: Configuration
    private var connection: Connection { known.connection }
    private var catalog: Catalog { Catalog(connection) }

    package init(_ known: KnownSchema, _ configuration: Configuration) {
        self.known = known
        self.configuration = configuration
    }

    package init(connection: Connection, configuration: Configuration) {
        self.init(KnownSchema(connection), configuration)
    }

    /// Reconciles every stretch-enabled table.
    ///
    /// - Returns: The reasons why tables cannot be reconciled, by id; all others are.
    package func reconcileAll() throws -> [Int64: StretchError] {
        var (reasons, changed) = ([Int64: StretchError](), [Int64]())
        try known.reading { reader in
            let judge = SchemaJudge(reader)
            for table in try catalog.tables() {
                try asking(about: table.id, &reasons) {
                    if try judge.judge(table).table != table { changed.append(table.id) }
                }
            }
        }
        for id in changed { try asking(about: id, &reasons) { try reconcile(id) } }
        if reasons.isEmpty { try markTables() }
        return reasons
    }

    /// Runs `body`, and keeps its error if it is a question about a table.
    private func asking(
        about id: Int64, _ reasons: inout [Int64: StretchError], _ body: () throws -> Void
    ) throws {
        do {
            try body()
        } catch let error as StretchError where SchemaJudge.isQuestion(error) {
            reasons[id] = error
        }
    }

    /// Reconciles one table.
    ///
    /// - Parameters:
    ///   - hints: Information that the table alone does not provide.
    ///   - fills: The values of new columns in rows that are cold already, by column name.
    /// - Returns: Whether the catalog changed.
    /// - Throws: `schemaMismatch` if it is unknown what became of the table; `invalidArgument` if a
    ///   hint is wrong. The catalog is unchanged.
    @discardableResult
    package func reconcile(
        _ id: Int64, hints: [ColumnHint] = [], fills: [SQLName: Value] = [:]
    ) throws -> Bool {
        for _ in 0..<Self.maximumAttemptCount {
            let cookie = try schemaCookie()
            guard let old = try catalog.table(id: id) else { return false }
            let change = try known.reading { reader in
                try SchemaJudge(reader, newID: configuration.randomID)
                    .judge(old, hints: hints, fills: fills)
            }
            guard change.table != old || change.isAnswered else { return false }
            let isSaved = try saving {
                guard try schemaCookie() == cookie, try catalog.table(id: id) == old else {
                    return false
                }
                try save(change, in: old)
                return true
            }
            if isSaved { return true }
        }
        throw StretchError(
            .busy, "another program keeps changing the schema", hint: "Try again.")
    }

    private func save(_ change: SchemaChange, in old: StretchedTable) throws {
        let new = change.table
        try catalog.save(new)
        try catalog.removeZones(of: change.staleZones, table: new.id)
        if new.name != old.name { try catalog.renameFollowed(old.name, to: new.name) }
        try TableWitnesses(connection).record(new, change.definition, salt: salt())
        let names = new.currentColumns.map(\.name).joined(separator: ", ")
        try catalog.insertEvent(
            time: configuration.now(), table: new.name, kind: .reconcileSchema,
            message: (new.name == old.name ? "" : "the table was called \(old.name) before; ")
                + "the columns are now \(names)")
    }

    // MARK: Evidence

    /// Records the evidence of a table that was just enabled, in the caller's transaction.
    package func recordEnabled(_ table: StretchedTable) throws {
        guard let schema = try SchemaReader(connection).table(table.name) else { return }
        try TableWitnesses(connection).record(table, schema, salt: salt())
        // The mark must be behind every table, and must not hide that another one was made anew.
        guard try !hasQuestions(except: table.id) else { return }
        try catalog.setMark()
    }

    /// Makes the mark behind tables that were made anew, and renews evidence that has faded.
    private func markTables() throws {
        var (needsMark, faded) = (false, [(table: StretchedTable, schema: TableSchema)]())
        let cookie = try known.reading { reader in
            let judge = SchemaJudge(reader)
            for table in try catalog.tables() {
                guard let schema = try reader.table(table.name) else { continue }
                if try reader.isBehindMark(table.name) != false { needsMark = true }
                let hasFaded = try TableWitnesses(connection).haveFaded(
                    table, schema, judge.evidence(of: table))
                if hasFaded { faded.append((table, schema)) }
            }
            return try schemaCookie()
        }
        guard needsMark || !faded.isEmpty else { return }
        _ = try saving {
            guard try schemaCookie() == cookie else { return false }
            for (table, schema) in faded {
                try TableWitnesses(connection).record(table, schema, salt: salt())
            }
            if needsMark { try catalog.setMark() }
            return true
        }
    }

    /// Returns whether there is an open question about another table.
    private func hasQuestions(except id: Int64) throws -> Bool {
        let judge = SchemaJudge(SchemaReader(connection))
        return try catalog.tables().contains { table in
            try table.id != id && judge.question(about: table) != nil
        }
    }

    private func salt() -> [UInt8] {
        withUnsafeBytes(of: configuration.randomID()) { Array($0) }
    }

    /// Runs `body` in the application's transaction that altered the table, or in a new one.
    private func saving(_ body: () throws -> Bool) throws -> Bool {
        guard connection.isInTransaction else {
            return try connection.transaction(.immediate, body)
        }
        let rowid = connection.lastInsertRowID
        defer { connection.lastInsertRowID = rowid }
        try connection.execute("SAVEPOINT stretch_reconcile")
        do {
            let result = try body()
            try connection.execute("RELEASE stretch_reconcile")
            return result
        } catch {
            // The first error is more specific than an error of the rollback.
            try? connection.execute("ROLLBACK TO stretch_reconcile; RELEASE stretch_reconcile")
            throw error
        }
    }

    private func schemaCookie() throws(SQLiteError) -> Int64 {
        try connection.integer("PRAGMA main.schema_version") ?? 0
    }
}

extension TableInspection {
    /// Returns the error for a stretch-enabled table that another program dropped or renamed.
    package static func vanished(_ table: StretchedTable) -> StretchError {
        StretchError(
            .schemaMismatch, "stretch-enabled table \"\(table.name)\" is missing",
            hint: "Rename it back, or give up its cold rows: \(advice: .abandonTable(table.name)).")
    }
}
