internal import Crypto
internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchText
internal import StretchTimeline

/// Access to the database master key and the file's attachment.
extension StretchDatabase {
    func requireKeystore() throws(StretchError) -> Keystore {
        guard let keystore = configuration.keystore else {
            throw StretchError(
                .wrongState, "there is no keystore", hint: "Give the configuration one.")
        }
        return keystore
    }

    /// Returns the attachment of this file.
    ///
    /// It is that of its branch if the file is connected or was deauthorized; otherwise the one
    /// prepared for its path.
    ///
    /// - Parameter record: The database's record, or `nil` before it is enabled.
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

    /// Returns the attachment prepared for this file's path before the database was enabled.
    func preparedAttachment() throws -> Attachment? {
        let path = FileIdentity.resolved(path)
        return try configuration.keystore?.attachments(database: Attachment.noDatabase).first {
            $0.path.isSameText(as: path)
        }
    }

    /// Returns a new attachment for this file's path, without a branch.
    func makeAttachment(_ record: DatabaseRecord?) -> Attachment {
        Attachment(
            database: record?.database ?? Attachment.noDatabase,
            path: FileIdentity.resolved(path), server: record?.endpoint ?? "")
    }

    /// Changes this file's attachment under the lock that excludes other processes.
    func changeAttachment(
        _ change: (inout Attachment, Keystore) throws -> Void
    ) throws(StretchError) {
        try administer {
            let (found, _) = try requireMasterKey()
            let keystore = try requireKeystore()
            try keystore.update(found) { now throws(StretchError) in
                try perform { try change(&now, keystore) }
            }
        }
    }

    /// Returns the file's attachment and its master key.
    ///
    /// - Throws: `wrongState` without a master key.
    func requireMasterKey() throws -> (Attachment, MasterKey) {
        guard let attachment = try fileAttachment(try catalog.database()),
            let master = attachment.masterKey
        else {
            throw Self.noMasterKey
        }
        return (attachment, master)
    }

    /// Returns the open master key of an attachment: opened by this object or by the service key.
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
                hint: "Open it first: \(advice: .openMasterKey).")
        }
        return key
    }

    private static var noMasterKey: StretchError {
        StretchError(
            .wrongState, "the database has no master key in this user's keystore",
            hint: "Create it first: \(advice: .createMasterKey).")
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
