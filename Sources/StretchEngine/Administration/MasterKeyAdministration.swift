internal import StretchCatalog
public import StretchCore
internal import StretchKeystore

/// The database master key, which seals the secrets of the file's credentials.
///
/// The key consists of 256 random bits in this user's keystore.
public struct MasterKeyAdministration {
    let database: StretchDatabase

    /// Creates the master key of this file.
    ///
    /// A restored or copied file gets a new key; the original's entry in the keystore is not
    /// changed. Before the database is enabled, the key is stored for the file's path, and enabling
    /// adopts it.
    ///
    /// - Parameter password: A password that opens the key without the service key, or `nil` for
    ///   none.
    /// - Throws: `wrongState` if a key exists or no keystore is configured; `notPermitted`;
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

    /// Returns whether this user's keystore has a master key of this file.
    public func exists() throws(StretchError) -> Bool {
        try database.perform {
            try database.fileAttachment(try database.catalog.database())?.masterKey != nil
        }
    }

    /// Returns whether the service key opens the master key without a password.
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

    /// Closes the key that ``open(password:)`` opened.
    public func close() throws(StretchError) {
        guard database.openedMasterKey != nil else {
            throw StretchError(
                .wrongState, "the master key is not open",
                hint: "Only a key that was opened is closed: \(advice: .openMasterKey).")
        }
        database.openedMasterKey = nil
    }

    /// Creates a new master key and seals all credentials under it.
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

    /// Adds a password that opens the master key.
    public func addPassword(_ password: String) throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            let key = try database.openKey(of: attachment)
            try attachment.masterKey?.wrap(key, byPassword: password)
        }
    }

    /// Removes a password.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` if nothing else opens the key.
    public func dropPassword(_ password: String) throws(StretchError) {
        try database.changeAttachment { attachment, _ in
            try attachment.masterKey?.removeWrap(ofPassword: password)
        }
    }

    /// Sets whether this user's service key opens the master key without a password.
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

    /// Removes the master key.
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

    /// Writes the master key to a file, encrypted with a separate password.
    ///
    /// - Throws: `wrongState` if the file exists; it is never replaced.
    public func export(to file: String, password: String) throws(StretchError) {
        try database.administer {
            let (attachment, _) = try database.requireMasterKey()
            let key = try database.openKey(of: attachment)
            var kept = MasterKey(key)
            try kept.wrap(key, byPassword: password)
            try MasterKeyFile(kept).write(to: file)
        }
    }

    /// Replaces the master key with one from a file, and seals all credentials under it.
    ///
    /// - Parameters:
    ///   - password: The password with which the file was written.
    ///   - newPassword: The password that opens the key from now on.
    ///   - isForced: Whether to discard credentials that the current key cannot open.
    /// - Throws: `notPermitted` for a wrong password; `damaged` for a changed file; `wrongState` if
    ///   the current key cannot be opened and the call is not forced.
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
                    // The backup may hold the same key that sealed the credentials.
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
