package import StretchSQLite
internal import StretchText

extension TableSchema {
    /// Reads a table's definition from schema main.
    ///
    /// - Returns: `nil` when there is no such ordinary table.
    package init?(reading name: String, from connection: Connection) throws(SQLiteError) {
        let table = try connection.rows(
            """
            SELECT name, wr, strict FROM pragma_table_list
            WHERE schema = 'main' AND type = 'table' AND name = ?1 COLLATE NOCASE
            """, .text(name)
        ).first
        guard let table, let realName = table[0].stringValue else { return nil }
        let isWithoutRowid = table[1] == .integer(1)
        let columnRows = try connection.rows(
            """
            SELECT name, type, "notnull", dflt_value, pk, hidden
            FROM pragma_table_xinfo(?1, 'main') ORDER BY cid
            """, .text(realName))
        var columns: [ColumnSchema] = []
        var keyOrder: [(position: Int64, column: Int)] = []
        var isAutoincrement = false
        for row in columnRows {
            let columnName = row[0].stringValue ?? ""
            let metadata = connection.columnMetadata(table: realName, column: columnName)
            isAutoincrement = isAutoincrement || metadata.isAutoincrement
            if let position = row[4].integerValue, position > 0 {
                keyOrder.append((position, columns.count))
            }
            let declaredType = row[1].stringValue ?? ""
            columns.append(
                ColumnSchema(
                    name: columnName, declaredType: declaredType,
                    affinity: Affinity(declaredType: declaredType, isStrict: table[2] == 1),
                    collationName: metadata.collation.uppercasedASCII, isNotNull: row[2] == 1,
                    defaultText: row[3].stringValue,
                    isGenerated: row[5] == 2 || row[5] == 3))
        }
        let key = keyOrder.sorted { $0.position < $1.position }.map(\.column)
        let indexes = try IndexSchema.read(table: realName, columns: columns, from: connection)
        let names = Set(columns.map { SQLName($0.name) })
        self.name = realName
        self.columns = columns
        self.isAutoincrement = isAutoincrement
        self.indexes = indexes
        isStrict = table[2] == .integer(1)
        keyKind =
            isWithoutRowid
            ? .withoutRowid
            : key.isEmpty
                ? .none
                // A key that is not the rowid has an index of its own.
                : indexes.contains(where: \.isPrimaryKey) ? .declared : .rowid
        self.key = key
        rowidName =
            isWithoutRowid
            ? nil
            : ["rowid", "_rowid_", "oid"].first {
                !names.contains(SQLName($0))
            }
        estimatedRowCount = try connection.estimatedRowCount(table: realName)
        parents = try ForeignKeySchema.read(child: realName, from: connection)
        children = try ForeignKeySchema.readAll(from: connection)
            .filter { $0.parent.isEqualFoldingCase(realName) }
        triggers = try connection.rows(
            """
            SELECT name, tbl_name, sql FROM main.sqlite_schema
            WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name
            """, .text(realName)
        ).map {
            TriggerSchema(
                name: $0[0].stringValue ?? "", table: $0[1].stringValue ?? "",
                text: $0[2].stringValue ?? "")
        }
    }
}

extension Affinity {
    /// The affinity of a declared type: <https://sqlite.org/datatype3.html>, section 3.1.
    package init(declaredType: String, isStrict: Bool = false) {
        let type = declaredType.uppercasedASCII
        // In a STRICT table, ANY keeps values as they are: https://sqlite.org/stricttables.html
        if isStrict, type.isSameText(as: "ANY") {
            self = .blob
        } else if type.includes("INT") {
            self = .integer
        } else if type.includes("CHAR") || type.includes("CLOB") || type.includes("TEXT") {
            self = .text
        } else if type.includes("BLOB") || type.isEmpty {
            self = .blob
        } else if type.includes("REAL") || type.includes("FLOA") || type.includes("DOUB") {
            self = .real
        } else {
            self = .numeric
        }
    }
}

extension IndexSchema {
    static func read(
        table: String, columns: [ColumnSchema], from connection: Connection
    ) throws(SQLiteError) -> [IndexSchema] {
        let rows = try connection.rows(
            """
            SELECT name, "unique", origin, partial FROM pragma_index_list(?1, 'main')
            ORDER BY seq
            """, .text(table))
        var indexes: [IndexSchema] = []
        for row in rows {
            let name = row[0].stringValue ?? ""
            let terms = try connection.rows(
                """
                SELECT cid, coll, desc FROM pragma_index_xinfo(?1, 'main') WHERE key = 1
                ORDER BY seqno
                """, .text(name)
            ).map { term in
                let column = term[0].integerValue ?? -2
                return IndexTermSchema(
                    column: column == -2 ? nil : Int(column),
                    collationName: (term[1].stringValue ?? "BINARY").uppercasedASCII,
                    isDescending: term[2] == 1)
            }
            indexes.append(
                IndexSchema(
                    name: name, isUnique: row[1] == 1, isPartial: row[3] == 1,
                    isPrimaryKey: row[2] == "pk", terms: terms,
                    rowsPerPrefix: try connection.rowsPerPrefix(index: name)))
        }
        return indexes
    }
}

extension ForeignKeySchema {
    /// The foreign keys of one table.
    static func read(
        child: String, from connection: Connection
    ) throws(SQLiteError) -> [ForeignKeySchema] {
        let rows = try connection.rows(
            """
            SELECT id, "table", "from", "to", on_delete, on_update
            FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq
            """, .text(child))
        var keys: [ForeignKeySchema] = []
        var start = 0
        while start < rows.count {
            let group = rows[start...].prefix { $0[0] == rows[start][0] }
            start += group.count
            guard let first = group.first, let parent = first[1].stringValue else { continue }
            var parentColumns = group.compactMap(\.[3].stringValue)
            if parentColumns.count < group.count {
                parentColumns = try connection.rows(
                    """
                    SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 ORDER BY pk
                    """, .text(parent)
                ).compactMap(\.[0].stringValue)
            }
            keys.append(
                ForeignKeySchema(
                    child: child, parent: parent,
                    childColumns: group.compactMap(\.[2].stringValue),
                    parentColumns: parentColumns, onDelete: first[4].stringValue ?? "",
                    onUpdate: first[5].stringValue ?? ""))
        }
        return keys
    }

    /// The foreign keys of all tables of schema main.
    package static func readAll(
        from connection: Connection
    ) throws(SQLiteError) -> [ForeignKeySchema] {
        let tables = try connection.rows(
            """
            SELECT name FROM pragma_table_list
            WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            """)
        var keys: [ForeignKeySchema] = []
        for table in tables {
            keys += try read(child: table[0].stringValue ?? "", from: connection)
        }
        return keys
    }
}

extension Connection {
    fileprivate func estimatedRowCount(table: String) throws(SQLiteError) -> Int64? {
        guard try hasStatistics() else { return nil }
        return try rows("SELECT stat FROM main.sqlite_stat1 WHERE tbl = ?1", .text(table))
            .compactMap { $0[0].stringValue?.parts(between: " ").first.flatMap(statistic) }.max()
    }

    fileprivate func rowsPerPrefix(index: String) throws(SQLiteError) -> [Int64] {
        guard try hasStatistics() else { return [] }
        let stat = try string("SELECT stat FROM main.sqlite_stat1 WHERE idx = ?1", .text(index))
        // The first number is the row count: https://sqlite.org/fileformat2.html#the_sqlite_stat1_table
        let numbers = (stat ?? "").parts(between: " ", omitsEmptyParts: true)
        return numbers.dropFirst().compactMap(statistic)
    }

    /// A number of `sqlite_stat1`, which anybody may write; costs are computed with it.
    private func statistic(_ text: String) -> Int64? {
        Int64(text).map { min(max($0, 0), 1 << 48) }
    }

    private func hasStatistics() throws(SQLiteError) -> Bool {
        try integer("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'") != nil
    }
}
