internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

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

    /// Checks that the remote has every batch that a table's part of the manifest names.
    ///
    /// Nothing is changed but an event. Batches of the remote that the manifest does not name are
    /// seen by nobody here, and are left to garbage collection.
    ///
    /// - Returns: The number of batches.
    /// - Throws: `remoteMismatch`, naming the batches, when the remote was rolled back or lacks
    ///   some; `invalidArgument` for a table that is not stretch-enabled; `notPermitted`;
    ///   `disconnected`; `remoteUnavailable`.
    @discardableResult
    public func reconcileBatches(table name: String) throws(StretchError) -> Int {
        try administer {
            let endpoint = try makeEndpoint(try enabledDatabase(), as: .reader)
            let (position, table, batches) = try connection.transaction(.deferred) { () throws in
                let table = try enabledTable(name)
                return (
                    try enabledDatabase().position, table, try catalog.batches(table: table.id)
                )
            }
            let hint = "Reauthorize: what is in staging is sent again, the rest is listed."
            guard try endpoint.holds(position) else {
                throw StretchError(
                    .remoteMismatch,
                    "the remote does not hold epoch \(position.epoch) of this file", hint: hint)
            }
            let visible = try endpoint.batches(seenAt: position)
            let missing = batches.filter { visible[$0.visible.id] != $0.digest }
            guard missing.isEmpty else {
                let names = missing.prefix(20).map { "\($0.visible.id)" }.joined(separator: ", ")
                let more = missing.count > 20 ? " and \(missing.count - 20) more" : ""
                throw StretchError(
                    .remoteMismatch,
                    "the remote lacks batches of table \"\(table.name)\": \(names)\(more)",
                    hint: hint)
            }
            try connection.transaction(.immediate) {
                try catalog.insertEvent(
                    time: configuration.now(), table: table.name, kind: "reconcileBatches",
                    message: "the remote has every batch: \(batches.count)")
            }
            return batches.count
        }
    }

    /// Whether the catalog knows the columns that a table has now.
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
