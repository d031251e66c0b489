internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchSchema

/// One run of the migrator: outbound and inbound batches, and related work.
final class MigrationRun {
    let context: RunContext
    let tally: RunTally
    let writer: LocalWriter
    let waiting: WaitingTables
    private let batches: BatchPipeline

    init(
        _ context: RunContext, tally: RunTally, waiting: WaitingTables, wal: WALGauge,
        proof: RowProof, staging: MigrationStaging, uniques: UniqueLists
    ) {
        self.context = context
        self.tally = tally
        self.waiting = waiting
        writer = LocalWriter(context, wal: wal, tally: tally)
        batches = BatchPipeline(
            context, tally: tally, writer: writer, waiting: waiting, proof: proof,
            staging: staging, uniques: uniques)
    }

    var catalog: Catalog { context.catalog }

    /// Completes the step of an earlier run, removes hidden batches from the manifest, and migrates
    /// eligible rows.
    func perform(_ tables: [StretchedTable], movesRows: Bool) throws(StretchError) {
        try batches.perform(tables, movesRows: movesRows)
    }

    // MARK: After the rows

    /// Builds the remote's indexes of tables whose rows have all been migrated, and drops those
    /// that a table no longer has.
    ///
    /// With indexes, the remote writes to a random page of each index for every row.
    func buildIndexes(_ tables: [StretchedTable]) throws(StretchError) {
        for table in tables where waiting[table] == nil {
            let relation = try local { () throws -> Relation? in
                guard try catalog.hasBatches(table: table.id),
                    let table = try catalog.table(id: table.id),
                    let schema = try context.schema.table(table)
                else { return nil }
                return Relation(table, schema: schema)
            }
            guard let relation else { continue }
            try buildIndexes(relation, of: table)
        }
    }

    /// Builds indexes, or records that only the owner of the remote may do so.
    private func buildIndexes(
        _ relation: Relation, of table: StretchedTable
    ) throws(StretchError) {
        do throws(StretchError) {
            try context.retrying { () throws(StretchError) in
                try context.endpoint.buildIndexes(relation)
            }
        } catch {
            guard error.code == .notPermitted else { throw error }
            let steps = OwnerStep.steps(for: try context.endpoint.lacks(relation), in: relation)
            let reason = OwnerStep.error(steps, table: table.name, cause: error)
            tally.wait(table, isBlocking: false, reason)
        }
    }

    /// Lists the values of UNIQUE constraints of all visible batches.
    func completeUniqueLists() { batches.uniques.complete(tally) }

    /// Adds the waiting tables to the report.
    func noteWaiting(_ tables: [StretchedTable]) {
        for table in tables {
            guard let reason = waiting[table] else { continue }
            tally.wait(table, isBlocking: true, reason)
        }
    }
}
