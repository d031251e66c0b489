internal import StretchCatalog
package import StretchCore
package import StretchKeystore

/// The order of backups by what their files hold, which a changed time of a file cannot alter.
package struct BackupOrder {
    private let chosen: (path: String, time: Timestamp)
    private let others: [(path: String, time: Timestamp)]
    private let configuration: Configuration

    /// - Parameters:
    ///   - chosen: The backup that is the newest by its file's time.
    ///   - others: The other backups that are not after the wanted time.
    package init(
        _ chosen: (path: String, time: Timestamp), among others: [(path: String, time: Timestamp)],
        _ configuration: Configuration
    ) {
        (self.chosen, self.others, self.configuration) = (chosen, others, configuration)
    }

    /// Throws if a backup with an earlier time holds a later state of the same branch.
    ///
    /// The time of a file is never earlier than its state, so the chosen file got its time by a
    /// copy. Files that cannot be read say nothing.
    ///
    /// - Throws: `wrongState`.
    package func requireAgreement() throws(StretchError) {
        guard let own = record(of: chosen.path) else { return }
        for other in others {
            guard let found = record(of: other.path), found.database == own.database,
                found.position.branch == own.position.branch,
                found.position.epoch > own.position.epoch
            else { continue }
            throw StretchError(
                .wrongState,
                "backup \"\(chosen.path)\" has the later time, \(chosen.time), and the older "
                    + "state: epoch \(own.position.epoch), where \"\(other.path)\" of "
                    + "\(other.time) has epoch \(found.position.epoch)",
                hint: "The time of the first file was changed, as by copying it. Name only the "
                    + "backup to restore, or set the file's time to that of its state.")
        }
    }

    private func record(of path: String) -> DatabaseRecord? {
        let reader = try? BackupReader(path, configuration)
        return (try? reader?.record()) ?? nil
    }
}
