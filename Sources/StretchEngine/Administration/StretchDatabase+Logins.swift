internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore

extension StretchDatabase {
    // MARK: Enabling

    /// Stores logins for regular use.
    ///
    /// These are the logins already stored for the address, if they still work; otherwise new ones
    /// that the administrator creates; otherwise the administrator's own.
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
            // The server identifies the user of this process by other means; other users cannot be
            // checked.
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
        case .refused(let why): reason = why
        case .made(let writer, let reader):
            guard let problem = trial(writer, reader) else {
                try keystore.store(writer, at: address, for: .writer)
                try keystore.store(reader, at: address, for: .reader)
                return []
            }
            let names = "\"\(writer.login)\" and \"\(reader.login)\""
            reason =
                "the server refuses the logins \(names), which were created and can be dropped: "
                + problem.message
        }
        try keystore.replace(given, at: address, for: [.reader, .writer])
        return [
            "The login \"\(given.login)\" itself is stored on this machine, because \(reason). "
                + "Store a lesser one in its place."
        ]
    }

    /// Tests a writer's and a reader's login.
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
    /// Stores a credential for some roles, and removes those of the other roles.
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
