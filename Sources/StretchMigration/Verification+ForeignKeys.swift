internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension Verification {
    /// Counts hot and cold rows of a table whose foreign keys reference no row.
    func orphanCount(
        _ table: StretchedTable, among tables: [SQLName: StretchedTable],
        _ manifest: [Int64: [ManifestBatch]]
    ) throws(StretchError) -> Int64 {
        let schema = try local { () throws -> TableSchema? in
            try self.schema.table(table)
        }
        var count: Int64 = 0
        for key in schema?.parents ?? [] where key.childColumns.count == key.parentColumns.count {
            let parent = tables[SQLName(key.parent)]
            try copyCold(table, key.childColumns, manifest, to: "stretch_child")
            try copyCold(parent, key.parentColumns, manifest, to: "stretch_parent")
            count += try local { () throws in
                guard try self.schema.table(key.parent) != nil else {
                    return 0
                }
                return try connection.integer(orphanSQL(key)) ?? 0
            }
        }
        return count
    }

    private func orphanSQL(_ key: ForeignKeySchema) -> String {
        let indexes = key.childColumns.indices
        let child = key.childColumns.map { "h.\($0.quotedName)" }
        let select = indexes.map { "\(child[$0]) AS k\($0)" }.joined(separator: ", ")
        let coldNames = indexes.map { "k\($0)" }.joined(separator: ", ")
        let isKnown = indexes.map { "x.k\($0) IS NOT NULL" }.joined(separator: " AND ")
        let hot = indexes.map { "p.\(key.parentColumns[$0].quotedName) = x.k\($0)" }
        let cold = indexes.map { "q.k\($0) = x.k\($0)" }
        return """
            SELECT count(*) FROM (
                SELECT \(select) FROM main.\(key.child.quotedName) AS h
                UNION ALL SELECT \(coldNames) FROM temp.stretch_child
            ) AS x WHERE \(isKnown)
            AND NOT EXISTS (SELECT 1 FROM main.\(key.parent.quotedName) AS p
                WHERE \(hot.joined(separator: " AND ")))
            AND NOT EXISTS (SELECT 1 FROM temp.stretch_parent AS q
                WHERE \(cold.joined(separator: " AND ")))
            """
    }

    /// Copies columns of a table's visible cold rows to a temporary table.
    private func copyCold(
        _ table: StretchedTable?, _ names: [String], _ manifest: [Int64: [ManifestBatch]],
        to target: String
    ) throws(StretchError) {
        let places = names.map { name in
            table?.currentColumns.firstIndex { $0.name.isEqualFoldingCase(name) }
        }
        try local { () throws in
            let schema = try table.flatMap { try self.schema.table($0) }
            let columns = try names.indices.map { index in
                let collation = places[index].flatMap { schema?.columns[$0].collationName }
                let type = try places[index].flatMap { try schema?.columns[$0].typeText() }
                return "k\(index) \(type ?? "") COLLATE \((collation ?? "BINARY").quotedName)"
            }
            let list = names.indices.map { "k\($0)" }.joined(separator: ", ")
            try connection.execute(one: "DROP TABLE IF EXISTS temp.\(target)")
            try connection.execute(
                one: "CREATE TEMP TABLE \(target)(\(columns.joined(separator: ", ")))")
            try connection.execute(
                one: "CREATE INDEX temp.\(target)_key ON \(target)(\(list))")
        }
        guard let table else { return }
        let ids = places.compactMap { $0.map { table.currentColumns[$0].id } }
        guard ids.count == names.count else { return }
        let marks = names.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        for batch in manifest[table.id] ?? [] {
            let hidden = try local { () throws in
                Set(try catalog.hiddenOrdinals(batchNumber: batch.visible.number))
            }
            try eachRow(of: batch, columns: ids) { page, row in
                guard !hidden.contains(page.rowIdentifiers[row]) else { return }
                let statement = try connection.cached(
                    "INSERT INTO temp.\(target) VALUES (\(marks))")
                try statement.bind(page.values(ofRow: row))
                try statement.run()
            }
        }
    }
}
