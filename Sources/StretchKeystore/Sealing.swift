internal import Crypto
internal import Foundation
internal import StretchCore

/// Authenticated encryption with AES-256-GCM.
///
/// The purpose of a secret is authenticated with it, so sealed secrets cannot be exchanged.
enum Sealing {
    static func seal(
        _ secret: some DataProtocol, under key: SymmetricKey, purpose: String
    ) throws(StretchError) -> Data {
        do {
            let box = try AES.GCM.seal(secret, using: key, authenticating: Data(purpose.utf8))
            // Only a nonce of nonstandard length has no combined form.
            return box.combined ?? Data()
        } catch {
            throw StretchError(.wrongState, "cannot seal a secret", cause: error)
        }
    }

    /// The secret, or `nil` when the bytes were changed or sealed for something else.
    static func open(_ bytes: Data, under key: SymmetricKey, purpose: String) -> Data? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes) else { return nil }
        return try? AES.GCM.open(box, using: key, authenticating: Data(purpose.utf8))
    }
}
