package import Crypto
internal import Foundation
public import StretchCore
public import StretchEndpoint
internal import StretchText

/// The store of this user's secrets, outside every database file and its backups.
///
/// Each credential is bound to an address and a role, and sealed with AES-256-GCM under the user's
/// service key. The key is stored in the same folder. The encryption therefore protects databases
/// and their copies; the folder itself is protected by its mode.
public struct Keystore: Sendable {
    /// The folder, of mode 0700.
    public let path: String
    var folder: PrivateFolder { PrivateFolder(path: path) }

    /// Creates a keystore in a folder, which is created at the first write.
    public init(path: String) {
        self.path = path
    }

    /// Returns the keystore in `STRETCH_HOME` or, by default, in the platform's folder for state.
    ///
    /// Source: <https://specifications.freedesktop.org/basedir-spec/latest/>.
    ///
    /// - Parameter environment: The environment variables, or `nil` for those of this process.
    public static func standard(environment: [String: String]? = nil) -> Keystore {
        let environment = environment ?? ProcessInfo.processInfo.environment
        func folder(_ name: String) -> String? {
            environment[name].flatMap { $0.beginsWith("/") ? $0 : nil }
        }
        if let home = environment["STRETCH_HOME"], !home.isEmpty { return Keystore(path: home) }
        let home = folder("HOME") ?? NSHomeDirectory()
        #if canImport(Darwin)
            return Keystore(path: home + "/Library/Application Support/Stretch")
        #else
            return Keystore(path: (folder("XDG_STATE_HOME") ?? home + "/.local/state") + "/stretch")
        #endif
    }

    // MARK: Credentials

    /// Returns the credential stored for exactly this address and role, or `nil`.
    ///
    /// - Throws: `damaged` if the file was changed, or sealed under another service key;
    ///   `wrongState` if it cannot be read, or if other users may read it.
    public func credential(
        at address: EndpointAddress, for role: RemoteRole
    ) throws(StretchError) -> RemoteCredential? {
        let purpose = Purpose(address: address, role: role)
        guard let bytes = try folder.read(purpose.fileName) else { return nil }
        guard let key = try serviceKey() else {
            throw StretchError(
                .damaged, "the service key of \"\(path)\" is gone, and its credentials are sealed",
                hint: "Put \"service.key\" back, or give the credential again.")
        }
        return try open(bytes, under: key, purpose)
    }

    /// Returns the credential for a role: its own or, by default, that of the other stored role.
    ///
    /// An administrator's credential is never stored. The writer's login serves if it owns the
    /// remote.
    ///
    /// - Throws: As ``credential(at:for:)``.
    public func serving(
        _ role: RemoteRole, at address: EndpointAddress
    ) throws(StretchError) -> RemoteCredential? {
        let roles: [RemoteRole] = role == .reader ? [.reader, .writer] : [.writer, .reader]
        for role in roles {
            if let found = try credential(at: address, for: role) { return found }
        }
        return nil
    }

    /// Stores a credential for an address and a role, replacing an earlier one.
    ///
    /// - Throws: `wrongState`; an earlier credential is then unchanged.
    public func store(
        _ credential: RemoteCredential, at address: EndpointAddress, for role: RemoteRole
    ) throws(StretchError) {
        let purpose = Purpose(address: address, role: role)
        try folder.locked { () throws(StretchError) in
            let key = try keptServiceKey()
            try folder.write(try seal(credential, under: key, purpose), to: purpose.fileName)
        }
    }

    /// Removes the credential of an address and a role, if any.
    public func removeCredential(
        at address: EndpointAddress, for role: RemoteRole
    ) throws(StretchError) {
        try folder.remove(Purpose(address: address, role: role).fileName)
    }

    // MARK: Sealing

    /// The purpose of a credential, which is sealed with it so that files cannot be exchanged.
    private struct Purpose {
        let address: EndpointAddress
        let role: RemoteRole

        var text: String { "\(role.rawValue)\n\(address)" }

        /// Addresses may contain any character; a digest is valid as a file name.
        var fileName: String {
            let digest = SHA256.hash(data: Data(text.utf8))
            return "credential-" + digest.prefix(16).map { String(format: "%02x", $0) }.joined()
        }
    }

    private struct Content: Codable {
        let login: String
        let password: String?
    }

    private func seal(
        _ credential: RemoteCredential, under key: SymmetricKey, _ purpose: Purpose
    ) throws(StretchError) -> [UInt8] {
        do {
            let content = try JSONEncoder().encode(
                Content(login: credential.login, password: credential.password))
            return Keystore.header
                + Array(try Sealing.seal(content, under: key, purpose: purpose.text))
        } catch {
            throw StretchError(.wrongState, "cannot seal the credential", cause: error)
        }
    }

    private func open(
        _ bytes: [UInt8], under key: SymmetricKey, _ purpose: Purpose
    ) throws(StretchError) -> RemoteCredential {
        guard bytes.starts(with: Keystore.header),
            let data = Sealing.open(
                Data(bytes.dropFirst(Keystore.header.count)), under: key, purpose: purpose.text),
            let content = try? JSONDecoder().decode(Content.self, from: data)
        else {
            throw StretchError(
                .damaged,
                "the credential for \"\(purpose.address)\" was changed, or sealed under another "
                    + "key",
                hint: "Give the credential again.")
        }
        return RemoteCredential(login: content.login, password: content.password)
    }

    /// The format's name and version.
    private static let header = Array("stretch-credential-1\n".utf8)

    package func serviceKey() throws(StretchError) -> SymmetricKey? {
        guard let bytes = try folder.read("service.key") else { return nil }
        guard bytes.count == 32 else {
            throw StretchError(
                .damaged, "\"\(path)/service.key\" is not a key of 32 bytes",
                hint: "Restore it from a backup, or remove it and give the credentials again.")
        }
        return SymmetricKey(data: bytes)
    }

    /// The service key, created if it does not exist.
    package func keptServiceKey() throws(StretchError) -> SymmetricKey {
        if let key = try serviceKey() { return key }
        let key = SymmetricKey(size: .bits256)
        try folder.write(key.withUnsafeBytes { Array($0) }, to: "service.key")
        return key
    }
}
