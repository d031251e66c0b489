internal import StretchCore
internal import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// `stretch_table` and `stretch_column`: the stretch-enabled tables.
extension Catalog {
    /// Returns the stretch-enabled tables, in the order in which they were enabled.
    package func tables() throws -> [StretchedTable] {
        try tables("ORDER BY id")
    }

    /// Returns a stretch-enabled table by id.
    package func table(id: Int64) throws -> StretchedTable? {
        try tables("WHERE id = ?", .integer(id)).first
    }

    /// Returns a stretch-enabled table by name, ignoring case.
    package func table(named name: String) throws -> StretchedTable? {
        try tables("WHERE name = ? COLLATE NOCASE", .text(name)).first {
            $0.name.isEqualFoldingCase(name)
        }
    }

    private func tables(_ which: String, _ values: Value...) throws -> [StretchedTable] {
        try connection.stored(
            "stretch_table", of: .local,
            """
            SELECT id, name, relation, filter, follows, state, schema_version
            FROM main.stretch_table \(which)
            """, values
        ) { row in
            let id = try row.integer(0, in: .numbers)
            var table = StretchedTable(
                id: id, name: try row.string(1), relation: try row.integer(2, in: .ids),
                filter: try row.string(3), follows: try row.optionalString(4),
                state: try row.element(5), schemaVersion: try row.integer(6, in: .versions),
                columns: try columns(table: id))
            if table.follows != nil { table.followTerms = try followTerms(table: id) }
            return table
        }
    }

    /// Returns the column versions of all tables.
    ///
    /// With this cheap statement a reader detects that tables were enabled, disabled or changed.
    package func schemaVersions() throws -> [SchemaVersion] {
        try connection.stored(
            "stretch_table", of: .local,
            "SELECT id, schema_version FROM main.stretch_table ORDER BY id",
            read: SchemaVersion.init)
    }

    /// Returns the column version of a table, or `nil` if it is no longer stretch-enabled.
    package func schemaVersion(table: Int64) throws -> Int64? {
        try connection.stored(
            "stretch_table", of: .local,
            "SELECT id, schema_version FROM main.stretch_table WHERE id = ?", .integer(table)
        ) { try SchemaVersion($0).version }.first
    }

    /// Sets the migration state of a table.
    package func setState(_ state: MigrationState, table id: Int64) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_table SET state = ? WHERE id = ?",
            .text(state.rawValue), .integer(id))
    }

    /// Pauses a table without batches.
    package func pauseWithoutBatches(table id: Int64) throws(SQLiteError) {
        try connection.run(
            """
            UPDATE main.stretch_table SET state = 'paused' WHERE id = ?1
            AND NOT EXISTS (SELECT 1 FROM main.stretch_batch WHERE table_id = ?1)
            """, .integer(id))
    }

    /// Saves a new or changed table and its columns.
    package func save(_ table: StretchedTable) throws(SQLiteError) {
        try connection.run(
            """
            INSERT INTO main.stretch_table VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET name = ?2, filter = ?4, follows = ?5, state = ?6,
                schema_version = ?7
            """,
            .integer(table.id), .text(table.name), .integer(table.relation), .text(table.filter),
            table.follows.map(Value.text) ?? .null, .text(table.state.rawValue),
            .integer(table.schemaVersion))
        try save(table.followTerms, table: table.id)
        try connection.run(
            "DELETE FROM main.stretch_column WHERE table_id = ?", .integer(table.id))
        for (place, column) in table.columns.enumerated() {
            let position = column.isRowid ? Self.rowidPosition : Int64(place)
            try connection.run(
                "INSERT INTO main.stretch_column VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .integer(table.id), .integer(column.id), .integer(position),
                .text(column.name), .text(column.declaredType), .text(column.affinity.rawValue),
                .blob(Value.encode([column.defaultValue])), .integer(column.added),
                column.dropped.map(Value.integer) ?? .null)
        }
    }

    /// Makes the followers of a table follow it under its new name.
    package func renameFollowed(_ name: String, to newName: String) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_table SET follows = ? WHERE follows = ? COLLATE NOCASE",
            .text(newName), .text(name))
    }

    /// Removes a table with its batches and tombstones.
    package func remove(table id: Int64) throws(SQLiteError) {
        try connection.run(
            """
            DELETE FROM main.stretch_tombstone
            WHERE batch IN (SELECT number FROM main.stretch_batch WHERE table_id = ?)
            """, .integer(id))
        for table in ["stretch_batch", "stretch_column", "stretch_migration_status"] {
            try connection.run("DELETE FROM main.\(table) WHERE table_id = ?", .integer(id))
        }
        try connection.run("DELETE FROM main.stretch_table WHERE id = ?", .integer(id))
        try save([], table: id)
        try removeEvidence(table: id)
        try removeUnusedUniqueRelations()
    }

    /// The position of the column that stores rowids: SQLite's own number of the rowid.
    private static let rowidPosition: Int64 = -1

    private func columns(table: Int64) throws -> [CatalogColumn] {
        try connection.stored(
            "stretch_column", of: .local,
            """
            SELECT id, name, declared_type, affinity, default_value, added, dropped, position
            FROM main.stretch_column WHERE table_id = ?
            ORDER BY position = \(Self.rowidPosition), position
            """, .integer(table)
        ) { row in
            guard let values = Value.decode(try row.blob(4)), values.count == 1 else {
                throw row.damaged(4, expected: "one encoded value")
            }
            return CatalogColumn(
                id: try row.integer(0, in: .ids),
                isRowid: try row.integer(7, in: Self.rowidPosition...Int64(Int32.max))
                    == Self.rowidPosition, name: try row.string(1),
                declaredType: try row.string(2), affinity: try row.element(3),
                defaultValue: values[0], added: try row.integer(5, in: .versions),
                dropped: try row.optionalInteger(6, in: .versions))
        }
    }
}

/// A table and its column version.
package struct SchemaVersion: Hashable, Sendable {
    package let table: Int64
    package let version: Int64

    fileprivate init(_ row: StoredRow) throws(StretchError) {
        table = try row.integer(0, in: .numbers)
        version = try row.integer(1, in: .versions)
    }
}
