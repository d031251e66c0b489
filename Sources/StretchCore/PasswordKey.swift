package import Crypto
internal import CryptoExtras
package import Foundation

/// A key that is derived from a password by scrypt, and how.
///
/// Rounds, block size and parallelism are those that OWASP's Password Storage Cheat Sheet gives for
/// 32 MiB of memory:
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>.
package struct PasswordKey: Codable, Hashable, Sendable {
    private static let standardRounds = 1 << 15
    /// In units of 128 bytes.

    private let salt: Data
    private let rounds: Int
    private let blockSize: Int
    private let parallelism: Int
    /// Tells a wrong password from bytes that were changed.
    private let check: Data

    /// Makes a key of a password with a new random salt.
    package static func make(of password: String) throws(StretchError) -> (
        PasswordKey, SymmetricKey
    ) {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
        let key = try derive(
            password, salt, rounds: standardRounds, blockSize: 8, parallelism: 3)
        let kept = PasswordKey(
            salt: salt, rounds: standardRounds, blockSize: 8, parallelism: 3,
            check: KeyCheck.value(of: key))
        return (kept, key)
    }

    /// The form that an embedded remote keeps.
    package init?(text: String) {
        guard let key = try? JSONDecoder().decode(PasswordKey.self, from: Data(text.utf8)) else {
            return nil
        }
        self = key
    }

    /// The form that an embedded remote keeps: numbers, a salt and a check value, no secret.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Numbers and bytes always have a form.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private init(salt: Data, rounds: Int, blockSize: Int, parallelism: Int, check: Data) {
        (self.salt, self.rounds, self.blockSize) = (salt, rounds, blockSize)
        (self.parallelism, self.check) = (parallelism, check)
    }

    /// The key, or `nil` when the password is another one.
    ///
    /// - Throws: `damaged` for parameters that this version never wrote.
    package func key(of password: String) throws(StretchError) -> SymmetricKey? {
        // What this version writes, times four: a changed file must ask neither for all memory nor
        // for hours.
        guard (2...4 * Self.standardRounds).contains(rounds), rounds & (rounds - 1) == 0,
            (1...8).contains(blockSize), (1...12).contains(parallelism)
        else {
            throw StretchError(
                .damaged, "the parameters of a password's key were changed",
                hint: "Put the file that holds them back from a backup.")
        }
        let key = try PasswordKey.derive(
            password, salt, rounds: rounds, blockSize: blockSize, parallelism: parallelism)
        return KeyCheck.value(of: key) == check ? key : nil
    }

    private static func derive(
        _ password: String, _ salt: Data, rounds: Int, blockSize: Int, parallelism: Int
    ) throws(StretchError) -> SymmetricKey {
        do {
            return try KDF.Scrypt.deriveKey(
                from: Data(password.utf8), salt: salt, outputByteCount: 32, rounds: rounds,
                blockSize: blockSize, parallelism: parallelism)
        } catch {
            throw StretchError(
                .wrongState, "cannot derive a key from the password", cause: error)
        }
    }
}

/// Proof of a key: 16 bytes that tell nothing else about it.
package enum KeyCheck {
    package static func value(of key: SymmetricKey) -> Data {
        let code = HMAC<SHA256>.authenticationCode(for: Data("stretch key check".utf8), using: key)
        return Data(code.prefix(16))
    }
}
