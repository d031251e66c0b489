package import SQLText
package import StretchCatalog
package import StretchCore
internal import StretchEndpoint
package import StretchSQLite
package import StretchText

/// What became of a stretch-enabled table.
package struct SchemaChange {
    /// The table with its current name, columns and filter.
    package let table: StretchedTable
    /// The definition, in the catalog's order.
    package let schema: TableSchema
    /// The definition, in the table's own order.
    package let definition: TableSchema
    /// The columns whose zones in older batches no longer hold.
    package let staleZones: Set<Int64>
    /// Whether hints were needed to know that the table is the old one.
    package let isAnswered: Bool
}

/// Tells what became of stretch-enabled tables; nothing is written.
///
/// It keeps what it has read: create one inside each read transaction.
package final class SchemaJudge {
    private let reader: SchemaReader
    /// Returns the id of a new column.
    private let newID: () -> Int64
    private var evidences: [Int64: TableEvidence]?
    private var connection: Connection { reader.connection }
    private var catalog: Catalog { Catalog(connection) }

    package init(
        _ reader: SchemaReader,
        newID: @escaping () -> Int64 = { Int64.random(in: 1...Int64.max) }
    ) {
        self.reader = reader
        self.newID = newID
    }

    /// Returns how a table was when Stretch last looked at it, or `nil` if that was not recorded.
    package func evidence(of table: StretchedTable) throws -> TableEvidence? {
        let known = try evidences ?? catalog.evidence()
        evidences = known
        return known[table.id]
    }

    /// Returns the question about a table to which the table itself gives no answer, or `nil`.
    package func question(about table: StretchedTable) throws -> StretchError? {
        do {
            _ = try judge(table)
            return nil
        } catch let error as StretchError where Self.isQuestion(error) {
            return error
        }
    }

    /// Whether an error concerns one table alone, and waits for an answer.
    package static func isQuestion(_ error: StretchError) -> Bool {
        error.code == .schemaMismatch || error.code == .unsupported
    }

    /// Compares a table of the catalog with its definition.
    ///
    /// - Parameters:
    ///   - hints: Information that the table alone does not provide.
    ///   - fills: The values of new columns in rows that are cold already, by column name.
    /// - Throws: `schemaMismatch` with the question if the change is uncertain; `unsupported` for a
    ///   generated column without values in cold rows; `invalidArgument` for wrong hints.
    package func judge(
        _ old: StretchedTable, hints: [ColumnHint] = [], fills: [SQLName: Value] = [:]
    ) throws -> SchemaChange {
        let hasBatches = try catalog.hasBatches(table: old.id)
        let name = try currentName(of: old)
        guard let schema = try reader.table(name) else { throw TableInspection.vanished(old) }
        let evidence = try evidence(of: old)
        let columns = Self.columns(of: old, evidence)
        let columnEvidence = try columnEvidence(
            of: old, columns, schema, evidence, isAnswered: !hints.isEmpty || !hasBatches)
        var new = try reconciled(
            old, columns, schema, columnEvidence, hints: hints, fills: fills,
            hasBatches: hasBatches)
        new.name = schema.name
        // The kind of a key changes only while no row is cold.
        if !hasBatches { new = storingRowids(new, schema) }
        if new.rowidColumn != nil, !schema.hasUnnamedRowid {
            throw keyQuestion(new.name, schema)
        }
        if hasBatches, let evidence {
            try requireSameKey(new, schema, evidence)
        }
        let arranged = schema.arranged(as: new)
        return SchemaChange(
            table: new, schema: arranged, definition: schema,
            staleZones: staleZones(old, new, arranged, evidence), isAnswered: !hints.isEmpty)
    }

    /// Returns the columns of a table in the order in which they were last seen.
    private static func columns(
        of table: StretchedTable, _ evidence: TableEvidence?
    ) -> [CatalogColumn] {
        let current = table.currentColumns
        let columns = Dictionary(
            current.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let seen = (evidence?.columns ?? []).compactMap { columns[$0.id] }
        return seen.count == current.count ? seen : current
    }

    // MARK: The table

    /// Returns the name of a table, which another program may have renamed.
    private func currentName(of old: StretchedTable) throws -> String {
        guard try reader.table(old.name) == nil, let known = try catalog.markedNames() else {
            return old.name
        }
        let taken = Set(try catalog.tables().map { SQLName($0.name) })
        // ALTER TABLE leaves the entry before the mark, under a name that was not there.
        let candidates = try reader.ordinaryTableNames().filter { name in
            let key = SQLName(name)
            guard !known.contains(key), !taken.contains(key),
                try reader.isBehindMark(name) == false, let schema = try reader.table(name)
            else { return false }
            return old.places(in: schema) == Array(schema.columns.indices)
        }
        return candidates.count == 1 ? candidates[0] : old.name
    }

    /// Returns what is known of how the table came to its columns.
    ///
    /// - Parameter isAnswered: Whether it is known to be the old table.
    private func columnEvidence(
        of old: StretchedTable, _ columns: [CatalogColumn], _ schema: TableSchema,
        _ evidence: TableEvidence?, isAnswered: Bool
    ) throws -> ColumnEvidence {
        switch try reader.isBehindMark(schema.name) {
        case nil: return .unknown
        case false?: return .altered
        case true?: break
        }
        let found = try evidence.flatMap {
            try TableWitnesses(connection).compare(columns, schema, $0)
        }
        if let found, found.isSameTable {
            return .remade(proved: found.proved, doubted: found.doubted)
        }
        if isAnswered { return .remade(proved: [:], doubted: []) }
        if let evidence { try requireSameKeyNames(old, schema, evidence) }
        let count = try catalog.counts(table: old.id).visibleRows
        throw StretchError(
            .schemaMismatch,
            "table \"\(old.name)\" was made anew without Stretch, and nothing in it tells whether "
                + "its \(count) cold rows belong to it",
            hint: "If it is the same table: \(advice: .sameTable(old.name)). If it is another one: "
                + "\(advice: .abandonTable(old.name)).")
    }

    // MARK: Columns

    private func reconciled(
        _ table: StretchedTable, _ old: [CatalogColumn], _ schema: TableSchema,
        _ evidence: ColumnEvidence, hints: [ColumnHint], fills: [SQLName: Value], hasBatches: Bool
    ) throws -> StretchedTable {
        // Ids in the catalog are random, but those of a reconciliation are sequential.
        let reconciliation = try ColumnReconciliation(
            stored: old.enumerated().map {
                StoredColumn(id: $0, name: $1.name, declaredType: $1.declaredType)
            },
            current: schema.columns.map { ($0.name, $0.declaredType) }, nextID: old.count,
            evidence: evidence, hints: hints, table: table.name)
        try requireFills(fills, of: reconciliation.changes, table.name)
        guard !reconciliation.changes.isEmpty else { return table }
        var result = table
        result.schemaVersion += 1
        var renamed: [SQLName: String] = [:]
        var kept: [Int64: CatalogColumn] = [:]
        var added: [CatalogColumn] = []
        for (stored, column) in zip(reconciliation.columns, schema.columns) {
            guard stored.id < old.count else {
                added.append(
                    try self.added(
                        column, to: table, schema, version: result.schemaVersion,
                        fill: fills[SQLName(column.name)], hasBatches: hasBatches))
                continue
            }
            var same = old[stored.id]
            if !same.name.isSameText(as: column.name) {
                renamed[SQLName(same.name)] = column.name
            }
            same.name = column.name
            // The affinity stays that of the remote's column, which holds older values.
            same.declaredType = column.declaredType
            kept[same.id] = same
        }
        let known = table.columns.filter { !$0.isRowid }.map { column in
            if let same = kept[column.id] { return same }
            var dropped = column
            dropped.dropped = column.dropped ?? result.schemaVersion
            return dropped
        }
        result.columns = known + added + table.columns.filter(\.isRowid)
        result.filter = renamingColumns(renamed, in: table.filter, old.map(\.name))
        return result
    }

    /// Returns a table with a column for rowids if its rows have some that no column holds.
    private func storingRowids(_ table: StretchedTable, _ schema: TableSchema) -> StretchedTable {
        guard (table.rowidColumn != nil) != schema.hasUnnamedRowid else { return table }
        var result = table
        result.schemaVersion += 1
        result.columns = table.columns.map { column in
            var column = column
            if column.isRowid { column.dropped = column.dropped ?? result.schemaVersion }
            return column
        }
        result.columns +=
            [CatalogColumn(rowidOf: schema, id: newID(), added: result.schemaVersion)]
            .compactMap(\.self)
        return result
    }

    /// Returns a filter predicate with the new names of its columns.
    private func renamingColumns(
        _ names: [SQLName: String], in filter: String, _ columns: [String]
    ) -> String {
        guard !names.isEmpty, !filter.isEmpty,
            // A filter that has become invalid stops the migration of its table, which reports it.
            let predicate = try? FilterPredicate(parsing: filter, columns: columns)
        else { return filter }
        return predicate.renamingColumns(names)
    }

    private func requireFills(
        _ fills: [SQLName: Value], of changes: [ColumnReconciliation.Change], _ table: String
    ) throws(StretchError) {
        let added = changes.compactMap { change in
            if case .added(let column) = change { SQLName(column.name) } else { nil as SQLName? }
        }
        for name in fills.keys.sorted() where !added.contains(name) {
            throw StretchError(
                .invalidArgument, "table \"\(table)\" has no new column \"\(name.text)\" to fill",
                hint: "Name a column that another program added.")
        }
    }

    /// Returns a new column, with its value in rows that are cold already.
    private func added(
        _ column: ColumnSchema, to table: StretchedTable, _ schema: TableSchema, version: Int64,
        fill: Value?, hasBatches: Bool
    ) throws -> CatalogColumn {
        guard !column.isGenerated || !hasBatches else {
            throw StretchError(
                .unsupported,
                "generated column \"\(column.name)\" of table \"\(table.name)\" has no values "
                    + "in the rows that are cold already",
                hint: "Drop the column, or bring the cold rows back first.")
        }
        let value = try fill ?? defaultValue(of: column, isStrict: schema.isStrict)
        if hasBatches, column.isNotNull, value == .null {
            throw StretchError(
                .schemaMismatch,
                "column \"\(column.name)\" of table \"\(table.name)\" is new and NOT NULL, and the "
                    + "rows that are cold already have no value for it",
                hint: "Give them one: "
                    + "\(advice: .fillColumn(table: table.name, column.name)).")
        }
        return CatalogColumn(
            column, id: newID(), defaultValue: value, added: version)
    }

    /// Returns the default as stored by SQLite, with the column's affinity applied.
    private func defaultValue(of column: ColumnSchema, isStrict: Bool) throws -> Value {
        guard let text = try column.defaultExpression(), !column.isGenerated else { return .null }
        let memory = try Connection(
            path: ":memory:", access: .create, routines: connection.routines)
        memory.confine()
        let options = isStrict ? " STRICT" : ""
        try memory.execute(
            one: "CREATE TABLE t(c \(try column.typeText()) DEFAULT \(text))\(options)")
        try memory.execute("INSERT INTO t DEFAULT VALUES")
        return try memory.rows("SELECT c FROM t").first?.first ?? .null
    }

    // MARK: Keys and zones

    /// Throws if the key consists of other columns than before, or compares them otherwise.
    private func requireSameKey(
        _ new: StretchedTable, _ schema: TableSchema, _ evidence: TableEvidence
    ) throws(StretchError) {
        let old = evidence.columns.filter { $0.keyPlace > 0 }
        let now = TableWitnesses.columns(new, schema).filter { $0.keyPlace > 0 }
        guard Set(old) != Set(now) || !hasSameKeyAffinities(new, schema.arranged(as: new)) else {
            return
        }
        throw keyQuestion(new.name, schema)
    }

    /// Throws if the key's columns have other names than before.
    private func requireSameKeyNames(
        _ old: StretchedTable, _ schema: TableSchema, _ evidence: TableEvidence
    ) throws(StretchError) {
        let ids = Set(evidence.columns.filter { $0.keyPlace > 0 }.map(\.id))
        let names = old.currentColumns.filter { ids.contains($0.id) }.map { SQLName($0.name) }
        guard Set(names) != Set(schema.key.map { SQLName(schema.columns[$0].name) }) else { return }
        throw keyQuestion(old.name, schema)
    }

    private func keyQuestion(_ table: String, _ schema: TableSchema) -> StretchError {
        let names = schema.key.map { "\"\(schema.columns[$0].name)\"" }.joined(separator: ", ")
        return StretchError(
            .schemaMismatch,
            "the key of table \"\(table)\" was changed without Stretch, to "
                + (names.isEmpty ? "none" : names),
            hint: "Make the key as it was, then: \(advice: .bringBackTable(table)). Or: "
                + "\(advice: .abandonTable(table)).")
    }

    private func hasSameKeyAffinities(_ table: StretchedTable, _ schema: TableSchema) -> Bool {
        schema.key.allSatisfy { place in
            table.currentColumns[place].affinity.storesSameValues(
                as: schema.columns[place].affinity)
        }
    }

    private func staleZones(
        _ old: StretchedTable, _ new: StretchedTable, _ schema: TableSchema,
        _ evidence: TableEvidence?
    ) -> Set<Int64> {
        let collations = Dictionary(
            (evidence?.columns ?? []).map { ($0.id, $0.collation) },
            uniquingKeysWith: { first, _ in first })
        var stale: Set<Int64> = []
        for (column, now) in zip(new.currentColumns, schema.columns) {
            let collation = collations[column.id]
            let isReordered = collation.map { !$0.isSameText(as: now.collationName) } ?? false
            if isReordered || !column.affinity.storesSameValues(as: now.affinity) {
                stale.insert(column.id)
            }
        }
        return stale
    }
}
