internal import Crypto
package import Foundation

/// The right to extend a branch.
///
/// Only the owner's keystore holds the secret nonce; the remote stores its hash.
public struct OwnerProof: Hashable, Sendable, CustomStringConvertible {
    /// 32 random bytes.
    package let nonce: Data
    /// The owner's name in the remote: `user@machine:/path/app.db`.
    public let name: String

    /// Creates a proof from new random bytes.
    public init(name: String) {
        self.init(nonce: SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }, name: name)
    }

    package init(nonce: Data, name: String) {
        (self.nonce, self.name) = (nonce, name)
    }

    /// The SHA-256 of the nonce, which the remote stores.
    public var hash: [UInt8] { Array(SHA256.hash(data: nonce)) }

    /// The name, never the nonce.
    public var description: String { name }
}
