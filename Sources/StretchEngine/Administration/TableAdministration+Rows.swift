internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchSQLite
internal import StretchText

extension TableAdministration {
    /// Brings back all cold rows of a table, or those that meet a condition.
    ///
    /// A table whose rows all came back is paused; otherwise its rows would be migrated again.
    ///
    /// - Parameters:
    ///   - condition: A condition over the table's columns, or `nil` for all cold rows.
    ///   - shouldStop: Called between batches.
    ///   - progress: Called after each batch.
    /// - Throws: `wrongState` if a UNIQUE constraint rejects rows, which the message names; all
    ///   other rows have then been brought back. Otherwise as
    ///   ``StretchDatabase/migrate(tables:batchRowCount:lockBudget:shouldStop:progress:)``.
    @discardableResult
    public func bringBack(
        where condition: String? = nil,
        shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> MigrationReport {
        let table = try database.administer { try database.enabledTable(name) }
        let migrator = try database.makeMigrator()
        var options = MigrationOptions()
        options.shouldStop = shouldStop
        return try migrator.bringBack(
            table: table.name, where: condition, options: options, progress: progress)
    }

    /// Returns the number of visible cold rows of a table, optionally those that meet a condition.
    ///
    /// - Throws: `invalidArgument` for a missing table or an invalid condition;
    ///   `remoteUnavailable`.
    public func coldRowCount(
        where condition: String? = nil
    ) throws(StretchError) -> Int64 {
        let table = try database.perform { try database.enabledTable(name) }
        guard let condition else {
            return try database.perform { try database.coldRowCount(table) }
        }
        try database.perform {
            try database.checkFilter(condition, schema: try database.schema(of: table))
        }
        let count = { (source: String) in
            "(SELECT count(*) FROM \(source).\(table.name.quotedName) WHERE (\(condition)\n))"
        }
        // Preparing the statement brings the overlay up to date first.
        let answer = try database.query("SELECT \(count("temp")) - \(count("main"))")
        return answer.rows.first?.first?.integerValue ?? 0
    }

    /// Checks that the remote has every batch of a table in the manifest.
    ///
    /// The call changes nothing except that it records an event. Batches of the remote that the
    /// manifest does not name are invisible in this file and are left to garbage collection.
    ///
    /// - Returns: The number of batches.
    /// - Throws: `remoteMismatch`, naming the batches, if the remote was rolled back or lacks some;
    ///   `invalidArgument` for a table that is not stretch-enabled; `notPermitted`; `disconnected`;
    ///   `remoteUnavailable`.
    @discardableResult
    public func reconcileBatches() throws(StretchError) -> Int {
        try database.administer {
            let endpoint = try database.makeEndpoint(try database.enabledDatabase(), as: .reader)
            let (position, table, batches) = try database.connection.transaction(.deferred) {
                () throws in
                let table = try database.enabledTable(name)
                return (
                    try database.enabledDatabase().position, table,
                    try database.catalog.batches(table: table.id)
                )
            }
            let hint: StretchError.Hint =
                "What is in staging is sent again, the rest is listed: \(advice: .reauthorize)."
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
            try database.connection.transaction(.immediate) {
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name, kind: .reconcileBatches,
                    message: "the remote has every batch: \(batches.count)")
            }
            return batches.count
        }
    }
}
