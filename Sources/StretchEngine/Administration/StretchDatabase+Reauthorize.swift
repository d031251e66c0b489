internal import Foundation
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchOverlay
internal import StretchSQLite
internal import StretchTimeline

extension StretchDatabase {
    /// Sets the query mode of all connections.
    ///
    /// - Parameter isForced: Whether to set `LOCAL_AND_REMOTE` without checking the remote.
    /// - Throws: `wrongState` when the database is not enabled; `disconnected`, `remoteMismatch` or
    ///   `remoteUnavailable` if cold rows cannot be read; `notPermitted`.
    public func setQueryMode(_ mode: QueryMode, isForced: Bool = false) throws(StretchError) {
        try administer {
            let record = try enabledDatabase()
            if mode == .localAndRemote, !isForced {
                let endpoint = try makeEndpoint(record, as: .reader)
                guard try endpoint.position(branch: record.position.branch) != nil else {
                    throw StretchError(
                        .remoteMismatch, "the remote does not know the branch of this file",
                        hint: "Reconnect it: \(advice: .reauthorize).")
                }
            }
            try connection.transaction(.immediate) {
                try catalog.setQueryMode(mode)
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: .queryMode,
                    message: "queries see \(mode.rawValue)")
            }
        }
        try refreshOverlay()
    }
}
