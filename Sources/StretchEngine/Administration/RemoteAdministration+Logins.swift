internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
internal import StretchKeystore

/// The result of ``RemoteAdministration/storeLogin()``, without secrets.
public struct LoginReport: Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// The login.
    public let login: String
    /// The roles for which the login was stored: `reader`, or `reader` and `writer`.
    public let roles: [RemoteRole]
}

extension RemoteAdministration {
    /// Tests the login of the configuration, and stores it in the keystore in place of the stored
    /// logins.
    ///
    /// A login that may only read is stored as a reader; the file can then not migrate.
    ///
    /// - Throws: `wrongState` for a remote without logins, or without a keystore or a login to
    ///   store; `notPermitted` if the remote refuses it; `remoteUnavailable`; `remoteMismatch`. The
    ///   stored logins are then unchanged.
    public func storeLogin() throws(StretchError) -> LoginReport {
        try database.administer {
            let record = try database.enabledDatabase()
            let address = try EndpointAddress(parsing: record.endpoint)
            guard case .postgresql = address.kind else {
                throw StretchError(
                    .wrongState, "server \"\(address)\" has no logins",
                    hint: "Who may read and write the file, its mode says.")
            }
            let given = try database.configuration.credential(address, .administrator)
            guard let keystore = database.configuration.keystore, let given else {
                throw StretchError(
                    .wrongState, "there is no login to store",
                    hint: "To store one: \(advice: .nameLogin).")
            }
            let endpoint = try database.makeEndpoint(record, as: .administrator)
            let branch = record.position.branch
            guard try endpoint.position(branch: branch) != nil else {
                throw StretchError(
                    .remoteMismatch, "server \"\(address)\" does not know this file's branch",
                    hint: "Check the address; after a restore of the remote: "
                        + "\(advice: .reauthorize).")
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
}
