internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchOverlay
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

/// What ``StretchDatabase/attach(_:)`` did; no secret is in it.
public struct AttachReport: Codable, Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// What this user may do: `writer` or `reader`.
    public let role: RemoteRole
    /// The login at the remote, or `nil` where the remote has none.
    public let login: String?
}

/// Several users of the operating system with one file, each with a keystore of his own.
extension StretchDatabase {
    /// Makes a grant by which another user of this file attaches it.
    ///
    /// A PostgreSQL remote gets a login of its own for that user, with a random password that is in
    /// the grant and nowhere else. Rights on the file and on an embedded remote are those of the
    /// file system. A writer shares the right to extend the branch, until the next reauthorization.
    ///
    /// - Parameters:
    ///   - role: A writer, which migrates, or a reader, which reads cold rows and writes them in
    ///     this file only.
    ///   - user: Whom the login is named after.
    /// - Throws: `notPermitted` for a caller who does not administer the file, does not own the
    ///   branch, or may not make logins; `disconnected`; `remoteUnavailable`; `wrongState`.
    public func grant(_ role: RemoteRole, to user: String) throws(StretchError) -> AccessGrant {
        try administer {
            guard role != .administrator, !user.isEmpty else {
                throw StretchError(
                    .invalidArgument, "a grant is for a writer or a reader, and for a user",
                    hint: "Name the user. Administrators of a file are members of db_owner: "
                        + "ALTER ROLE db_owner ADD MEMBER name.")
            }
            let record = try enabledDatabase()
            let keystore = try requireKeystore()
            let link = FileLink(configuration, path: path)
            let attachment = try link?.require(record, pending: try catalog.pending())
            var owner: OwnerProof?
            if role == .writer, let attachment {
                owner = try keystore.owner(of: attachment)
                guard owner != nil else { throw Keystore.ownsNothing(path) }
            }
            let endpoint = try makeEndpoint(record, as: .administrator)
            let remote = try endpoint.identity()
            let login = try (endpoint as? any LoginEndpoint)?.makeLogin(role, for: user)
            try connection.transaction(.immediate) {
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: "grant",
                    message: "user \"\(user)\" may attach the file as a \(role.rawValue)")
            }
            return AccessGrant(
                AccessGrant.Content(
                    database: "\(record.database)", branch: "\(record.position.branch)",
                    server: record.endpoint, remote: remote, role: role, login: login?.login,
                    password: login?.password, owner: owner?.nonce))
        }
    }

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
        let report = try perform {
            let record = try enabledDatabase()
            let keystore = try requireKeystore()
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
            var configuration = configuration
            if let login { configuration.credential = { _, _ in login } }
            let endpoint = try configuration.endpoint(at: address, localPath: path, as: .reader)
            guard try endpoint.identity() == content.remote,
                try endpoint.position(branch: record.position.branch) != nil
            else {
                throw StretchError(
                    .remoteMismatch, "server \"\(address)\" is another remote than the grant's",
                    hint: "Ask the file's owner for a new grant.")
            }
            var made = earlier ?? makeAttachment(record)
            made.branch = record.position.branch
            made.path = FileIdentity.resolved(path)
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
        overlay.forgetRemote()
        try refreshOverlay()
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
            "the grant is a reader's, and this user's right to migrate \"\(path)\" would be lost",
            hint: "Attach nothing, or give the right up: "
                + "stretch attach FILE --from GRANT --replace.")
    }

    private func requireSameFile(_ grant: AccessGrant, _ record: DatabaseRecord) throws {
        let content = grant.content
        guard content.database == "\(record.database)",
            content.server.isSameText(as: record.endpoint),
            content.branch == "\(record.position.branch)"
        else {
            throw StretchError(
                .remoteMismatch,
                "the grant is of another file, or \"\(path)\" was reauthorized or re-pointed since",
                hint: "Ask the file's owner for a new grant.")
        }
    }
}
