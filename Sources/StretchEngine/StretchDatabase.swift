internal import Crypto
package import StretchCatalog
public import StretchCore
public import StretchKeystore
package import StretchOverlay
package import StretchSQLite

/// A local database, stretch-enabled or not yet, opened for statements and administration.
///
/// One object serves one thread at a time; open one for each thread.
public final class StretchDatabase {
    /// The path of the local file.
    public let path: String
    /// The configuration.
    public let configuration: Configuration
    package let connection: Connection
    package let overlay: Overlay
    /// Whether administration logs in with the database scoped credential of the file, if it can be
    /// opened.
    ///
    /// Otherwise administration uses the login of the configuration.
    package var usesScopedCredential = false
    /// The master key, while it is open by password.
    var openedMasterKey: SymmetricKey?

    /// Opens an existing local file, in which stretch-enabled tables show hot and cold rows.
    ///
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version.
    public init(path: String, configuration: Configuration) throws(StretchError) {
        self.path = path
        self.configuration = configuration
        try GuardedFile.requireDatabase(path)
        do {
            connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines,
                vfs: configuration.localVFS)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            overlay = try Overlay(
                connection: connection, configuration: configuration, localPath: path)
            overlay.repeatsStatements = true
        } catch {
            let what = "the local database cannot be opened"
            if let failure = StretchError(ofResource: error, what) {
                throw failure
            }
            throw StretchError(
                .invalidArgument, "cannot open the local database: \(error.message)",
                hint: "Name an existing SQLite file.", cause: error)
        }
    }

    /// The recovery shared by all statements; a closure per statement would cost more than
    /// preparing.
    private(set) lazy var recovery = { [weak overlay] (error: SQLiteError) throws(SQLiteError) in
        guard let overlay else { return false }
        return try overlay.mustRepeat(after: error)
    }

    #if DEBUG
        private(set) lazy var endCheck = { [weak overlay] () throws(SQLiteError) in
            guard let overlay else { return }
            try overlay.checkTombstones()
        }
    #endif

    package var catalog: Catalog { Catalog(connection) }
}
