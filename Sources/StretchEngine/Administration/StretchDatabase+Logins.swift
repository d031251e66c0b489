internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
internal import StretchKeystore

/// What ``StretchDatabase/storeLogin()`` found out and kept; no secret is in it.
public struct LoginReport: Codable, Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// The login.
    public let login: String
    /// What it was stored for: `reader`, or `reader` and `writer`.
    public let roles: [RemoteRole]
}

extension StretchDatabase {
    /// Tries the login that the configuration gives, and keeps it in the keystore instead of the
    /// stored ones.
    ///
    /// A login that may only read is kept as a reader; the file can then not migrate.
    ///
    /// - Throws: `wrongState` for a remote without logins, or without a keystore or a login to
    ///   store; `notPermitted` when the remote refuses it; `remoteUnavailable`; `remoteMismatch`.
    ///   The stored logins are then as they were.
    public func storeLogin() throws(StretchError) -> LoginReport {
        try administer {
            let record = try enabledDatabase()
            let address = try EndpointAddress(parsing: record.endpoint)
            guard case .postgresql = address.kind else {
                throw StretchError(
                    .wrongState, "server \"\(address)\" has no logins",
                    hint: "Who may read and write the file, its mode says.")
            }
            let given = try configuration.credential(address, .administrator)
            guard let keystore = configuration.keystore, let given else {
                throw StretchError(
                    .wrongState, "there is no login to store", hint: "Name one with --login.")
            }
            let endpoint = try makeEndpoint(record, as: .administrator)
            let branch = record.position.branch
            guard try endpoint.position(branch: branch) != nil else {
                throw StretchError(
                    .remoteMismatch, "server \"\(address)\" does not know this file's branch",
                    hint: "Check the address; after a restore of the remote use reauthorize.")
            }
            var roles = [RemoteRole.reader]
            if try mayWrite(endpoint, branch) { roles.append(.writer) }
            try keystore.replace(given, at: address, for: roles)
            return LoginReport(server: address.description, login: given.login, roles: roles)
        }
    }

    private func mayWrite(
        _ endpoint: any Endpoint, _ branch: Int64
    ) throws(StretchError) -> Bool {
        do throws(StretchError) {
            _ = try endpoint.fence(branch: branch)
            return true
        } catch {
            guard error.code == .notPermitted else { throw error }
            return false
        }
    }

    // MARK: Enabling

    /// Keeps logins for the daily work: those that were kept for the address before and still
    /// serve, new ones that the administrator makes, or else the administrator's.
    ///
    /// - Returns: Advice.
    func keepLogins(
        of endpoint: any Endpoint, at address: EndpointAddress, given: RemoteCredential?,
        branch: Int64, owner: OwnerProof?
    ) throws(StretchError) -> [String] {
        guard let keystore = configuration.keystore, let endpoint = endpoint as? any LoginEndpoint,
            let given
        else { return [] }
        guard given.password != nil else {
            // The server knows the user of this process; what it makes of others, it alone knows.
            try keystore.replace(given, at: address, for: [.reader, .writer])
            return []
        }
        func trial(_ writer: RemoteCredential, _ reader: RemoteCredential) -> StretchError? {
            self.trial(writer, reader, at: address, branch: branch, owner: owner)
        }
        if let writer = try keystore.credential(at: address, for: .writer),
            let reader = try keystore.credential(at: address, for: .reader),
            trial(writer, reader) == nil
        {
            return []
        }
        let reason: String
        switch try endpoint.makeLogins() {
        case .unknown: return []
        case .refused(let why): reason = why
        case .made(let writer, let reader):
            guard let problem = trial(writer, reader) else {
                try keystore.store(writer, at: address, for: .writer)
                try keystore.store(reader, at: address, for: .reader)
                return []
            }
            let names = "\"\(writer.login)\" and \"\(reader.login)\""
            reason =
                "the server refuses the logins \(names), which were made and can be dropped: "
                + problem.message
        }
        try keystore.replace(given, at: address, for: [.reader, .writer])
        return [
            "The login \"\(given.login)\" itself is stored on this machine, because \(reason). "
                + "Give a lesser one with: stretch login FILE --login NAME."
        ]
    }

    /// Uses a writer's and a reader's login once.
    private func trial(
        _ writer: RemoteCredential, _ reader: RemoteCredential, at address: EndpointAddress,
        branch: Int64, owner: OwnerProof?
    ) -> StretchError? {
        var configuration = configuration
        configuration.credential = { $1 == .reader ? reader : writer }
        do throws(StretchError) {
            let writing = try configuration.endpoint(
                at: address, localPath: path, as: .writer, owner: owner)
            _ = try writing.fence(branch: branch)
            let reading = try configuration.endpoint(at: address, localPath: path, as: .reader)
            _ = try reading.position(branch: branch)
            return nil
        } catch {
            return error
        }
    }
}

extension Keystore {
    /// Stores a credential for some roles, and forgets those of the others.
    func replace(
        _ credential: RemoteCredential, at address: EndpointAddress, for roles: [RemoteRole]
    ) throws(StretchError) {
        for role in RemoteRole.allCases {
            if roles.contains(role) {
                try store(credential, at: address, for: role)
            } else {
                try removeCredential(at: address, for: role)
            }
        }
    }
}
