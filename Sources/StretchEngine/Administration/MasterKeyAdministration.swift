internal import StretchCatalog
public import StretchCore
internal import StretchKeystore

/// The database master key: 256 random bits in this user's keystore, which seal the secrets of the
/// file's credentials.
public struct MasterKeyAdministration {
    let database: StretchDatabase

    /// Makes the master key of this file.
    ///
    /// For a restored or copied file it is a new one, and what the keystore has of the original
    /// stays as it is. Before the database is enabled, the key is kept for the file's path, and
    /// enabling takes it over.
    ///
    /// - Parameter password: Opens the key where the service key cannot, or `nil` for none.
    /// - Throws: `wrongState` when there is a key already, or no keystore; `notPermitted`;
    ///   `invalidArgument` for an empty password.
    public func create(password: String?) throws(StretchError) {
        try database.administer {
            let record = try database.catalog.database()
            let keystore = try database.requireKeystore()
            var attachment = try database.fileAttachment(record) ?? database.makeAttachment(record)
            guard attachment.masterKey == nil else {
                throw StretchError(
                    .wrongState, "the database has a master key already",
                    hint: "Open it, regenerate it, or drop it first.")
            }
            attachment.masterKey = try database.newMasterKey(password: password, keystore).0
            try keystore.save(attachment)
        }
    }

    /// Whether this user's keystore has a master key of this file.
    public func exists() throws(StretchError) -> Bool {
        try database.perform {
            try database.fileAttachment(try database.catalog.database())?.masterKey != nil
        }
    }

    /// Whether the service key opens the master key without a password.
    public func opensByService() throws(StretchError) -> Bool {
        try database.perform {
            try database.fileAttachment(try database.catalog.database())?.masterKey?
                .isWrappedByService ?? false
        }
    }

    /// Opens the master key with a password, for this object only.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` without a master key.
    public func open(password: String) throws(StretchError) {
        database.openedMasterKey = try database.perform {
            let (_, master) = try database.requireMasterKey()
            return try master.key(byPassword: password)
        }
    }

    /// Forgets the key that ``open(password:)`` opened.
    public func close() throws(StretchError) {
        guard database.openedMasterKey != nil else {
            throw StretchError(
                .wrongState, "the master key is not open",
                hint: "Only a key that was opened is closed: \(advice: .openMasterKey).")
        }
        database.openedMasterKey = nil
    }

    /// Makes a new master key and seals all credentials under it.
    public func regenerate(password: String) throws(StretchError) {
        try database.changeAttachment { attachment, keystore in
            let old = try database.openKey(of: attachment)
            let (kept, key) = try database.newMasterKey(password: password, keystore)
            for index in attachment.credentials.indices {
                try attachment.credentials[index].reseal(
                    from: old, to: key, server: attachment.server)
            }
            attachment.masterKey = kept
            database.openedMasterKey = nil
        }
    }

    /// Lets one more password open the master key.
    public func addPassword(_ password: String) throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            let key = try database.openKey(of: attachment)
            try attachment.masterKey?.wrap(key, byPassword: password)
        }
    }

    /// Takes a password away.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` when nothing else opens the key.
    public func dropPassword(_ password: String) throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            try attachment.masterKey?.removeWrap(ofPassword: password)
        }
    }

    /// Lets the service key of this user open the master key without a password, or no longer.
    public func setOpensByService(_ isWanted: Bool) throws(StretchError) {
        try database.changeAttachment { attachment, keystore in
            guard isWanted else {
                try attachment.masterKey?.removeServiceWrap()
                return
            }
            let key = try database.openKey(of: attachment)
            try attachment.masterKey?.wrap(key, byService: try keystore.keptServiceKey())
        }
    }

    /// Forgets the master key.
    ///
    /// - Throws: `wrongState` while credentials are sealed under it.
    public func drop() throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            let names = attachment.credentials.filter { $0.secret != nil }.map { "\"\($0.name)\"" }
            guard names.isEmpty else {
                throw StretchError(
                    .wrongState,
                    "credentials are sealed under the master key: \(names.joined(separator: ", "))",
                    hint: "Drop them first.")
            }
            attachment.masterKey = nil
            database.openedMasterKey = nil
        }
    }

    /// Writes the master key to a file, wrapped by a password of its own.
    ///
    /// - Throws: `wrongState` when the file is there already; it is never replaced.
    public func export(to file: String, password: String) throws(StretchError) {
        try database.administer {
            let (attachment, _) = try database.requireMasterKey()
            let key = try database.openKey(of: attachment)
            var kept = MasterKey(key)
            try kept.wrap(key, byPassword: password)
            try MasterKeyFile(kept).write(to: file)
        }
    }

    /// Takes the master key from a file, in place of the present one, whose credentials are sealed
    /// under it anew.
    ///
    /// - Parameters:
    ///   - password: The password that the file was written with.
    ///   - newPassword: The password that shall open the key from now on.
    ///   - isForced: Whether credentials that the present key cannot open are given up.
    /// - Throws: `notPermitted` for a wrong password; `damaged` for a changed file; `wrongState`
    ///   when the present key cannot be opened and the call is not forced.
    public func `import`(
        from file: String, password: String, newPassword: String, isForced: Bool = false
    ) throws(StretchError) {
        try database.administer {
            let record = try database.catalog.database()
            let keystore = try database.requireKeystore()
            let key = try MasterKeyFile(reading: file).key.key(byPassword: password)
            var attachment = try database.fileAttachment(record) ?? database.makeAttachment(record)
            for index in attachment.credentials.indices {
                do {
                    try attachment.credentials[index].reseal(
                        from: try database.openKey(of: attachment), to: key,
                        server: attachment.server)
                } catch let error as StretchError {
                    // The backup may be of the very key that sealed them.
                    let server = attachment.server
                    let isSame =
                        (try? attachment.credentials[index].open(under: key, server: server)) != nil
                    if isSame { continue }
                    guard isForced else { throw error }
                    attachment.credentials[index].secret = nil
                }
            }
            var kept = MasterKey(key)
            try kept.wrap(key, byService: try keystore.keptServiceKey())
            try kept.wrap(key, byPassword: newPassword)
            attachment.masterKey = kept
            database.openedMasterKey = nil
            try keystore.save(attachment)
        }
    }
}
