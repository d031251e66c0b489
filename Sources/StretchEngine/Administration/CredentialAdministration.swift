internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchText

/// A database scoped credential, without its secret.
public struct CredentialRecord: Equatable, Sendable {
    /// The credential's name.
    public let name: String
    /// The login of the remote.
    public let identity: String
    /// The time of creation, in UTC.
    public let created: String
    /// The time of the last change, in UTC.
    public let modified: String
    /// Whether the file was enabled or reauthorized with it.
    public let isUsed: Bool
}

/// Database scoped credentials: logins of the remote, sealed under the master key.
///
/// Each is bound to the server that the file names.
public struct CredentialAdministration {
    let database: StretchDatabase

    /// Returns the credentials of this file in this user's keystore.
    public func all() throws(StretchError) -> [CredentialRecord] {
        try database.perform {
            let attachment = try database.fileAttachment(try database.catalog.database())
            return (attachment?.credentials ?? []).map {
                CredentialRecord(
                    name: $0.name, identity: $0.identity, created: $0.created,
                    modified: $0.modified,
                    isUsed: attachment?.usedCredential?.isEqualFoldingCase($0.name) ?? false)
            }
        }
    }

    /// Creates a credential.
    ///
    /// - Throws: `invalidArgument` for a name that is empty, begins with `#` or has more than 128
    ///   characters; `wrongState` if a credential of this name exists or no master key exists;
    ///   `notPermitted`.
    public func create(
        _ name: String, identity: String, secret: String?
    ) throws(StretchError) {
        guard !name.isEmpty, !name.beginsWith("#"), name.utf16.count <= 128, !identity.isEmpty
        else {
            throw StretchError(
                .invalidArgument, "credential \"\(name)\" has a name or an identity that cannot be",
                hint: "A name has 1 to 128 characters and does not begin with #.")
        }
        let now = database.configuration.now()
        try database.changeAttachment { attachment, _ in
            guard attachment.index(ofCredential: name) == nil else {
                throw StretchError(
                    .wrongState, "credential \"\(name)\" exists already",
                    hint: "To change it: \(advice: .alterCredential(name)).")
            }
            var credential = SealedCredential(
                name: name, identity: identity, created: now, modified: now)
            try credential.seal(
                secret, under: try database.openKey(of: attachment), server: attachment.server)
            attachment.credentials.append(credential)
        }
    }

    /// Changes a credential's identity and secret.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `wrongState`; `notPermitted`.
    public func alter(
        _ name: String, identity: String, secret: String?
    ) throws(StretchError) {
        let now = database.configuration.now()
        try database.changeAttachment { attachment, _ in
            let index = try StretchDatabase.index(of: name, in: attachment)
            attachment.credentials[index].identity = identity
            attachment.credentials[index].modified = now
            try attachment.credentials[index].seal(
                secret, under: try database.openKey(of: attachment), server: attachment.server)
        }
    }

    /// Removes a credential.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `notPermitted`.
    public func drop(_ name: String) throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            attachment.credentials.remove(at: try StretchDatabase.index(of: name, in: attachment))
        }
    }
}
