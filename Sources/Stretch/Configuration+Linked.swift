internal import StretchEmbedded
public import StretchEngine
public import StretchKeystore

extension Configuration {
    /// The system's SQLite library, clock and generator, and remotes that are SQLite files.
    ///
    /// Without a keystore nobody owns the branches of the files that it enables, and a restored
    /// file is not told from the living one.
    public static var linked: Configuration {
        var configuration = Configuration(routines: .linked)
        configuration.remotes = [.embedded]
        return configuration
    }
}

extension Configuration {
    /// What programs of this user share: ``linked``, with the user's keystore and the logins that
    /// it has.
    public static var standard: Configuration {
        var configuration = linked
        let keystore = Keystore.standard()
        configuration.keystore = keystore
        configuration.credential = { (address, role) throws(StretchError) in
            try keystore.serving(role, at: address)
        }
        return configuration
    }
}

extension StretchDatabase {
    /// Opens an existing local file as this user does: with ``Configuration/standard``.
    ///
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version.
    public convenience init(path: String) throws(StretchError) {
        try self.init(path: path, configuration: .standard)
    }
}
