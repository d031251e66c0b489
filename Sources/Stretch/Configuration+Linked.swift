internal import StretchEmbedded
public import StretchEngine
public import StretchKeystore

extension Configuration {
    /// A configuration with the linked SQLite library, the system's clock, and SQLite remotes.
    ///
    /// Without a keystore, the branches of enabled files have no owner, and a restored file is not
    /// distinguished from the original.
    public static var linked: Configuration {
        var configuration = Configuration(routines: .linked)
        configuration.remotes = [.embedded]
        return configuration
    }
}

extension Configuration {
    /// The configuration for programs of this user: ``linked`` with the user's keystore and its
    /// logins.
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
    /// Opens an existing local file with ``Configuration/standard``.
    ///
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version.
    public convenience init(path: String) throws(StretchError) {
        try self.init(path: path, configuration: .standard)
    }
}
