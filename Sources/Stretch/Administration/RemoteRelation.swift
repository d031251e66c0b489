internal import StretchSQLite

extension Relation {
    /// What the remote shall hold for a table: every column it ever had, the key, and the orders of
    /// those indexes that a remote can follow.
    init(_ table: StretchedTable, schema: TableSchema) {
        let ids = Dictionary(
            table.currentColumns.map { ($0.name.foldingCase, $0.id) },
            uniquingKeysWith: { first, _ in first })
        func term(_ column: Int, _ collation: Collation, isDescending: Bool) -> OrderTerm? {
            ids[schema.columns[column].name.foldingCase].map {
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

extension CatalogColumn {
    /// A column that the table gets now.
    init(_ column: ColumnSchema, id: Int64, defaultValue: Value, added: Int64) {
        self.init(
            id: id, name: column.name, declaredType: column.declaredType,
            affinity: column.affinity, defaultValue: defaultValue, added: added, dropped: nil)
    }
}
