internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchSQLite

/// The users who share a file.
///
/// Members administer the file. A grant allows a user to migrate or read its cold rows.
public struct MemberAdministration {
    let database: StretchDatabase

    /// Returns whether this process's user is the file's owner, `root`, or a member.
    public func isAdministrator() throws(StretchError) -> Bool {
        do throws(StretchError) {
            try database.administer {}
            return true
        } catch {
            guard error.code == .notPermitted else { throw error }
            return false
        }
    }

    /// Returns the names of the users other than the owner who administer the file.
    public func all() throws(StretchError) -> [String] {
        try database.perform {
            _ = try database.enabledDatabase()
            return try database.catalog.members()
        }
    }

    /// Makes a user of this machine an administrator of the file.
    ///
    /// - Throws: `invalidArgument` for an empty name; `notPermitted`; `wrongState` when the
    ///   database is not enabled.
    public func add(_ name: String) throws(StretchError) {
        try database.administer {
            _ = try database.enabledDatabase()
            guard !name.isEmpty else {
                throw StretchError(
                    .invalidArgument, "the name of the user is empty",
                    hint: "Name a user of this machine.")
            }
            try database.connection.transaction(.immediate) {
                try database.catalog.insertMember(name)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .addMember,
                    message: "user \"\(name)\" administers the file")
            }
        }
    }

    /// Revokes a user's right to administer the file.
    ///
    /// - Throws: `wrongState` if the user is not a member of this file; `notPermitted`.
    public func drop(_ name: String) throws(StretchError) {
        try database.administer {
            _ = try database.enabledDatabase()
            try database.connection.transaction(.immediate) {
                guard try database.catalog.removeMember(name) else {
                    throw StretchError(
                        .wrongState, "user \"\(name)\" is not a member of db_owner",
                        hint: "The owner of the file administers it without being a member.")
                }
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .dropMember,
                    message: "user \"\(name)\" no longer administers the file")
            }
        }
    }

    /// Creates a grant with which another user of this file attaches it.
    ///
    /// In a PostgreSQL remote, the user gets a separate login, with a random password that is in
    /// the grant and nowhere else. Access to the file and to an embedded remote is controlled by
    /// the file system. A writer shares the right to extend the branch until the next
    /// reauthorization.
    ///
    /// - Parameters:
    ///   - role: A writer, which migrates, or a reader, which reads cold rows and changes them in
    ///     this file only.
    ///   - user: The user after whom the login is named.
    /// - Throws: `notPermitted` for a caller who does not administer the file, does not own the
    ///   branch, or may not create logins; `disconnected`; `remoteUnavailable`; `wrongState`.
    public func grant(_ role: RemoteRole, to user: String) throws(StretchError) -> AccessGrant {
        try database.administer {
            guard role != .administrator, !user.isEmpty else {
                throw StretchError(
                    .invalidArgument, "a grant is for a writer or a reader, and for a user",
                    hint: "Name the user. An administrator is a member instead: "
                        + "\(advice: .addMember(user.isEmpty ? "USER" : user)).")
            }
            let record = try database.enabledDatabase()
            let keystore = try database.requireKeystore()
            let link = FileLink(database.configuration, path: database.path)
            let attachment = try link?.require(record, pending: try database.catalog.pending())
            var owner: OwnerProof?
            if role == .writer, let attachment {
                owner = try keystore.owner(of: attachment)
                guard owner != nil else { throw Keystore.ownsNothing(database.path) }
            }
            let endpoint = try database.makeEndpoint(record, as: .administrator)
            let remote = try endpoint.identity()
            let login = try (endpoint as? any LoginEndpoint)?.makeLogin(role, for: user)
            try database.connection.transaction(.immediate) {
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .grant,
                    message: "user \"\(user)\" may attach the file as a \(role.rawValue)")
            }
            return AccessGrant(
                AccessGrant.Content(
                    database: "\(record.database)", branch: "\(record.position.branch)",
                    server: record.endpoint, remote: remote, role: role, login: login?.login,
                    password: login?.password, owner: owner?.nonce))
        }
    }
}
