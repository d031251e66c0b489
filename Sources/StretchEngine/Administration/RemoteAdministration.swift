internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchOverlay
internal import StretchSQLite
internal import StretchTimeline

/// The remote of a file: the link, the logins, and the retention.
public struct RemoteAdministration {
    let database: StretchDatabase

    /// Reconnects a restored, copied or deauthorized file to its remote.
    ///
    /// The file names a state of the manifest whose batches the remote still has. With a copy, the
    /// remote forks a child branch at that state in constant time. No row is copied, and the
    /// original continues in its own branch. The query mode becomes `LOCAL_AND_REMOTE`.
    ///
    /// Each step can be repeated: after an error or a crash, the same call continues with the same
    /// branch.
    ///
    /// - Returns: The actions taken, or planned in a dry run.
    /// - Throws: `notPermitted` for a user who does not administer the file, or a login that does
    ///   not administer the remote; `invalidArgument` for an unknown credential; `remoteMismatch`
    ///   with the exact reason if the remote has lost or collected batches, was rolled back or,
    ///   without a copy, has advanced or belongs to another file; `busy` while a migrator runs;
    ///   `remoteUnavailable`. The file is then unchanged.
    @discardableResult
    public func reauthorize(
        _ options: ReauthorizeOptions = ReauthorizeOptions()
    ) throws(StretchError) -> ReauthorizeReport {
        let report = try database.administer {
            let keystore = try database.requireKeystore()
            // The lease excludes the migrator and other reauthorizations. A dry run creates no file
            // beside a database that another user may own.
            let lease =
                try options.isDryRun
                ? nil
                : MigratorLease(
                    path: database.path, timeout: database.configuration.busyTimeout,
                    since: database.configuration.now())
            defer { withExtendedLifetime(lease) {} }
            return try keystore.exclusively { () throws(StretchError) in
                try database.perform { try Reauthorization(database, keystore, options).run() }
            }
        }
        database.overlay.forgetRemote()
        try database.refreshOverlay()
        return report
    }

    /// Disconnects the file from the remote.
    ///
    /// Queries on stretch-enabled tables fail until the file is reauthorized or the query mode is
    /// set to `LOCAL_ONLY`.
    ///
    /// - Throws: `wrongState` when the database is not enabled or is already disconnected;
    ///   `notPermitted`.
    public func deauthorize() throws(StretchError) {
        try database.administer {
            let record = try database.enabledDatabase()
            let keystore = try database.requireKeystore()
            let link = FileLink(database.configuration, path: database.path)
            let found = try link?.state(of: record, pending: try database.catalog.pending())
            guard let found, found.0 == .connected, let attachment = found.1 else {
                throw StretchError(
                    .wrongState, "the database is disconnected already",
                    hint: "To connect it: \(advice: .reauthorize).")
            }
            try keystore.update(attachment) { $0.state = .deauthorized }
            try database.connection.transaction(.immediate) {
                try database.catalog.setQueryMode(.disabled)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .deauthorize,
                    message: "disconnected from server \(record.endpoint)")
            }
        }
        database.overlay.forgetRemote()
        try database.refreshOverlay()
    }
}
