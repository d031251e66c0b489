internal import Foundation
package import StretchCatalog
package import StretchCore
package import StretchEndpoint
internal import StretchSQLite
package import StretchTimeline

/// Links a local file to its attachment in this user's keystore, without contacting the remote.
package final class FileLink {
    private let keystore: Keystore
    private let routines: Routines
    /// The file's absolute path, without links.
    package let path: String
    /// The position at which the file was last found connected; the result is valid for that
    /// position.
    private var known: (position: TimelinePosition, attachment: Attachment)?

    package init?(_ configuration: Configuration, path: String) {
        guard let keystore = configuration.keystore else { return nil }
        self.keystore = keystore
        routines = configuration.routines
        self.path = FileIdentity.resolved(path)
    }

    /// Discards the cached state after a deliberate change of the keystore or the file.
    package func forget() { known = nil }

    /// Returns the link state of the file, and its attachment if the keystore has one for its
    /// branch.
    ///
    /// - Throws: `damaged` or `wrongState` when the keystore cannot be read.
    package func state(
        of record: DatabaseRecord, pending: PendingStep?
    ) throws(StretchError) -> (LinkState, Attachment?) {
        let all = try keystore.attachments(database: record.database)
        let attachment = all.first { $0.branch == record.position.branch }
        let seen = try attachment.flatMap { one throws(StretchError) in try keystore.seen(one) }
        let state = LinkState(
            position: record.position, pending: pending, endpoint: record.endpoint,
            memory: attachment?.memory(seen: seen, of: GuardedFile.identity(following: path)),
            hasOriginal: attachment.map { hasOriginal($0, branch: record.position.branch) } ?? false
        )
        return (state, attachment)
    }

    /// Returns the attachment of a connected file, and records its path and position.
    ///
    /// If the setting `remote data archive` was switched off since, that is noticed with the next
    /// position of the file, or after ``forget()``.
    ///
    /// - Throws: `disconnected`, with instructions for connecting the file; `notPermitted` while
    ///   this user's setting `remote data archive` is off; as
    ///   ``state(of:pending:)``.
    @discardableResult
    package func require(
        _ record: DatabaseRecord, pending: PendingStep?
    ) throws(StretchError) -> Attachment {
        if let known, known.position == record.position { return known.attachment }
        try keystore.requireArchive()
        var (state, found) = try self.state(of: record, pending: pending)
        if state == .disconnected(.restored), let now = try present() {
            // The caller's snapshot is older than the file.
            (state, found) = try self.state(of: now.record, pending: now.pending)
        }
        guard state == .connected, var attachment = found else {
            throw refusal(state)
        }
        if attachment.path != path {
            let old = attachment
            try note { () throws(StretchError) in
                let changed = try keystore.update(old) {
                    if $0.owner == old.owner { $0.path = self.path }
                }
                attachment = changed ?? old
            }
        }
        try note { () throws(StretchError) in try see(record.position, attachment) }
        known = (record.position, attachment)
        return attachment
    }

    /// Runs `body`, which records what was seen, if the keystore can be written.
    ///
    /// A read depends on what the keystore has, not on a new record in it. Without the record, only
    /// the detection of an old file is weakened.
    private func note(_ body: () throws(StretchError) -> Void) throws(StretchError) {
        do throws(StretchError) {
            try body()
        } catch {
            // The codes of a folder that is full or read-only; what was read before was in order.
            guard [.localUnavailable, .wrongState].contains(error.code) else { throw error }
        }
    }

    /// The current record of the file, independent of the caller's snapshot.
    private func present() throws(StretchError) -> (record: DatabaseRecord, pending: PendingStep?)?
    {
        do {
            let catalog = Catalog(
                try Connection(path: path, access: .readOnly, routines: routines))
            return try catalog.connection.transaction(.deferred) {
                guard let record = try catalog.database() else { return nil }
                return (record, try catalog.pending())
            }
        } catch let error as SQLiteError {
            throw StretchError(local: error)
        } catch let error as StretchError {
            throw error
        } catch {
            return nil
        }
    }

    /// Records the position that the file has reached.
    package func see(_ position: TimelinePosition, _ attachment: Attachment) throws(StretchError) {
        let seen = try keystore.seen(attachment)
        let isNewer = seen.map { $0.branch != position.branch || $0.epoch < position.epoch } ?? true
        if isNewer { try keystore.setSeen(position, attachment) }
    }

    /// Throws unless the address leads to the remote to which the file was attached.
    ///
    /// An identity that was not yet known is recorded.
    ///
    /// - Throws: `remoteMismatch`.
    package func requireSameRemote(
        _ attachment: Attachment, _ endpoint: any Endpoint
    ) throws(StretchError) {
        let found = try endpoint.identity()
        guard let expected = attachment.remote else {
            return try note { () throws(StretchError) in
                try keystore.update(attachment) { $0.remote = found }
            }
        }
        guard found == expected else {
            throw StretchError(
                .remoteMismatch,
                "server \"\(attachment.server)\" is another remote than the one that file "
                    + "\"\(path)\" was attached to",
                hint: "Let the address lead to the old remote, or reconnect the file: "
                    + "\(advice: .reauthorize).")
        }
    }

    /// Whether the file in the keystore still exists at its path and is not this file.
    private func hasOriginal(_ attachment: Attachment, branch: Int64) -> Bool {
        guard attachment.path != path, FileManager.default.fileExists(atPath: attachment.path),
            !FileIdentity.isSame(attachment.path, path)
        else { return false }
        // An unreadable file cannot be the original in use.
        guard (try? GuardedFile.requireDatabase(attachment.path)) != nil else { return false }
        let original = try? Catalog(
            Connection(path: attachment.path, access: .readOnly, routines: routines))
        return (try? original?.position())?.branch == branch
    }

    /// The error for a disconnected file.
    private func refusal(_ state: LinkState) -> StretchError {
        guard case .disconnected(let reason) = state else {
            return StretchError(.disconnected, "file \"\(path)\" is disconnected from its remote")
        }
        let why =
            switch reason {
            case .unknownHere: "this user's keystore, \"\(keystore.path)\", does not know it"
            case .repointed: "it names another remote than the one that it was attached to"
            case .unfinished: "its reauthorization was cut off"
            case .deauthorized: "it was deauthorized"
            case .copied: "it is a copy, and the original is still there"
            case .restored: "it was restored from an older state"
            }
        let connecting: StretchError.Hint =
            reason == .unknownHere
            ? "If another user, or this one with another keystore, works with this file, that user "
                + "runs: \(advice: .grantReader). Then here: \(advice: .attachGrant). To connect a "
                + "restored or copied file: \(advice: .reauthorize)."
            : "To connect it: \(advice: .reauthorize)."
        return StretchError(
            .disconnected, "file \"\(path)\" is disconnected from its remote: \(why)",
            hint: connecting + " Hot rows can still be read.")
    }
}
