internal import Crypto
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchText

/// A database scoped credential; its secret is told to nobody.
public struct CredentialRecord: Codable, Equatable, Sendable {
    /// The credential's name.
    public let name: String
    /// The login at the remote.
    public let identity: String
    /// When it was made, in UTC.
    public let created: String
    /// When it was changed last, in UTC.
    public let modified: String
    /// Whether the file was enabled or reauthorized with it.
    public let isUsed: Bool
}

/// Database scoped credentials: logins at the remote, sealed under the master key and bound to the
/// server that the file names.
extension StretchDatabase {
    /// The credentials of this file in this user's keystore.
    public func credentials() throws(StretchError) -> [CredentialRecord] {
        try perform {
            let attachment = try fileAttachment(try catalog.database())
            return (attachment?.credentials ?? []).map {
                CredentialRecord(
                    name: $0.name, identity: $0.identity, created: $0.created,
                    modified: $0.modified,
                    isUsed: attachment?.usedCredential?.isEqualFoldingCase($0.name) ?? false)
            }
        }
    }

    /// Makes a credential.
    ///
    /// - Throws: `invalidArgument` for a name that is empty, begins with `#` or has more than 128
    ///   characters; `wrongState` when there is one of this name, or no master key; `notPermitted`.
    public func createCredential(
        _ name: String, identity: String, secret: String?
    ) throws(StretchError) {
        guard !name.isEmpty, !name.beginsWith("#"), name.utf16.count <= 128, !identity.isEmpty
        else {
            throw StretchError(
                .invalidArgument, "credential \"\(name)\" has a name or an identity that cannot be",
                hint: "A name has 1 to 128 characters and does not begin with #.")
        }
        let now = configuration.now()
        try changeAttachment { attachment, _ in
            guard attachment.index(ofCredential: name) == nil else {
                throw StretchError(
                    .wrongState, "credential \"\(name)\" exists already",
                    hint: "Change it with ALTER DATABASE SCOPED CREDENTIAL.")
            }
            var credential = SealedCredential(
                name: name, identity: identity, created: now, modified: now)
            try credential.seal(
                secret, under: try openKey(of: attachment), server: attachment.server)
            attachment.credentials.append(credential)
        }
    }

    /// Changes a credential's identity and secret.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `wrongState`; `notPermitted`.
    public func alterCredential(
        _ name: String, identity: String, secret: String?
    ) throws(StretchError) {
        let now = configuration.now()
        try changeAttachment { attachment, _ in
            let index = try Self.index(of: name, in: attachment)
            attachment.credentials[index].identity = identity
            attachment.credentials[index].modified = now
            try attachment.credentials[index].seal(
                secret, under: try openKey(of: attachment), server: attachment.server)
        }
    }

    /// Forgets a credential.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `notPermitted`.
    public func dropCredential(_ name: String) throws(StretchError) {
        try changeAttachment { attachment, _ in
            attachment.credentials.remove(at: try Self.index(of: name, in: attachment))
        }
    }

    /// The login of a credential.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `wrongState` when the master key is
    ///   not open; `damaged`.
    func credential(named name: String) throws -> RemoteCredential {
        let (attachment, _) = try masterKey()
        let credential = attachment.credentials[try Self.index(of: name, in: attachment)]
        return try credential.open(under: try openKey(of: attachment), server: attachment.server)
    }

    /// The login of the credential that the file was enabled or reauthorized with, or `nil` when
    /// it cannot be opened.
    func usedCredential(_ attachment: Attachment?) throws -> RemoteCredential? {
        guard let name = attachment?.usedCredential else { return nil }
        do {
            return try credential(named: name)
        } catch is StretchError {
            return nil
        }
    }

    private static func index(
        of name: String, in attachment: Attachment
    ) throws(StretchError) -> Int {
        guard let index = attachment.index(ofCredential: name) else {
            throw StretchError(
                .invalidArgument, "credential \"\(name)\" does not exist",
                hint: "Create it first: CREATE DATABASE SCOPED CREDENTIAL.")
        }
        return index
    }
}
