internal import Foundation
public import StretchCore

/// A user's setting `remote data archive`: whether databases and tables may be enabled, and remotes
/// used.
public struct ArchiveSetting: Codable, Equatable, Sendable {
    /// The value that was set last.
    public var isConfigured: Bool
    /// The value in effect.
    public var isRunning: Bool

    /// Creates a setting.
    public init(isConfigured: Bool, isRunning: Bool) {
        (self.isConfigured, self.isRunning) = (isConfigured, isRunning)
    }
}

extension Keystore {
    private static let settingsName = "settings"

    /// The setting `remote data archive` of this user: on by default.
    ///
    /// - Throws: `damaged` if the file `settings` is invalid; `wrongState`.
    public func archiveSetting() throws(StretchError) -> ArchiveSetting {
        guard let bytes = try folder.read(Self.settingsName) else {
            return ArchiveSetting(isConfigured: true, isRunning: true)
        }
        guard let setting = try? JSONDecoder().decode(ArchiveSetting.self, from: Data(bytes))
        else {
            throw StretchError(
                .damaged, "\"\(path)/\(Self.settingsName)\" was changed",
                hint: "Remove it, and set what it held again.")
        }
        return setting
    }

    /// Changes the setting `remote data archive` of this user.
    ///
    /// - Throws: `wrongState`; the setting is then unchanged.
    public func changeArchiveSetting(
        _ change: (inout ArchiveSetting) -> Void
    ) throws(StretchError) {
        try folder.locked { () throws(StretchError) in
            var setting = try archiveSetting()
            change(&setting)
            guard let content = try? JSONEncoder().encode(setting) else {
                preconditionFailure("a setting holds only Booleans")
            }
            try folder.write(Array(content), to: Self.settingsName)
        }
    }

    /// Throws when this user switched `remote data archive` off.
    package func requireArchive() throws(StretchError) {
        guard try !archiveSetting().isRunning else { return }
        throw StretchError(
            .notPermitted, "remote data archive is switched off for this user",
            hint: "To switch it on: \(advice: .allowArchive).")
    }
}
