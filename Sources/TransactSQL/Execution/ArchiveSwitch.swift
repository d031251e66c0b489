/// The setting `remote data archive` of the server.
public struct ArchiveSwitch: Equatable, Sendable {
    /// What `sp_configure` said last.
    public let isConfigured: Bool
    /// What holds: the configured value after `RECONFIGURE`.
    public let isRunning: Bool

    /// Makes a setting.
    public init(isConfigured: Bool, isRunning: Bool) {
        self.isConfigured = isConfigured
        self.isRunning = isRunning
    }
}
