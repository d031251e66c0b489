package import StretchCatalog
package import StretchSQLite
package import StretchText

extension TableInspection {
    /// Returns advice for stretch-enabling the table.
    ///
    /// - Parameter enabled: The names of the stretch-enabled tables.
    package func advice(enabled: Set<SQLName>) throws -> [String] {
        var advice: [String] = []
        if schema.keyKind == .rowid, !schema.isAutoincrement {
            advice.append(
                "A program without Stretch can give a new row the key of a cold one; "
                    + "AUTOINCREMENT on \"\(schema.columns[schema.key[0]].name)\" prevents it.")
        }
        for foreignKey in schema.children where try !hasIndex(for: foreignKey) {
            let columns = foreignKey.childColumns.map(\.quotedName).joined(separator: ", ")
            advice.append(
                "Each batch reads all of \"\(foreignKey.child)\" to see which rows it refers to; "
                    + "CREATE INDEX … ON \(foreignKey.child.quotedName)(\(columns)) prevents it.")
        }
        for trigger in try TriggerInspection(schema, enabled: enabled, from: reader).mirrored() {
            advice.append(
                "Trigger \"\(trigger.name)\" on \"\(trigger.table)\" uses rows of "
                    + "\"\(schema.name)\"; in a program without Stretch it finds hot rows only.")
        }
        if try reader.connection.string("PRAGMA main.journal_mode") != "wal" {
            advice.append("PRAGMA journal_mode=WAL lets queries and migration run concurrently.")
        }
        return advice
    }

    private func hasIndex(for foreignKey: ForeignKeySchema) throws(SQLiteError) -> Bool {
        guard let child = try reader.table(foreignKey.child) else { return true }
        return child.hasIndex(on: foreignKey.childColumns)
    }

    /// Returns advice for following a parent without a declared foreign key.
    package func advice(following key: ForeignKeySchema) throws(SQLiteError) -> [String] {
        guard let parent = try reader.table(key.parent), !parent.hasIndex(on: key.parentColumns)
        else { return [] }
        let columns = key.parentColumns.map(\.quotedName).joined(separator: ", ")
        return [
            "Each batch reads all of \"\(parent.name)\" to find the rows that "
                + "\"\(schema.name)\" follows; CREATE INDEX … ON "
                + "\(parent.name.quotedName)(\(columns)) prevents it."
        ]
    }
}

extension TableSchema {
    /// Whether rows are found by these columns without reading the whole table.
    fileprivate func hasIndex(on names: [String]) -> Bool {
        let columns = Set(names.compactMap { column(named: $0) })
        if keyKind == .rowid, columns == Set(key) { return true }
        if Set(key.prefix(columns.count)) == columns { return true }
        return indexes.contains { index in
            !index.isPartial && Set(index.terms.prefix(columns.count).map(\.column)) == columns
        }
    }
}
