internal import Crypto
internal import Foundation
internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchText
internal import StretchTimeline

/// The database master key: 256 random bits in this user's keystore, which seal the secrets of the
/// file's credentials.
extension StretchDatabase {
    /// Makes the master key of this file.
    ///
    /// For a restored or copied file it is a new one, and what the keystore has of the original
    /// stays as it is. Before the database is enabled, the key is kept for the file's path, and
    /// enabling takes it over.
    ///
    /// - Parameter password: Opens the key where the service key cannot, or `nil` for none.
    /// - Throws: `wrongState` when there is a key already, or no keystore; `notPermitted`;
    ///   `invalidArgument` for an empty password.
    public func createMasterKey(password: String?) throws(StretchError) {
        try administer {
            let record = try catalog.database()
            let keystore = try requireKeystore()
            var attachment = try fileAttachment(record) ?? makeAttachment(record)
            guard attachment.masterKey == nil else {
                throw StretchError(
                    .wrongState, "the database has a master key already",
                    hint: "Open it, regenerate it, or drop it first.")
            }
            attachment.masterKey = try newMasterKey(password: password, keystore).0
            try keystore.save(attachment)
        }
    }

    /// Whether this user's keystore has a master key of this file.
    public func hasMasterKey() throws(StretchError) -> Bool {
        try perform { try fileAttachment(try catalog.database())?.masterKey != nil }
    }

    /// Whether the service key opens the master key without a password.
    public func masterKeyOpensByService() throws(StretchError) -> Bool {
        try perform {
            try fileAttachment(try catalog.database())?.masterKey?.isWrappedByService ?? false
        }
    }

    /// Opens the master key with a password, for this object only.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` without a master key.
    public func openMasterKey(password: String) throws(StretchError) {
        openedMasterKey = try perform {
            let (_, master) = try masterKey()
            return try master.key(byPassword: password)
        }
    }

    /// Forgets the key that ``openMasterKey(password:)`` opened.
    public func closeMasterKey() throws(StretchError) {
        guard openedMasterKey != nil else {
            throw StretchError(
                .wrongState, "the master key is not open",
                hint: "OPEN MASTER KEY DECRYPTION BY PASSWORD opens it.")
        }
        openedMasterKey = nil
    }

    /// Makes a new master key and seals all credentials under it.
    public func regenerateMasterKey(password: String) throws(StretchError) {
        try changeAttachment { attachment, keystore in
            let old = try openKey(of: attachment)
            let (kept, key) = try newMasterKey(password: password, keystore)
            for index in attachment.credentials.indices {
                try attachment.credentials[index].reseal(
                    from: old, to: key, server: attachment.server)
            }
            attachment.masterKey = kept
            openedMasterKey = nil
        }
    }

    /// Lets one more password open the master key.
    public func addMasterKeyPassword(_ password: String) throws(StretchError) {
        try changeAttachment { attachment, _ in
            let key = try openKey(of: attachment)
            try attachment.masterKey?.wrap(key, byPassword: password)
        }
    }

    /// Takes a password away.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` when nothing else opens the key.
    public func dropMasterKeyPassword(_ password: String) throws(StretchError) {
        try changeAttachment { attachment, _ in
            try attachment.masterKey?.removeWrap(ofPassword: password)
        }
    }

    /// Lets the service key of this user open the master key without a password, or no longer.
    public func setMasterKeyOpensByService(_ isWanted: Bool) throws(StretchError) {
        try changeAttachment { attachment, keystore in
            guard isWanted else {
                try attachment.masterKey?.removeServiceWrap()
                return
            }
            let key = try openKey(of: attachment)
            try attachment.masterKey?.wrap(key, byService: try keystore.keptServiceKey())
        }
    }

    /// Forgets the master key.
    ///
    /// - Throws: `wrongState` while credentials are sealed under it.
    public func dropMasterKey() throws(StretchError) {
        try changeAttachment { attachment, _ in
            let names = attachment.credentials.filter { $0.secret != nil }.map { "\"\($0.name)\"" }
            guard names.isEmpty else {
                throw StretchError(
                    .wrongState,
                    "credentials are sealed under the master key: \(names.joined(separator: ", "))",
                    hint: "Drop them first.")
            }
            attachment.masterKey = nil
            openedMasterKey = nil
        }
    }

    /// Writes the master key to a file, wrapped by a password of its own.
    ///
    /// - Throws: `wrongState` when the file is there already; it is never replaced.
    public func exportMasterKey(to file: String, password: String) throws(StretchError) {
        try administer {
            let (attachment, _) = try masterKey()
            let key = try openKey(of: attachment)
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
    public func importMasterKey(
        from file: String, password: String, newPassword: String, isForced: Bool = false
    ) throws(StretchError) {
        try administer {
            let record = try catalog.database()
            let keystore = try requireKeystore()
            let key = try MasterKeyFile(reading: file).key.key(byPassword: password)
            var attachment = try fileAttachment(record) ?? makeAttachment(record)
            for index in attachment.credentials.indices {
                do {
                    try attachment.credentials[index].reseal(
                        from: try openKey(of: attachment), to: key, server: attachment.server)
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
            openedMasterKey = nil
            try keystore.save(attachment)
        }
    }

    // MARK: Parts

    func requireKeystore() throws(StretchError) -> Keystore {
        guard let keystore = configuration.keystore else {
            throw StretchError(
                .wrongState, "there is no keystore", hint: "Give the configuration one.")
        }
        return keystore
    }

    /// What the keystore has of this very file: of its branch while it is connected, or was
    /// deauthorized; else what was prepared for its place.
    ///
    /// - Parameter record: The database's row, or `nil` before it is enabled.
    func fileAttachment(_ record: DatabaseRecord?) throws -> Attachment? {
        guard let record else { return try preparedAttachment() }
        guard let link = FileLink(configuration, path: path) else { return nil }
        let (state, found) = try link.state(of: record, pending: try catalog.pending())
        switch state {
        case .connected, .disconnected(.deauthorized): return found
        case .disconnected:
            return try requireKeystore().attachments(database: record.database).first {
                $0.branch == nil && $0.path.isSameText(as: link.path)
            }
        }
    }

    /// What was prepared for this file's place before the database was enabled.
    func preparedAttachment() throws -> Attachment? {
        let path = FileIdentity.resolved(path)
        return try configuration.keystore?.attachments(database: Attachment.noDatabase).first {
            $0.path.isSameText(as: path)
        }
    }

    /// A new attachment for this file's place, on no branch yet.
    func makeAttachment(_ record: DatabaseRecord?) -> Attachment {
        Attachment(
            database: record?.database ?? Attachment.noDatabase,
            path: FileIdentity.resolved(path), server: record?.endpoint ?? "")
    }

    /// Changes what the keystore has of this file, while no other process changes it.
    func changeAttachment(
        _ change: (inout Attachment, Keystore) throws -> Void
    ) throws(StretchError) {
        try administer {
            let (found, _) = try masterKey()
            let keystore = try requireKeystore()
            try keystore.update(found) { now throws(StretchError) in
                try perform { try change(&now, keystore) }
            }
        }
    }

    /// The file's attachment and its master key.
    ///
    /// - Throws: `wrongState` without a master key.
    func masterKey() throws -> (Attachment, MasterKey) {
        guard let attachment = try fileAttachment(try catalog.database()),
            let master = attachment.masterKey
        else {
            throw Self.noMasterKey
        }
        return (attachment, master)
    }

    /// The open master key of an attachment: opened by this object, or by the service key.
    func openKey(of attachment: Attachment) throws -> SymmetricKey {
        if let openedMasterKey { return openedMasterKey }
        let keystore = try requireKeystore()
        guard let master = attachment.masterKey else {
            throw Self.noMasterKey
        }
        guard let service = try keystore.serviceKey(), let key = try master.key(byService: service)
        else {
            throw StretchError(
                .wrongState, "the master key is not open, and the service key does not open it",
                hint: "OPEN MASTER KEY DECRYPTION BY PASSWORD.")
        }
        return key
    }

    private static var noMasterKey: StretchError {
        StretchError(
            .wrongState, "the database has no master key in this user's keystore",
            hint: "Create it first: CREATE MASTER KEY.")
    }

    func newMasterKey(
        password: String?, _ keystore: Keystore
    ) throws -> (MasterKey, SymmetricKey) {
        let key = SymmetricKey(size: .bits256)
        var kept = MasterKey(key)
        try kept.wrap(key, byService: try keystore.keptServiceKey())
        if let password { try kept.wrap(key, byPassword: password) }
        return (kept, key)
    }
}

/// A backup of a master key: a line that names the format, and the wrapped key in JSON.
struct MasterKeyFile {
    private static let header = "stretch-master-key-1\n"
    let key: MasterKey

    init(_ key: MasterKey) { self.key = key }

    /// - Throws: `invalidArgument` for a missing file; `damaged` for another one.
    init(reading path: String) throws(StretchError) {
        try GuardedFile.requireDatabase(path)
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw StretchError(
                .invalidArgument, "cannot read \"\(path)\"",
                hint: "Name the file that the master key was exported to.")
        }
        guard bytes.starts(with: Data(Self.header.utf8)),
            let key = try? JSONDecoder().decode(
                MasterKey.self, from: bytes.dropFirst(Self.header.utf8.count))
        else {
            throw StretchError(
                .damaged, "\"\(path)\" is no backup of a master key, or was changed",
                hint: "Name the file that the master key was exported to.")
        }
        self.key = key
    }

    /// Writes a new file, which only its owner can read.
    func write(to path: String) throws(StretchError) {
        do {
            let content = Data(Self.header.utf8) + (try JSONEncoder().encode(key))
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CocoaError(.fileWriteFileExists) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: content)
            try handle.synchronize()
        } catch {
            throw StretchError(
                .wrongState, "cannot write \"\(path)\", or it is there already",
                hint: "Name a new file in a folder that can be written.", cause: error)
        }
    }
}
