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
    /// What the database takes from outside.
    public let configuration: Configuration
    package let connection: Connection
    package let overlay: Overlay
    /// Whether administration logs in by the database scoped credential that the file was enabled
    /// or reauthorized with, where it can be opened; otherwise as the configuration says.
    package var usesScopedCredential = false
    /// The master key, while a password holds it open.
    var openedMasterKey: SymmetricKey?

    /// Opens an existing local file, and shows its stretch-enabled tables whole.
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
            throw StretchError(
                .invalidArgument, "cannot open the local database: \(error.message)",
                hint: "Name an existing SQLite file.", cause: error)
        }
    }

    /// What all statements ask when they fail; a closure for each would cost more than preparing.
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
