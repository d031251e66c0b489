package import Crypto
internal import CryptoExtras
package import Foundation

/// The parameters by which scrypt derives a key from a password.
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
    /// Distinguishes a wrong password from changed bytes.
    private let check: Data

    /// Derives a key from a password with a new random salt.
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

    /// The form that an embedded remote stores: numbers, a salt and a check value, but no secret.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Numbers and bytes can always be encoded.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private init(salt: Data, rounds: Int, blockSize: Int, parallelism: Int, check: Data) {
        (self.salt, self.rounds, self.blockSize) = (salt, rounds, blockSize)
        (self.parallelism, self.check) = (parallelism, check)
    }

    /// The key, or `nil` if the password is wrong.
    ///
    /// - Throws: `damaged` for parameters that Stretch never writes.
    package func key(of password: String) throws(StretchError) -> SymmetricKey? {
        // Four times the parameters of this version, so that a changed file cannot demand all
        // memory or hours of computation.
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

/// A check value of a key: 16 bytes that reveal nothing else about it.
package enum KeyCheck {
    package static func value(of key: SymmetricKey) -> Data {
        let code = HMAC<SHA256>.authenticationCode(for: Data("stretch key check".utf8), using: key)
        return Data(code.prefix(16))
    }
}
