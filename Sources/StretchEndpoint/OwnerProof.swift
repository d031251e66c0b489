internal import Crypto
package import Foundation

/// The right to extend a branch: a secret that only the owner's keystore holds, and of which the
/// remote keeps the hash.
public struct OwnerProof: Hashable, Sendable, CustomStringConvertible {
    /// 32 random bytes.
    package let nonce: Data
    /// The owner as the remote shows it to others: `user@machine:/path/app.db`.
    public let name: String

    /// Makes a proof of new random bytes.
    public init(name: String) {
        self.init(nonce: SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }, name: name)
    }

    package init(nonce: Data, name: String) {
        (self.nonce, self.name) = (nonce, name)
    }

    /// What the remote keeps: the SHA-256 of the nonce.
    public var hash: [UInt8] { Array(SHA256.hash(data: nonce)) }

    /// The name, never the nonce.
    public var description: String { name }
}
