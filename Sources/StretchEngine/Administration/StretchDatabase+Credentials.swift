internal import Crypto
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchText

/// Database scoped credentials: logins at the remote, sealed under the master key and bound to the
/// server that the file names.
extension StretchDatabase {
    /// The login of a credential.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `wrongState` when the master key is
    ///   not open; `damaged`.
    func credential(named name: String) throws -> RemoteCredential {
        let (attachment, _) = try requireMasterKey()
        let credential = attachment.credentials[try Self.index(of: name, in: attachment)]
        return try credential.open(under: try openKey(of: attachment), server: attachment.server)
    }

    /// The login of the credential that the file was enabled or reauthorized with, or `nil` when
    /// it cannot be opened.
    func usedCredential(_ attachment: Attachment?) throws -> RemoteCredential? {
        guard let name = attachment?.usedCredential else { return nil }
        do {
            return try credential(named: name)
        } catch is StretchError {
            return nil
        }
    }

    static func index(
        of name: String, in attachment: Attachment
    ) throws(StretchError) -> Int {
        guard let index = attachment.index(ofCredential: name) else {
            throw StretchError(
                .invalidArgument, "credential \"\(name)\" does not exist",
                hint: "Create it first: \(advice: .createCredential(name)).")
        }
        return index
    }
}
