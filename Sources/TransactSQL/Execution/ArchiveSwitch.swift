/// The setting `remote data archive` of the server.
public struct ArchiveSwitch: Equatable, Sendable {
    /// The value last set by `sp_configure`.
    public let isConfigured: Bool
    /// The value in effect, which is the configured value after `RECONFIGURE`.
    public let isRunning: Bool

    /// Creates a setting.
    public init(isConfigured: Bool, isRunning: Bool) {
        self.isConfigured = isConfigured
        self.isRunning = isRunning
    }
}
