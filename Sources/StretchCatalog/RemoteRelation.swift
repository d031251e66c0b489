package import StretchEndpoint
package import StretchSQLite
internal import StretchText

extension Relation {
    /// What the remote shall hold for a table: every column it ever had, the key, and the orders of
    /// those indexes that a remote can follow.
    package init(_ table: StretchedTable, schema: TableSchema) {
        let ids = Dictionary(
            table.currentColumns.map { (SQLName($0.name), $0.id) },
            uniquingKeysWith: { first, _ in first })
        func term(_ column: Int, _ collation: Collation, isDescending: Bool) -> OrderTerm? {
            ids[SQLName(schema.columns[column].name)].map {
                OrderTerm(column: $0, collation: collation, isDescending: isDescending)
            }
        }
        let key = schema.key.compactMap { column in
            term(column, schema.columns[column].collation ?? .binary, isDescending: false)
        }
        let indexes = schema.indexes.compactMap { index -> [OrderTerm]? in
            guard !index.isPrimaryKey, !index.isPartial else { return nil }
            let terms = index.terms.map { indexTerm -> OrderTerm? in
                guard let column = indexTerm.column, column >= 0,
                    let collation = Collation(rawValue: indexTerm.collationName)
                else { return nil }
                return term(column, collation, isDescending: indexTerm.isDescending)
            }
            let known = terms.compactMap { $0 }
            return known.count == terms.count ? known : nil
        }
        self.init(
            id: table.relation, name: table.name,
            columns: table.columns.map {
                RemoteColumn(
                    id: $0.id, name: $0.name, affinity: $0.affinity, defaultValue: $0.defaultValue)
            }, key: key, indexes: indexes)
    }
}

extension Relation {
    /// Looks at the table's first rows to tell what its columns hold.
    ///
    /// The affinity says little of columns declared as `DATETIME` or not at all.
    package mutating func findExamples(
        schema: TableSchema, on connection: Connection
    ) throws(SQLiteError) {
        for (index, column) in schema.columns.enumerated() where index < columns.count {
            guard column.affinity == .numeric || column.affinity == .blob else { continue }
            let found = try connection.string(
                """
                SELECT typeof(v) FROM (
                    SELECT h.\(column.name.quotedName) AS v FROM main.\(schema.name.quotedName) AS h
                    LIMIT 1000)
                WHERE v IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
                """)
            let declared = column.declaredType.foldingCase
            let isTime = declared.includes("date") || declared.includes("time")
            switch found {
            case "integer": columns[index].example = 0
            case "real": columns[index].example = 0.5
            case "text": columns[index].example = ""
            case nil where isTime: columns[index].example = ""
            default: break
            }
        }
    }
}

extension CatalogColumn {
    /// A column that the table gets now.
    package init(_ column: ColumnSchema, id: Int64, defaultValue: Value, added: Int64) {
        self.init(
            id: id, name: column.name, declaredType: column.declaredType,
            affinity: column.affinity, defaultValue: defaultValue, added: added, dropped: nil)
    }
}
