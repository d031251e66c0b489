internal import Foundation
internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite

/// Who may administer a file: its owner in the file system, `root`, and the members that are
/// recorded in it.
///
/// A guard rail: whoever may write the file can also record himself.
extension StretchDatabase {
    /// Runs administrative work on the local file.
    ///
    /// - Throws: `notPermitted` for a user who does not administer the file.
    func administer<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        try perform {
            try requireAdministration()
            return try body()
        }
    }

    /// Whether this process's user may administer the file: its owner, `root`, or a member.
    public func isAdministrator() throws(StretchError) -> Bool {
        do throws(StretchError) {
            try administer {}
            return true
        } catch {
            guard error.code == .notPermitted else { throw error }
            return false
        }
    }

    /// Throws unless this process's user administers the file.
    func requireAdministration() throws {
        guard !isOwnedByUser else { return }
        let name = configuration.user.name
        if try catalog.exists, try catalog.hasMember(name) { return }
        throw StretchError(
            .notPermitted, "user \"\(name)\" does not administer file \"\(path)\"",
            hint: "Let its owner do it, or make you a member: ALTER ROLE db_owner ADD MEMBER "
                + "\(name).")
    }

    private var isOwnedByUser: Bool {
        var state = stat()
        let user = configuration.user.id
        return user == 0 || stat(path, &state) == 0 && state.st_uid == user
    }

    /// The names of the users who administer the file besides its owner.
    public func members() throws(StretchError) -> [String] {
        try perform {
            _ = try enabledDatabase()
            return try catalog.members()
        }
    }

    /// Lets a user of this machine administer the file.
    ///
    /// - Throws: `invalidArgument` for an empty name; `notPermitted`; `wrongState` when the
    ///   database is not enabled.
    public func addMember(_ name: String) throws(StretchError) {
        try administer {
            _ = try enabledDatabase()
            guard !name.isEmpty else {
                throw StretchError(
                    .invalidArgument, "the name of the user is empty",
                    hint: "Name a user of this machine.")
            }
            try connection.transaction(.immediate) {
                try catalog.insertMember(name)
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: "addMember",
                    message: "user \"\(name)\" administers the file")
            }
        }
    }

    /// Takes a user's right to administer the file.
    ///
    /// - Throws: `wrongState` when the user has none from this file; `notPermitted`.
    public func dropMember(_ name: String) throws(StretchError) {
        try administer {
            _ = try enabledDatabase()
            try connection.transaction(.immediate) {
                guard try catalog.removeMember(name) else {
                    throw StretchError(
                        .wrongState, "user \"\(name)\" is not a member of db_owner",
                        hint: "The owner of the file administers it without being a member.")
                }
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: "dropMember",
                    message: "user \"\(name)\" no longer administers the file")
            }
        }
    }
}
