internal import Crypto
internal import Foundation
internal import StretchText

/// What a user's keystore knows of one local file.
///
/// Two files of one database, such as a restored copy beside the living original, have an
/// attachment each.
struct Attachment: Codable, Hashable, Sendable {
    /// A random name.
    let id: String
    /// The database's id, which copies of a file share.
    let database: Int64
    /// The branch that the file is on, or `nil` before it was ever attached.
    var branch: Int64?
    /// Where the file was last; a hint, since files move.
    var path: String
    /// The server's canonical address and the remote's own id, to which all secrets here are bound.
    var server: String
    /// The remote's own id, or `nil` before it was asked.
    var remote: String?
    /// How far the connection has come; it counts only with a branch.
    var state: BranchMemory.State
    /// The owner's nonce, sealed under the service key; `nil` for a user who may not migrate.
    var owner: Data?
    /// The nonce before, while a reauthorization that draws a new one is unfinished.
    var formerOwner: Data?
    /// The key of the credentials.
    var masterKey: MasterKey?
    /// The database scoped credentials, by name.
    var credentials: [SealedCredential] = []
    /// The credential that the file was enabled or reauthorized with, or `nil` for a login that
    /// was given otherwise.
    var usedCredential: String?

    /// In place of a database's id, which is never 0, for a file that is not enabled yet.
    static let noDatabase: Int64 = 0

    init(database: Int64, path: String, server: String) {
        id = SymmetricKey(size: .bits128).withUnsafeBytes { bytes in
            bytes.map { String(format: "%02x", $0) }.joined()
        }
        (self.database, self.path, self.server) = (database, path, server)
        state = .unfinished
    }

    /// What decisions need of it, or `nil` without a branch.
    func memory(seen: TimelinePosition?) -> BranchMemory? {
        branch.map { branch in
            BranchMemory(
                branch: branch, endpoint: server, state: state, path: path,
                seen: seen.flatMap { $0.branch == branch ? $0 : nil })
        }
    }

    /// The place of a credential, without regard to case.
    func index(ofCredential name: String) -> Int? {
        credentials.firstIndex { $0.name.isEqualFoldingCase(name) }
    }
}

/// A database scoped credential as it is kept.
struct SealedCredential: Codable, Hashable, Sendable {
    let name: String
    /// The login at the remote.
    var identity: String
    /// The secret, sealed under the master key, or `nil` for none.
    var secret: Data?
    /// When it was made, and changed, in UTC.
    let created: String
    var modified: String

    /// Seals a secret for one credential of one server.
    mutating func seal(
        _ secret: String?, under key: SymmetricKey, server: String
    ) throws(StretchError) {
        self.secret = nil
        guard let secret else { return }
        self.secret = try Sealing.seal(
            Data(secret.utf8), under: key, purpose: purpose(server: server))
    }

    /// The login and its secret.
    ///
    /// - Throws: `damaged` when it was changed, or sealed for another server.
    func open(under key: SymmetricKey, server: String) throws(StretchError) -> RemoteCredential {
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
    /// - Throws: As ``open(under:server:)``; the secret is then as it was.
    mutating func reseal(
        from old: SymmetricKey, to new: SymmetricKey, server: String
    ) throws(StretchError) {
        let password = try open(under: old, server: server).password
        try seal(password, under: new, server: server)
    }

    private func purpose(server: String) -> String {
        "stretch credential 1\n\(name)\n\(identity)\n\(server)"
    }
}
