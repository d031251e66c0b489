internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchSQLite

/// The right to administer a file, held by its owner in the file system, `root`, and its members.
///
/// The check prevents mistakes only: a user with write access to the file can add himself.
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

    /// Throws unless this process's user administers the file.
    func requireAdministration() throws {
        guard !isOwnedByUser else { return }
        let name = configuration.user.name
        if try catalog.exists, try catalog.hasMember(name) { return }
        throw StretchError(
            .notPermitted, "user \"\(name)\" does not administer file \"\(path)\"",
            hint: "Let its owner do it, or make you a member: \(advice: .addMember(name)).")
    }

    private var isOwnedByUser: Bool {
        var state = stat()
        let user = configuration.user.id
        return user == 0 || stat(path, &state) == 0 && state.st_uid == user
    }
}
