internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchOverlay
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

/// What ``RemoteAdministration/attach(_:isReplacing:)`` did; no secret is in it.
public struct AttachReport: Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// What this user may do: `writer` or `reader`.
    public let role: RemoteRole
    /// The login at the remote, or `nil` where the remote has none.
    public let login: String?
}

extension RemoteAdministration {

    /// Connects this file in this user's keystore, by a grant of its owner.
    ///
    /// An earlier attachment of the same branch is replaced.
    ///
    /// - Parameter isReplacing: Whether a reader's grant may take the right to migrate away.
    /// - Throws: `wrongState` when it would and may not, and without a keystore; `remoteMismatch`
    ///   when the grant is of another file, branch or remote; `notPermitted` when the remote
    ///   refuses the login; `remoteUnavailable`. The keystore is then as it was.
    @discardableResult
    public func attach(
        _ grant: AccessGrant, isReplacing: Bool = false
    ) throws(StretchError) -> AttachReport {
        let report = try database.perform {
            let record = try database.enabledDatabase()
            let keystore = try database.requireKeystore()
            try requireSameFile(grant, record)
            let address = try EndpointAddress(parsing: record.endpoint)
            let content = grant.content
            let earlier = try keystore.attachments(database: record.database).first {
                $0.branch == record.position.branch
            }
            if content.role == .reader, !isReplacing {
                try refuseLosing(earlier, at: address, keystore)
            }
            let login = content.login.map {
                RemoteCredential(login: $0, password: content.password)
            }
            var configuration = database.configuration
            if let login { configuration.credential = { _, _ in login } }
            let endpoint = try configuration.endpoint(
                at: address, localPath: database.path, as: .reader)
            guard try endpoint.identity() == content.remote,
                try endpoint.position(branch: record.position.branch) != nil
            else {
                throw StretchError(
                    .remoteMismatch, "server \"\(address)\" is another remote than the grant's",
                    hint: "Ask the file's owner for a new grant.")
            }
            var made = earlier ?? database.makeAttachment(record)
            made.branch = record.position.branch
            made.path = FileIdentity.resolved(database.path)
            made.server = record.endpoint
            made.remote = content.remote
            made.owner = try content.owner.map { nonce throws(StretchError) in
                try keystore.seal(OwnerProof(nonce: nonce, name: ""), for: made)
            }
            made.state = .linked
            if let login {
                let roles: [RemoteRole] = content.role == .writer ? [.writer, .reader] : [.reader]
                try keystore.replace(login, at: address, for: roles)
            }
            try keystore.save(made)
            try keystore.setSeen(record.position, made)
            return AttachReport(
                server: record.endpoint, role: content.role, login: content.login)
        }
        database.overlay.forgetRemote()
        try database.refreshOverlay()
        return report
    }

    /// Throws when this user holds what a reader has not: the owner's nonce, or a writer's login.
    private func refuseLosing(
        _ earlier: Attachment?, at address: EndpointAddress, _ keystore: Keystore
    ) throws(StretchError) {
        let writer = try keystore.credential(at: address, for: .writer)
        guard earlier?.owner != nil || writer != nil else { return }
        throw StretchError(
            .wrongState,
            "the grant is a reader's, and this user's right to migrate \"\(database.path)\" would "
                + "be lost",
            hint: "Attach nothing, or give the right up: \(advice: .replaceGrant).")
    }

    private func requireSameFile(_ grant: AccessGrant, _ record: DatabaseRecord) throws {
        let content = grant.content
        guard content.database == "\(record.database)",
            content.server.isSameText(as: record.endpoint),
            content.branch == "\(record.position.branch)"
        else {
            throw StretchError(
                .remoteMismatch,
                "the grant is of another file, or \"\(database.path)\" was reauthorized or "
                    + "re-pointed since",
                hint: "Ask the file's owner for a new grant.")
        }
    }
}
