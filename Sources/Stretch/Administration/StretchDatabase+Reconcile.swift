internal import StretchSQLite

extension StretchDatabase {
    /// Takes over what other programs changed in the definitions of stretch-enabled tables: added,
    /// renamed and dropped columns, and indexes.
    ///
    /// Batches keep the columns that they were moved with; an added column has its default there.
    ///
    /// - Throws: `schemaMismatch` when a change is ambiguous, or a table is missing;
    ///   `unsupported` for a generated column added to a table with cold rows;
    ///   `remoteUnavailable`.
    public func reconcileSchema() throws(StretchError) {
        try perform { try reconciler().reconcileAll() }
        try refreshOverlay()
    }

    /// Whether the catalog knows the columns that a table has now.
    func isReconciled(_ table: StretchedTable, schema: TableSchema) -> Bool {
        let known = table.currentColumns.map { [$0.name, $0.declaredType] }
        return known == schema.columns.map { [$0.name, $0.declaredType] }
    }

    func reconciler() throws -> SchemaReconciler {
        SchemaReconciler(
            connection: connection, configuration: configuration,
            endpoint: try makeEndpoint(try enabledDatabase(), as: .administrator))
    }
}
