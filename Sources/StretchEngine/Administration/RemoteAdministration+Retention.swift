internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite

extension RemoteAdministration {
    /// How long the remote keeps rows after no file sees them any more, and what is garbage now.
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

    /// Sets how long the remote keeps rows after no file sees them any more.
    ///
    /// Nothing is deleted yet: garbage collection does that. Backups that are older than the
    /// retention may then find rows missing, so that a shorter one is a promise taken back; until
    /// the next collection, a longer one gives it again. It holds for every database of the remote.
    ///
    /// - Parameter retention: From the confirmed end of a batch, by the remote's clock; rounded up
    ///   to seconds. `nil`, as at first, is for ever.
    /// - Throws: `invalidArgument` for a negative one and one beyond 100,000 years; `notPermitted`
    ///   for a login that does not administer the remote; `wrongState`; `disconnected`;
    ///   `remoteUnavailable`.
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

    /// What the next collection would take.
    private func garbage(
        _ record: DatabaseRecord, _ endpoint: any Endpoint
    ) throws -> GarbageReport {
        try endpoint.collecting().collectGarbage(
            GarbageRequest(database: record.database, isDryRun: true))
    }
}
