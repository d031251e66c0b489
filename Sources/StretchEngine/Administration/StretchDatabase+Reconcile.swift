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

    func reconciler() -> SchemaReconciler {
        SchemaReconciler(connection: connection, configuration: configuration)
    }

    /// Makes the parts of a table's relation that the remote lacks, if rows can need them: columns
    /// of a definition with which no batch was sent.
    ///
    /// - Throws: `notPermitted`, naming the steps, if only the owner of the remote may make them.
    func provisionChanged(
        _ table: StretchedTable, _ reader: SchemaReader, _ endpoint: () throws -> any Endpoint
    ) throws {
        guard table.schemaVersion > 1, let schema = try reader.table(table) else { return }
        let newest =
            try Catalog(reader.connection).batches(table: table.id)
            .map(\.schemaVersion).max() ?? 0
        guard newest < table.schemaVersion else { return }
        try endpoint().provision(Relation(table, schema: schema), hint: OwnerStep.hint)
    }
}
