internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchOverlay
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

/// The result of ``RemoteAdministration/attach(_:isReplacing:)``, without secrets.
public struct AttachReport: Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// The role of this user: `writer` or `reader`.
    public let role: RemoteRole
    /// The login of the remote, or `nil` if the remote has no logins.
    public let login: String?
}

extension RemoteAdministration {

    /// Connects this file for this user with a grant from its owner.
    ///
    /// An earlier attachment of the same branch is replaced.
    ///
    /// - Parameter isReplacing: Whether a reader's grant may replace the right to migrate.
    /// - Throws: `wrongState` if the grant would remove the right to migrate without `isReplacing`,
    ///   or without a keystore; `remoteMismatch` if the grant is for another file, branch or
    ///   remote; `notPermitted` if the remote refuses the login; `remoteUnavailable`. The keystore
    ///   is then unchanged.
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

    /// Throws if this user holds the owner's nonce or a writer's login, which a reader lacks.
    private func refuseLosing(
        _ earlier: Attachment?, at address: EndpointAddress, _ keystore: Keystore
    ) throws(StretchError) {
        let writer = try keystore.credential(at: address, for: .writer)
        guard earlier?.owner != nil || writer != nil else { return }
        throw StretchError(
            .wrongState,
            "the grant is a reader's, and this user's right to migrate \"\(database.path)\" would "
                + "be lost",
            hint: "Attach nothing, or give up the right: \(advice: .replaceGrant).")
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
