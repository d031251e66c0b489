internal import StretchCatalog
package import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchSQLite
internal import StretchSchema
internal import StretchText

/// Rows with the same values in a UNIQUE constraint, of which at least one is cold.
public struct DuplicateValues: Hashable, Sendable {
    /// The constraint, such as `UNIQUE (a, b)`.
    public let constraint: String
    /// The number of rows beyond the first with their values.
    public let rowCount: Int64
    /// The values of some of these rows.
    public let examples: [[Value]]
}

extension Migrator {
    /// Returns the constraints of a table that hot and cold rows violate.
    ///
    /// Without cold rows the remote is not asked. The migrator's lease is held meanwhile.
    ///
    /// - Parameter maximumExampleCount: How many values of each constraint are listed.
    /// - Throws: `busy` while a migrator runs; `remoteUnavailable`.
    package func duplicates(
        table id: Int64, maximumExampleCount: Int
    ) throws(StretchError) -> [DuplicateValues] {
        let lease = try takeLease(timeout: configuration.busyTimeout)
        defer { withExtendedLifetime(lease) {} }
        let catalog = Catalog(connection)
        guard try local({ () throws in try catalog.hasBatches(table: id) }) else { return [] }
        let verification = Verification(
            connection: connection, endpoint: try endpoint(as: .reader))
        return try local { () throws in
            try connection.reading {
                guard let table = try catalog.table(id: id) else { return [] }
                return try verification.duplicates(
                    table, try catalog.batches(table: id),
                    maximumExampleCount: maximumExampleCount)
            }
        }
    }
}

extension Verification {
    /// Returns the UNIQUE constraints of a table that hot and visible cold rows violate.
    func duplicates(
        _ table: StretchedTable, _ batches: [ManifestBatch], maximumExampleCount: Int
    ) throws(StretchError) -> [DuplicateValues] {
        guard !batches.isEmpty,
            let schema = try local({ () throws in try self.schema.table(table) }),
            schema.columns.count == table.currentColumns.count
        else { return [] }
        var found: [DuplicateValues] = []
        for constraint in schema.uniqueConstraints {
            try copyCold(table, schema, constraint, batches)
            let values = try local { () throws in
                try duplicates(of: constraint, schema, maximumExampleCount)
            }
            if values.rowCount > 0 { found.append(values) }
        }
        return found
    }

    private func duplicates(
        of constraint: UniqueConstraint, _ schema: TableSchema, _ maximumExampleCount: Int
    ) throws(SQLiteError) -> DuplicateValues {
        let names = constraint.terms.map { "h.\(schema.columns[$0.column].name.quotedName)" }
        let list = names.enumerated().map { "\($1) AS k\($0)" }.joined(separator: ", ")
        var conditions = names.map { "\($0) IS NOT NULL" }
        if let condition = constraint.condition { conditions.append("(\(condition)\n)") }
        let rows = ["temp.stretch_cold", "main.\(schema.name.quotedName)"].map {
            "SELECT \(list) FROM \($0) AS h WHERE \(conditions.joined(separator: " AND "))"
        }
        let keys = constraint.terms.enumerated().map {
            "x.k\($0) COLLATE \($1.collation.rawValue.quotedName)"
        }
        let statement = try connection.prepare(
            """
            SELECT count(*) - 1, \(keys.joined(separator: ", ")) \
            FROM (\(rows.joined(separator: " UNION ALL "))) AS x \
            GROUP BY \(keys.joined(separator: ", ")) HAVING count(*) > 1
            """)
        var (rowCount, examples): (Int64, [[Value]]) = (0, [])
        while try statement.step() {
            rowCount += statement.integer(0)
            if examples.count < maximumExampleCount {
                examples.append(names.indices.map { statement.column($0 + 1) })
            }
        }
        return DuplicateValues(
            constraint: schema.description(of: constraint), rowCount: rowCount,
            examples: examples)
    }

    /// Copies the columns of a constraint of visible cold rows to a temporary table.
    private func copyCold(
        _ table: StretchedTable, _ schema: TableSchema, _ constraint: UniqueConstraint,
        _ batches: [ManifestBatch]
    ) throws(StretchError) {
        try local { () throws in
            let columns = try constraint.columns.map { place in
                let column = schema.columns[place]
                return "\(column.name.quotedName) \(try column.typeText()) "
                    + "COLLATE \(column.collationName.quotedName)"
            }
            try connection.execute(one: "DROP TABLE IF EXISTS temp.stretch_cold")
            try connection.execute(
                one: "CREATE TEMP TABLE stretch_cold(\(columns.joined(separator: ", ")))")
        }
        let probe = HotKeyProbe(schema)
        let places = constraint.columns + (probe?.places ?? [])
        let marks = constraint.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let coldColumns = ColdColumns(table, schema, routines: connection.routines)
        for batch in batches {
            let hidden = try local { () throws in
                Set(try catalog.hiddenOrdinals(batchNumber: batch.visible.number))
            }
            try coldColumns.eachPage(
                of: batch, columns: places.map { table.currentColumns[$0].id }, of: endpoint
            ) { page in
                for row in 0..<page.rowCount where !hidden.contains(page.rowIdentifiers[row]) {
                    // A hot row with the key hides the cold one.
                    if try probe?.isHot(page, row: row, connection) ?? false { continue }
                    let statement = try connection.cached(
                        "INSERT INTO temp.stretch_cold VALUES (\(marks))")
                    try statement.bind(
                        Array(page.values(ofRow: row).prefix(constraint.columns.count)))
                    try statement.run()
                }
            }
        }
    }
}
