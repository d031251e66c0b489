internal import Foundation
internal import StretchCore
internal import StretchEndpoint
internal import StretchEngine
internal import StretchKeystore
internal import StretchText

/// A login entered by the user, and the servers that may receive it.
///
/// A database file from an untrusted source can name any server. A login is therefore sent only to
/// a server that the user named, that a file in this user's keystore uses, or that a prompt has
/// shown.
struct GivenLogin: Sendable {
    /// The source of the password.
    enum Source: Sendable {
        case text(String?)
        case file(String)
        case prompt
    }

    let login: String
    let source: Source

    /// The login in `STRETCH_LOGIN` and `STRETCH_PASSWORD`, for containers and scripts.
    static var ofEnvironment: GivenLogin? {
        let environment = ProcessInfo.processInfo.environment
        guard let login = environment["STRETCH_LOGIN"], !login.isEmpty else { return nil }
        return GivenLogin(login: login, source: .text(environment["STRETCH_PASSWORD"]))
    }

    /// Prompts for the password if necessary, and adds the login to a configuration.
    ///
    /// - Parameters:
    ///   - server: The server that the command names, or `nil`.
    ///   - file: The database file, or `nil` for a command without one.
    /// - Throws: `notPermitted`, before a prompt, for a server to which no password may be sent.
    func serve(
        _ configuration: inout Configuration, server: String?, file: String?
    ) throws(StretchError) {
        var destinations = LoginDestinations(keystore: configuration.keystore)
        try destinations.name(server)
        try destinations.name(ProcessInfo.processInfo.environment["STRETCH_SERVER"])
        let password: String?
        switch source {
        case .text(let text): password = text
        case .file(let path): password = try SecretInput.firstLine(ofFile: path)
        case .prompt:
            var named = server
            if named == nil, let file {
                named = try StretchDatabase.server(of: file, configuration: configuration)
            }
            // A file without a server needs no login.
            guard let named else { return }
            let address = try EndpointAddress(parsing: named)
            try destinations.show(address, login)
            password = try SecretInput.prompt(
                "Password of \(login) at \(address.destination): ".printable)
        }
        let given = RemoteCredential(login: login, password: password)
        configuration.credential = { [destinations] (address, _) throws(StretchError) in
            try destinations.require(address, login)
            return given
        }
    }
}

/// The servers to which the user allows a login to be sent.
struct LoginDestinations: Sendable {
    private let keystore: Keystore?
    private var named: [EndpointAddress] = []
    private var shown: EndpointAddress?

    init(keystore: Keystore?) { self.keystore = keystore }

    /// Adds a server that the user named.
    mutating func name(_ server: String?) throws(StretchError) {
        guard let server, !server.isEmpty else { return }
        named.append(try EndpointAddress(parsing: server))
    }

    /// Adds a server shown in a prompt.
    ///
    /// - Throws: `notPermitted` for another machine whose identity is not verified, unless the user
    ///   named it.
    mutating func show(_ address: EndpointAddress, _ login: String) throws(StretchError) {
        guard address.provesItself || isNamed(address) else { throw refusal(address, login) }
        shown = address
    }

    /// - Throws: `notPermitted`, naming the address that the user may add.
    func require(_ address: EndpointAddress, _ login: String) throws(StretchError) {
        // An embedded remote stores only a verifier and receives no password.
        if case .file = address.kind { return }
        guard isNamed(address) || shown.map(address.isSame) == true else {
            throw refusal(address, login)
        }
    }

    private func isNamed(_ address: EndpointAddress) -> Bool {
        named.contains { address.isSame($0) || address.withoutSchema.isSame($0) }
            || keystore?.knows(address) == true
    }

    private func refusal(_ address: EndpointAddress, _ login: String) -> StretchError {
        StretchError(
            .notPermitted,
            "login \"\(login)\" is not sent to server \"\(address.withoutSchema)\", which only "
                + "the file names",
            hint: "If this is the right server, name it: "
                + "STRETCH_SERVER='\(address.withoutSchema)'.")
    }
}

extension EndpointAddress {
    /// Returns whether both are the same server, byte by byte in canonical form.
    fileprivate func isSame(_ other: EndpointAddress) -> Bool {
        description.isSameText(as: other.description)
    }

    /// The address without the schema of one database.
    fileprivate var withoutSchema: EndpointAddress {
        guard case .postgresql(var address) = kind else { return self }
        address.schema = nil
        return EndpointAddress(.postgresql(address))
    }

    /// Whether the server is this machine, or must prove its name before it receives a password.
    fileprivate var provesItself: Bool {
        guard case .postgresql(let address) = kind else { return true }
        return address.tlsMode == .verifyFull || address.hosts.allSatisfy(\.isLocal)
    }

    /// The server as text: hosts, ports, database and TLS verification.
    fileprivate var destination: String {
        guard case .postgresql(let address) = kind else { return description }
        let hosts = address.hosts.map { "\($0.name):\($0.port)" }.joined(separator: ", ")
        return "\(hosts), database \(address.database), sslmode=\(address.tlsMode.rawValue)"
    }
}
