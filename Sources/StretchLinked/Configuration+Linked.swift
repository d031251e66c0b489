public import Stretch
internal import StretchPostgres

extension Configuration {
    /// The system's SQLite library, clock and generator, and remotes that are SQLite
    /// files or PostgreSQL databases.
    public static var linked: Configuration {
        var configuration = Configuration(routines: .linked)
        configuration.makeEndpoint = {
            (address, localPath, isCreating, configuration) throws(StretchError) in
            switch address.kind {
            case .file:
                return try EmbeddedEndpoint(
                    path: address.filePath(besides: localPath), routines: configuration.routines,
                    isCreating: isCreating, vfs: configuration.remoteVFS,
                    owner: configuration.owner
                ) { () throws(StretchError) in
                    try configuration.credential(address, configuration.role)
                }
            case .postgresql(let server):
                return PostgresEndpoint(server, owner: configuration.owner) {
                    () throws(StretchError) in
                    try configuration.credential(address, configuration.role)
                }
            }
        }
        return configuration
    }
}

extension StretchDatabase {
    /// Opens an existing local file with the system's SQLite library.
    ///
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version.
    public convenience init(path: String) throws(StretchError) {
        try self.init(path: path, configuration: .linked)
    }
}
