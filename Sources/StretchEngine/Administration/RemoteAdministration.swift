internal import Foundation
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchOverlay
internal import StretchSQLite
internal import StretchTimeline

/// The remote of a file: the link to it, its logins, and what it keeps.
public struct RemoteAdministration {
    let database: StretchDatabase

    /// Connects a restored, copied or deauthorized file to its remote again.
    ///
    /// The file names a state of the manifest; the remote still has all its batches. With a copy,
    /// the remote opens a child branch at that state, in constant time; no row is copied, and the
    /// original goes on in its own. The query mode becomes `LOCAL_AND_REMOTE`.
    ///
    /// Each step can be repeated: after a throw or a crash the same call goes on with the same
    /// branch.
    ///
    /// - Returns: What was done, or with a dry run would be.
    /// - Throws: `notPermitted` for a user who does not administer the file, or a login that does
    ///   not administer the remote; `invalidArgument` for an unknown credential; `remoteMismatch`
    ///   with the exact reason when the remote has lost or collected batches, was rolled back, or,
    ///   without a copy, has moved on or belongs to another file; `busy` while a migrator works;
    ///   `remoteUnavailable`. The file is then as it was.
    @discardableResult
    public func reauthorize(
        _ options: ReauthorizeOptions = ReauthorizeOptions()
    ) throws(StretchError) -> ReauthorizeReport {
        let report = try database.administer {
            let keystore = try database.requireKeystore()
            // The migrator and another person's reauthorization stay out meanwhile. A dry run
            // makes no file beside one that may be anybody's.
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

    /// Cuts the link to the remote: no query on a stretch-enabled table is answered until the file
    /// is reauthorized, or the query mode is set to `LOCAL_ONLY`.
    ///
    /// - Throws: `wrongState` when the database is not enabled or is disconnected already;
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
