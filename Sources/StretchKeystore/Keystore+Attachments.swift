internal import Crypto
package import Foundation
package import StretchCore
public import StretchEndpoint
internal import StretchText

/// The attachments of a keystore: one file for each, and one file for its last seen position.
extension Keystore {
    /// The attachments of a database.
    ///
    /// - Throws: `damaged` if one was changed; ``lostServiceKey`` as `damaged`; `wrongState`.
    package func attachments(database: Int64) throws(StretchError) -> [Attachment] {
        let prefix = "file-\(String(database, radix: 16))-"
        var found: [Attachment] = []
        for name in try folder.names() where name.beginsWith(prefix) {
            guard let bytes = try folder.read(name) else { continue }
            found.append(try decode(bytes, name: name))
        }
        return found
    }

    /// Whether a file of this user was connected to a server with exactly this address.
    public func knows(_ address: EndpointAddress) -> Bool {
        let names = (try? folder.names()) ?? []
        return names.contains { name in
            // An unreadable attachment does not count.
            guard name.beginsWith("file-"), let found = try? folder.read(name),
                let attachment = try? decode(found, name: name)
            else { return false }
            return attachment.branch != nil
                && attachment.server.isSameText(as: address.description)
        }
    }

    /// Writes an attachment, new or changed.
    package func save(_ attachment: Attachment) throws(StretchError) {
        try folder.locked { () throws(StretchError) in
            try folder.write(
                try encode(attachment, under: try keptServiceKey()), to: attachment.fileName)
        }
    }

    /// Changes the stored attachment under the lock that excludes other processes.
    ///
    /// - Returns: The changed attachment, or `nil` if it no longer exists.
    @discardableResult
    package func update(
        _ attachment: Attachment, _ change: (inout Attachment) throws(StretchError) -> Void
    ) throws(StretchError) -> Attachment? {
        try folder.locked { () throws(StretchError) in
            let name = attachment.fileName
            guard let bytes = try folder.read(name) else { return nil }
            var now = try decode(bytes, name: name)
            try change(&now)
            try folder.write(try encode(now, under: try keptServiceKey()), to: name)
            return now
        }
    }

    /// Runs a reauthorization while no other reauthorization of this user runs.
    ///
    /// Otherwise two files with the same pending fork could both complete the same branch.
    package func exclusively<Result>(
        _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        try folder.locked(by: "reauthorize.lock", body)
    }

    /// Removes the record of a file, its credentials and its owner's nonce.
    package func remove(_ attachment: Attachment) throws(StretchError) {
        try folder.locked { () throws(StretchError) in
            try folder.remove(attachment.seenName)
            try folder.remove(attachment.fileName)
        }
    }

    // MARK: Seen

    /// Returns the newest position at which any process of this user saw the file, or `nil`.
    ///
    /// A record damaged by a power failure, which is short or all zero, counts as absent. An older
    /// record of the same file is not detected.
    ///
    /// - Throws: `damaged` when it was changed.
    func seen(_ attachment: Attachment) throws(StretchError) -> TimelinePosition? {
        let name = attachment.seenName
        guard let bytes = try folder.read(name), bytes.contains(where: { $0 != 0 }),
            // Earlier versions appended no authentication code.
            bytes.count == 24 || bytes.count >= 56
        else { return nil }
        if bytes.count != 24 {
            guard let key = try serviceKey() else { throw lostServiceKey }
            guard Data(bytes.dropFirst(24)) == Data(code(Data(bytes.prefix(24)), name, key)) else {
                throw StretchError(
                    .damaged, "\"\(path)/\(name)\" was changed",
                    hint: "Restore it from a backup, or remove it: a new one is created.")
            }
        }
        let numbers = (0..<3).map { part in
            bytes[part * 8..<part * 8 + 8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        return TimelinePosition(branch: numbers[0], epoch: numbers[1], token: numbers[2])
    }

    /// Records the file's position without waiting for the disk.
    ///
    /// If a power failure loses the record, only the detection of an old file is weakened.
    ///
    /// Nothing is recorded without the owner's current nonce.
    package func setSeen(_ position: TimelinePosition, _ attachment: Attachment)
        throws(StretchError)
    {
        guard let kept = try folder.read(attachment.fileName),
            try decode(kept, name: attachment.fileName).owner == attachment.owner,
            let key = try serviceKey()
        else { return }
        let bytes = [position.branch, position.epoch, position.token].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) }
        }
        try folder.write(
            bytes + Array(code(Data(bytes), attachment.seenName, key)), to: attachment.seenName,
            isDurable: false)
    }

    // MARK: The owner

    /// Seals the owner's nonce for an attachment.
    package func seal(_ owner: OwnerProof, for attachment: Attachment) throws(StretchError) -> Data
    {
        let key = try folder.locked { () throws(StretchError) in try keptServiceKey() }
        return try Sealing.seal(owner.nonce, under: key, purpose: attachment.ownerPurpose)
    }

    /// Returns the owner's proof, or `nil` for a user without one.
    ///
    /// - Throws: `damaged`.
    package func owner(of attachment: Attachment) throws(StretchError) -> OwnerProof? {
        try owner(attachment.owner, of: attachment)
    }

    /// Returns the owner's proof from before an unfinished reauthorization, or `nil`.
    package func formerOwner(of attachment: Attachment) throws(StretchError) -> OwnerProof? {
        try owner(attachment.formerOwner, of: attachment)
    }

    private func owner(
        _ sealed: Data?, of attachment: Attachment
    ) throws(StretchError) -> OwnerProof? {
        guard let sealed else { return nil }
        guard let key = try serviceKey(),
            let nonce = Sealing.open(sealed, under: key, purpose: attachment.ownerPurpose)
        else { throw lostServiceKey }
        return OwnerProof(nonce: nonce, name: OwnerProof.name(ofFile: attachment.path))
    }

    // MARK: Form

    private static let attachmentHeader = "stretch-attachment-1"

    /// Encodes an attachment: the service key's check value, an authentication code, and JSON.
    private func encode(
        _ attachment: Attachment, under key: SymmetricKey
    ) throws(StretchError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let content: Data
        do {
            content = try encoder.encode(attachment)
        } catch {
            throw StretchError(.wrongState, "cannot write an attachment", cause: error)
        }
        let check = KeyCheck.value(of: key).base64EncodedString()
        let code = Data(code(content, attachment.fileName, key)).base64EncodedString()
        return Array("\(Self.attachmentHeader) \(check) \(code)\n".utf8) + content
    }

    private func decode(_ bytes: [UInt8], name: String) throws(StretchError) -> Attachment {
        guard let key = try serviceKey() else { throw lostServiceKey }
        let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        let words = String(decoding: bytes[..<end], as: UTF8.self).parts(between: " ")
        let content = Data(bytes[end...].dropFirst())
        guard words.count == 3, words[0].isSameText(as: Self.attachmentHeader),
            let check = Data(base64Encoded: words[1]),
            let expected = Data(base64Encoded: words[2])
        else { throw changed(name) }
        guard check == KeyCheck.value(of: key) else { throw lostServiceKey }
        guard expected == Data(code(content, name, key)),
            let attachment = try? JSONDecoder().decode(Attachment.self, from: content)
        else { throw changed(name) }
        return attachment
    }

    private func code(
        _ content: Data, _ name: String, _ key: SymmetricKey
    ) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(name.utf8) + content, using: key)
    }

    private func changed(_ name: String) -> StretchError {
        StretchError(
            .damaged, "\"\(path)/\(name)\" was changed",
            hint: "Put it back from a backup, or remove it and reconnect: \(advice: .reauthorize).")
    }

    /// The error for data sealed under a service key that no longer exists.
    var lostServiceKey: StretchError {
        StretchError(
            .damaged, "the service key of \"\(path)\" is gone or another one",
            hint: """
                Put "service.key" back; or remove the folder's other files, create the master \
                key and the credential again, then: \(advice: .reauthorize).
                """)
    }
}

extension Attachment {
    fileprivate var fileName: String { "file-\(String(database, radix: 16))-\(id)" }
    fileprivate var seenName: String { "seen-\(id)" }
    fileprivate var ownerPurpose: String { "stretch owner 1\n\(id)\n\(branch ?? 0)\n\(server)" }
}

extension OwnerProof {
    /// Returns the name of this user's file for others: `user@machine:/path/app.db`.
    package static func name(ofFile path: String) -> String {
        NSUserName() + place(ofFile: path)
    }

    /// Returns the end of the name, which all users of the file on this machine share.
    package static func place(ofFile path: String) -> String {
        "@\(ProcessInfo.processInfo.hostName):\(path)"
    }
}
