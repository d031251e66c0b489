package import StretchSQLite
internal import StretchText

extension TableSchema {
    /// Returns the definition with its columns in the catalog's order, which is that of batches.
    ///
    /// Another program can change the order of a table's columns by making the table anew; the
    /// order in the catalog, and thus in every batch, stays. The definition is unchanged if the
    /// catalog has other columns.
    package func arranged(as table: StretchedTable) -> TableSchema {
        guard let places = table.places(in: self), places != Array(columns.indices) else {
            return self
        }
        var moved = [Int](repeating: 0, count: places.count)
        for (place, column) in places.enumerated() { moved[column] = place }
        return TableSchema(
            name: name, isStrict: isStrict, isAutoincrement: isAutoincrement, keyKind: keyKind,
            columns: places.map { columns[$0] }, key: key.map { moved[$0] }, rowidName: rowidName,
            indexes: indexes.map { $0.movingColumns(moved) },
            estimatedRowCount: estimatedRowCount, parents: parents, children: children,
            triggers: triggers)
    }
}

extension IndexSchema {
    /// Returns the index with other numbers of its columns.
    ///
    /// - Parameter moved: The new number of each column.
    fileprivate func movingColumns(_ moved: [Int]) -> IndexSchema {
        IndexSchema(
            name: name, isUnique: isUnique, isPartial: isPartial, isPrimaryKey: isPrimaryKey,
            terms: terms.map { term in
                IndexTermSchema(
                    column: term.column.map { $0 >= 0 ? moved[$0] : $0 },
                    collationName: term.collationName, isDescending: term.isDescending)
            }, rowsPerPrefix: rowsPerPrefix, definition: definition)
    }
}

extension StretchedTable {
    /// Returns the number of each current column in a definition, or `nil` if the definition has
    /// other columns.
    package func places(in schema: TableSchema) -> [Int]? {
        let current = currentColumns
        guard current.count == schema.columns.count else { return nil }
        let numbers = Dictionary(
            schema.columns.enumerated().map { (SQLName($1.name), $0) },
            uniquingKeysWith: { first, _ in first })
        let places = current.compactMap { numbers[SQLName($0.name)] }
        return places.count == current.count && Set(places).count == places.count ? places : nil
    }

    /// Returns the current columns in the order of a definition, or `nil` if it has other columns.
    package func currentColumns(in schema: TableSchema) -> [CatalogColumn]? {
        guard let places = places(in: schema) else { return nil }
        let current = currentColumns
        var arranged = current
        for (place, number) in places.enumerated() { arranged[number] = current[place] }
        return arranged
    }
}

extension SchemaReader {
    /// Returns the definition of a stretch-enabled table, with its columns in the catalog's order.
    package func table(_ table: StretchedTable) throws(SQLiteError) -> TableSchema? {
        try self.table(table.name)?.arranged(as: table)
    }
}

extension KnownSchema {
    /// Returns the definition of a stretch-enabled table, with its columns in the catalog's order.
    package func table(_ table: StretchedTable) throws -> TableSchema? {
        try self.table(table.name)?.arranged(as: table)
    }
}
