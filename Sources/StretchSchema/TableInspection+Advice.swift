internal import StretchCatalog
internal import StretchSQLite
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
        let columns = Set(foreignKey.childColumns.compactMap { child.column(named: $0) })
        if child.keyKind == .rowid, columns == Set(child.key) { return true }
        if Set(child.key.prefix(columns.count)) == columns { return true }
        return child.indexes.contains { index in
            !index.isPartial && Set(index.terms.prefix(columns.count).map(\.column)) == columns
        }
    }
}
