internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchSQLite

/// The users who share a file: members administer it, and a grant lets a user move or read its
/// cold rows.
public struct MemberAdministration {
    let database: StretchDatabase

    /// Whether this process's user may administer the file: its owner, `root`, or a member.
    public func isAdministrator() throws(StretchError) -> Bool {
        do throws(StretchError) {
            try database.administer {}
            return true
        } catch {
            guard error.code == .notPermitted else { throw error }
            return false
        }
    }

    /// The names of the users who administer the file besides its owner.
    public func all() throws(StretchError) -> [String] {
        try database.perform {
            _ = try database.enabledDatabase()
            return try database.catalog.members()
        }
    }

    /// Lets a user of this machine administer the file.
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

    /// Takes a user's right to administer the file.
    ///
    /// - Throws: `wrongState` when the user has none from this file; `notPermitted`.
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

    /// Makes a grant by which another user of this file attaches it.
    ///
    /// A PostgreSQL remote gets a login of its own for that user, with a random password that is in
    /// the grant and nowhere else. Rights on the file and on an embedded remote are those of the
    /// file system. A writer shares the right to extend the branch, until the next reauthorization.
    ///
    /// - Parameters:
    ///   - role: A writer, which migrates, or a reader, which reads cold rows and writes them in
    ///     this file only.
    ///   - user: Whom the login is named after.
    /// - Throws: `notPermitted` for a caller who does not administer the file, does not own the
    ///   branch, or may not make logins; `disconnected`; `remoteUnavailable`; `wrongState`.
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
