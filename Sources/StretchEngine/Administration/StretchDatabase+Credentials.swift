internal import Crypto
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchText

/// Access to database scoped credentials.
extension StretchDatabase {
    /// Returns the login of a credential.
    ///
    /// - Throws: `invalidArgument` for an unknown credential; `wrongState` if the master key is not
    ///   open; `damaged`.
    func credential(named name: String) throws -> RemoteCredential {
        let (attachment, _) = try requireMasterKey()
        let credential = attachment.credentials[try Self.index(of: name, in: attachment)]
        return try credential.open(under: try openKey(of: attachment), server: attachment.server)
    }

    /// Returns the credential with which the file was enabled or reauthorized, or `nil` if it
    /// cannot be opened.
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
