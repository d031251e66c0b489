internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension StretchDatabase {
    /// Returns whether the catalog matches the current columns of a table.
    func isReconciled(_ table: StretchedTable, schema: TableSchema) -> Bool {
        table.currentColumns.count == schema.columns.count
            && zip(table.currentColumns, schema.columns).allSatisfy { known, column in
                known.name.isSameText(as: column.name)
                    && known.declaredType.isSameText(as: column.declaredType)
            }
    }

    func reconciler() throws -> SchemaReconciler {
        SchemaReconciler(
            connection: connection, configuration: configuration,
            endpoint: try makeEndpoint(try enabledDatabase(), as: .administrator))
    }
}
