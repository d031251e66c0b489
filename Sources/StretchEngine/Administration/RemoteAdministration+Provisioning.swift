internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
public import StretchSchema

/// The result of ``RemoteAdministration/provision(table:)``.
public struct ProvisionReport: Equatable, Sendable {
    /// The result for one table.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The completed steps; empty if no step was pending.
        public let steps: [OwnerStep]
    }

    /// The stretch-enabled tables, in the order in which they were enabled.
    public let tables: [Table]
}

extension RemoteAdministration {
    /// Performs all pending steps of tables in the remote.
    ///
    /// The call creates tables and columns, and indexes for tables with migrated rows. It drops
    /// indexes that a table no longer has, unless the file of another branch may have them.
    /// Idempotent.
    ///
    /// It uses the administrator's login. Building indexes can take a long time and blocks
    /// migrations.
    ///
    /// - Parameter name: A stretch-enabled table, or `nil` for all.
    /// - Throws: `notPermitted` if the login does not own the remote; `remoteUnavailable`;
    ///   `schemaMismatch` if a change of columns is ambiguous. The other tables are still
    ///   processed.
    @discardableResult
    public func provision(table name: String? = nil) throws(StretchError) -> ProvisionReport {
        let report = try database.administer {
            let tables =
                try name.map { [try database.enabledTable($0)] } ?? database.catalog.tables()
            let endpoint = try database.makeEndpoint(
                try database.enabledDatabase(), as: .administrator)
            let known = KnownSchema(database.connection)
            var done: [ProvisionReport.Table] = []
            var failure: StretchError?
            for table in tables {
                do {
                    let steps = try provision(table, known, endpoint)
                    done.append(ProvisionReport.Table(name: table.name, steps: steps))
                } catch let error as StretchError {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            return ProvisionReport(tables: done)
        }
        try database.refreshOverlay()
        return report
    }

    private func provision(
        _ table: StretchedTable, _ known: KnownSchema, _ endpoint: any Endpoint
    ) throws -> [OwnerStep] {
        func schema(of table: StretchedTable) throws -> TableSchema {
            guard let schema = try known.table(table.name) else {
                throw TableInspection.vanished(table)
            }
            return schema
        }
        // Nothing is written unless the remote answers.
        let change = try known.reading { try SchemaJudge($0).judge(table) }
        let before = try database.remoteGap(of: change, endpoint: endpoint)
        try database.reconciler().reconcile(table.id)
        guard let now = try database.catalog.table(id: table.id) else { return [] }
        let relation = Relation(now, schema: try schema(of: now).arranged(as: now))
        var steps = OwnerStep.steps(for: before.gap, in: before.relation)
        try endpoint.provision(relation, hint: OwnerStep.hint)
        let hasMoved = try database.catalog.hasBatches(table: table.id)
        if hasMoved {
            let gap = try endpoint.lacks(relation)
            if gap.hasIndexWork { try endpoint.buildIndexes(relation) }
        }
        if !hasMoved { steps.removeAll { $0.kind == .indexes } }
        if !steps.isEmpty {
            try database.connection.transaction(.immediate) {
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name, kind: .provision,
                    message: "the owner of the remote did: "
                        + steps.map(\.message).joined(separator: ", "))
            }
        }
        return steps
    }
}
