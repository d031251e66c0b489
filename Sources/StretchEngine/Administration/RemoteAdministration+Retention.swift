internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite

extension RemoteAdministration {
    /// Returns how long the remote keeps rows that no file sees any longer, and the current
    /// garbage.
    ///
    /// - Throws: `wrongState` when the database is not enabled; `disconnected`;
    ///   `remoteUnavailable`.
    public func retention() throws(StretchError) -> RetentionReport {
        try database.perform {
            let record = try database.enabledDatabase()
            let endpoint = try database.makeEndpoint(record, as: .reader)
            let retention = try endpoint.collecting().retention()
            return RetentionReport(
                retention, former: retention, garbage: try garbage(record, endpoint))
        }
    }

    /// Sets how long the remote keeps rows that no file sees any longer.
    ///
    /// The call deletes nothing; garbage collection does. After a collection, backups older than
    /// the retention may lack rows. A shorter retention therefore weakens a guarantee, which a
    /// longer retention restores if set before the next collection. The setting applies to every
    /// database of the remote.
    ///
    /// - Parameter retention: The time from the confirmed end of a batch, by the remote's clock,
    ///   rounded up to seconds. `nil`, the default, means forever.
    /// - Throws: `invalidArgument` for a negative retention or one beyond 100,000 years;
    ///   `notPermitted` for a login that does not administer the remote; `wrongState`;
    ///   `disconnected`; `remoteUnavailable`.
    @discardableResult
    public func setRetention(_ retention: Duration?) throws(StretchError) -> RetentionReport {
        guard (Duration.zero...Duration.longest).contains(retention ?? .zero) else {
            throw StretchError(
                .invalidArgument, "the retention is negative, or longer than 100,000 years",
                hint: "Name a duration of 0 or more, or unlimited.")
        }
        return try database.administer {
            let record = try database.enabledDatabase()
            let endpoint = try database.makeEndpoint(record, as: .administrator)
            try endpoint.authorize()
            let former = try endpoint.collecting().retention()
            try endpoint.collecting().setRetention(retention)
            try database.connection.transaction(.immediate) {
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .retention,
                    message: "the remote keeps what no file sees for "
                        + (retention?.ageText ?? "ever"))
            }
            return RetentionReport(
                retention, former: former, garbage: try garbage(record, endpoint))
        }
    }

    /// Returns the batches that the next collection would delete.
    private func garbage(
        _ record: DatabaseRecord, _ endpoint: any Endpoint
    ) throws -> GarbageReport {
        try GarbagePreview(of: database.catalog, at: endpoint).report(database: record.database)
    }
}
