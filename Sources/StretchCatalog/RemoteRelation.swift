package import StretchEndpoint
package import StretchSQLite
internal import StretchText

extension Relation {
    /// Creates the relation of a table.
    ///
    /// It contains every column that the table ever had, the key, and the indexes that a remote can
    /// support.
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
        let rowid = table.rowidColumn.map {
            [OrderTerm(column: $0.id, collation: .binary, isDescending: false)]
        }
        self.init(
            id: table.relation, name: table.name,
            columns: table.columns.map {
                RemoteColumn(
                    id: $0.id, name: $0.name, affinity: $0.affinity, defaultValue: $0.defaultValue)
            }, key: key, indexes: indexes + [rowid].compactMap(\.self))
    }
}

extension Relation {
    /// Determines the storage classes of columns from the table's first rows.
    ///
    /// The affinity gives little information about columns declared as `DATETIME` or without a
    /// type.
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
    /// Creates a column that is being added to the table.
    package init(_ column: ColumnSchema, id: Int64, defaultValue: Value, added: Int64) {
        self.init(
            id: id, name: column.name, declaredType: column.declaredType,
            affinity: column.affinity, defaultValue: defaultValue, added: added, dropped: nil)
    }

    /// Creates the column that stores the rowids of a table; `nil` if a column of the table does,
    /// or if it has none.
    ///
    /// Rows of batches that are older than the column have no stored rowid.
    package init?(rowidOf schema: TableSchema, id: Int64, added: Int64) {
        guard schema.hasUnnamedRowid, let name = schema.rowidName else { return nil }
        self.init(
            id: id, isRowid: true, name: name, declaredType: "INTEGER", affinity: .integer,
            defaultValue: .null, added: added, dropped: nil)
    }
}
