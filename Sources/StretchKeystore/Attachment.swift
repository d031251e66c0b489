package import Crypto
package import Foundation
package import StretchCore
package import StretchEndpoint
internal import StretchText
package import StretchTimeline

/// The record of one local file in a user's keystore.
///
/// Two files of one database, such as an original and a restored copy, have separate attachments.
package struct Attachment: Codable, Hashable, Sendable {
    /// A random name.
    package let id: String
    /// The database's id, which copies of a file share.
    let database: Int64
    /// The branch of the file, or `nil` before it was first attached.
    package var branch: Int64?
    /// The last known path of the file; a hint, since files can be moved.
    package var path: String
    /// The server's canonical address and the remote's own id, to which all secrets here are bound.
    package var server: String
    /// The remote's id, or `nil` before it was read.
    package var remote: String?
    /// The state of the connection; it is valid only with a branch.
    package var state: BranchMemory.State
    /// The file with which an unfinished restore replaces the file of the branch.
    ///
    /// That file is restored as soon as it has the name of a database; until then, the state
    /// applies. A number that the file system gives to another file later can only make that file
    /// appear restored.
    package var replacement: GuardedFile.Identity?
    /// The owner's nonce, sealed under the service key; `nil` for a user who may not migrate.
    package var owner: Data?
    /// The previous nonce, while a reauthorization that creates a new one is unfinished.
    package var formerOwner: Data?
    /// The key of the credentials.
    package var masterKey: MasterKey?
    /// The database scoped credentials, by name.
    package var credentials: [SealedCredential] = []
    /// The credential that the file was enabled or reauthorized with, or `nil` for a login from
    /// another source.
    package var usedCredential: String?

    /// The placeholder for the id of a file that is not enabled; database ids are never 0.
    package static let noDatabase: Int64 = 0

    package init(database: Int64, path: String, server: String) {
        id = SymmetricKey(size: .bits128).withUnsafeBytes { bytes in
            bytes.map { String(format: "%02x", $0) }.joined()
        }
        (self.database, self.path, self.server) = (database, path, server)
        state = .unfinished
    }

    /// The part that decisions need, or `nil` without a branch.
    ///
    /// - Parameter file: The file that asks, or `nil` for a missing file.
    func memory(seen: TimelinePosition?, of file: GuardedFile.Identity?) -> BranchMemory? {
        let isRestored = replacement != nil && replacement == file && state != .unfinished
        return branch.map { branch in
            BranchMemory(
                branch: branch, endpoint: server, state: isRestored ? .restored : state, path: path,
                seen: seen.flatMap { $0.branch == branch ? $0 : nil })
        }
    }

    /// The place of a credential, without regard to case.
    package func index(ofCredential name: String) -> Int? {
        credentials.firstIndex { $0.name.isEqualFoldingCase(name) }
    }
}

/// A database scoped credential in its stored form.
package struct SealedCredential: Codable, Hashable, Sendable {
    package let name: String
    /// The login of the remote.
    package var identity: String
    /// The secret, sealed under the master key, or `nil` for none.
    package var secret: Data?
    /// The time of creation, in UTC.
    package let created: String
    package var modified: String

    package init(
        name: String, identity: String, secret: Data? = nil, created: String, modified: String
    ) {
        self.name = name
        self.identity = identity
        self.secret = secret
        self.created = created
        self.modified = modified
    }

    /// Seals a secret for one credential of one server.
    package mutating func seal(
        _ secret: String?, under key: SymmetricKey, server: String
    ) throws(StretchError) {
        self.secret = nil
        guard let secret else { return }
        self.secret = try Sealing.seal(
            Data(secret.utf8), under: key, purpose: purpose(server: server))
    }

    /// The login and its secret.
    ///
    /// - Throws: `damaged` if the secret was changed or was sealed for another server.
    package func open(under key: SymmetricKey, server: String) throws(StretchError)
        -> RemoteCredential
    {
        guard let secret else { return RemoteCredential(login: identity, password: nil) }
        guard let bytes = Sealing.open(secret, under: key, purpose: purpose(server: server)),
            let password = String(validating: bytes, as: UTF8.self)
        else {
            throw StretchError(
                .damaged, "credential \"\(name)\" was changed, or made for another server",
                hint: "Drop it and create it again.")
        }
        return RemoteCredential(login: identity, password: password)
    }

    /// Seals the secret under another master key.
    ///
    /// - Throws: As ``open(under:server:)``; the secret is then unchanged.
    package mutating func reseal(
        from old: SymmetricKey, to new: SymmetricKey, server: String
    ) throws(StretchError) {
        let password = try open(under: old, server: server).password
        try seal(password, under: new, server: server)
    }

    private func purpose(server: String) -> String {
        "stretch credential 1\n\(name)\n\(identity)\n\(server)"
    }
}
