internal import StretchCatalog
internal import StretchCore

/// The tables whose rows cannot be migrated now, because the remote lacks parts of their relations.
final class WaitingTables {
    /// The reasons, by table id.
    private var reasons: [Int64: StretchError] = [:]
    private var reloadCount = 0

    /// Reconciles the definitions of main's tables.
    init(_ schema: KnownSchema, host: any MigrationHost) throws(StretchError) {
        reasons = try local { () throws in try host.reconcile(schema) }
    }

    /// The reason why a table waits, or `nil` if it does not.
    subscript(table: StretchedTable) -> StretchError? { reasons[table.id] }

    /// Reconciles again after a definition changed during a batch.
    func reload(_ context: RunContext) throws(StretchError) {
        reloadCount += 1
        guard reloadCount <= 16 else {
            throw StretchError(
                .schemaMismatch, "the table's definition changes while its rows move",
                hint: "Run the migration when the schema is stable.")
        }
        reasons = try local { () throws in try context.host.reconcile(context.schema) }
    }
}
