package import StretchEndpoint
package import StretchSQLite
internal import StretchText

extension TableSchema {
    /// Reads a table's definition from schema main.
    ///
    /// - Returns: `nil` if no such ordinary table exists.
    package init?(reading name: String, from connection: Connection) throws(SQLiteError) {
        guard let table = try SchemaReader(connection).table(name) else { return nil }
        self = table
    }

    init?(reading name: String, from reader: SchemaReader) throws(SQLiteError) {
        guard let table = try reader.entry(name), table.type.isSameText(as: "table") else {
            return nil
        }
        let (connection, realName) = (reader.connection, table.name)
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
                    affinity: Affinity(declaredType: declaredType, isStrict: table.isStrict),
                    collationName: metadata.collation.uppercasedASCII, isNotNull: row[2] == 1,
                    defaultText: row[3].stringValue,
                    isGenerated: row[5] == 2 || row[5] == 3))
        }
        let key = keyOrder.sorted { $0.position < $1.position }.map(\.column)
        let indexes = try IndexSchema.read(table: realName, columns: columns, from: reader)
        let names = Set(columns.map { SQLName($0.name) })
        self.name = realName
        self.columns = columns
        self.isAutoincrement = isAutoincrement
        self.indexes = indexes
        isStrict = table.isStrict
        keyKind =
            table.isWithoutRowid
            ? .withoutRowid
            : key.isEmpty
                ? .none
                // A key that is not the rowid has its own index.
                : indexes.contains(where: \.isPrimaryKey) ? .declared : .rowid
        self.key = key
        rowidName =
            table.isWithoutRowid
            ? nil
            : ["rowid", "_rowid_", "oid"].first {
                !names.contains(SQLName($0))
            }
        estimatedRowCount = try reader.estimatedRowCount(of: realName)
        parents = try reader.foreignKeys(of: realName)
        children = try reader.foreignKeys(into: realName)
        triggers = try reader.triggers(on: realName)
    }
}

extension Affinity {
    /// Creates the affinity of a declared type: <https://sqlite.org/datatype3.html>, section 3.1.
    package init(declaredType: String, isStrict: Bool = false) {
        let type = declaredType.uppercasedASCII
        // In a STRICT table, ANY does not convert values: https://sqlite.org/stricttables.html
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
        table: String, columns: [ColumnSchema], from reader: SchemaReader
    ) throws(SQLiteError) -> [IndexSchema] {
        let connection = reader.connection
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
                    rowsPerPrefix: try reader.rowsPerPrefix(of: name),
                    definition: row[3] == 1
                        ? try connection.string(
                            "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?1",
                            .text(name)) : nil))
        }
        return indexes
    }
}

extension ForeignKeySchema {
    /// Returns the foreign keys of one table.
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
}
