package import Crypto
internal import Foundation
package import StretchCore

/// A database master key in stored form: wrapped by the service key, by passwords, or by both.
///
/// The key is 256 random bits and seals the secrets of the database's credentials.
package struct MasterKey: Codable, Hashable, Sendable {
    private struct PasswordWrap: Codable, Hashable {
        let derivation: PasswordKey
        let key: Data
    }

    /// The format's name and version, authenticated with each wrap.
    private static let purpose = "stretch master key 1"

    private let check: Data
    private var serviceWrap: Data?
    private var passwordWraps: [PasswordWrap] = []

    /// Creates the record of a key without any wrap.
    package init(_ key: SymmetricKey) { check = KeyCheck.value(of: key) }

    /// Whether the service key opens the master key, without a password.
    package var isWrappedByService: Bool { serviceWrap != nil }

    /// Adds a wrap by the service key.
    package mutating func wrap(_ key: SymmetricKey, byService service: SymmetricKey)
        throws(StretchError)
    {
        serviceWrap = try Self.seal(key, under: service)
    }

    /// Adds a wrap by a password.
    package mutating func wrap(_ key: SymmetricKey, byPassword password: String)
        throws(StretchError)
    {
        guard !password.isEmpty else {
            throw StretchError(
                .invalidArgument, "the password of a master key is empty",
                hint: "Give a password, or none at all.")
        }
        let (derivation, outer) = try PasswordKey.make(of: password)
        passwordWraps.append(
            PasswordWrap(derivation: derivation, key: try Self.seal(key, under: outer)))
    }

    /// Removes the wrap by the service key.
    ///
    /// - Throws: `wrongState` if no password opens the key.
    package mutating func removeServiceWrap() throws(StretchError) {
        try requireAnotherWrap(isPresent: !passwordWraps.isEmpty)
        serviceWrap = nil
    }

    /// Removes the wrap by a password.
    ///
    /// - Throws: `notPermitted` for a wrong password; `wrongState` if nothing else opens the key.
    package mutating func removeWrap(ofPassword password: String) throws(StretchError) {
        for index in passwordWraps.indices {
            guard try passwordWraps[index].derivation.key(of: password) != nil else { continue }
            try requireAnotherWrap(isPresent: serviceWrap != nil || passwordWraps.count > 1)
            passwordWraps.remove(at: index)
            return
        }
        throw Self.wrongPassword
    }

    /// Returns the key, opened by the service key, or `nil` without such a wrap.
    ///
    /// - Throws: `damaged`.
    package func key(byService service: SymmetricKey) throws(StretchError) -> SymmetricKey? {
        guard let serviceWrap else { return nil }
        return try open(serviceWrap, under: service)
    }

    /// Returns the key, opened by a password.
    ///
    /// - Throws: `notPermitted` for a wrong password; `damaged`.
    package func key(byPassword password: String) throws(StretchError) -> SymmetricKey {
        for wrap in passwordWraps {
            guard let outer = try wrap.derivation.key(of: password) else { continue }
            return try open(wrap.key, under: outer)
        }
        throw Self.wrongPassword
    }

    private func open(_ wrap: Data, under outer: SymmetricKey) throws(StretchError) -> SymmetricKey
    {
        guard let bytes = Sealing.open(wrap, under: outer, purpose: Self.purpose),
            KeyCheck.value(of: SymmetricKey(data: bytes)) == check
        else {
            throw StretchError(
                .damaged, "the master key was changed, or wrapped by another service key",
                hint: """
                    Open it by its password, restore it from its backup, or create it again and \
                    give the credentials again.
                    """)
        }
        return SymmetricKey(data: bytes)
    }

    private func requireAnotherWrap(isPresent: Bool) throws(StretchError) {
        guard isPresent else {
            throw StretchError(
                .wrongState, "nothing else would open the master key",
                hint: "Add a password or the service key first.")
        }
    }

    private static func seal(
        _ key: SymmetricKey, under outer: SymmetricKey
    ) throws(StretchError) -> Data {
        try Sealing.seal(key.withUnsafeBytes { Data($0) }, under: outer, purpose: purpose)
    }

    private static var wrongPassword: StretchError {
        StretchError(
            .notPermitted, "the password does not open the master key",
            hint: "Use the password with which the key was created or backed up.")
    }
}
