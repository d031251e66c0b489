package import StretchCore

/// The settings of staging: how long rows of migrated batches are kept, and in how much space.
public struct StagingSettings: Equatable, Sendable {
    /// The default budget: 1 GiB.
    public static let defaultByteBudget: Int64 = 1 << 30

    /// The RPO duration, for which the rows of a migrated batch are kept, in hours: `1...87_600`.
    public var rpoHours: Int
    /// The maximum size of the compressed rows, in bytes.
    public var byteBudget: Int64

    /// Creates settings, which are validated when they are used.
    public init(rpoHours: Int, byteBudget: Int64 = StagingSettings.defaultByteBudget) {
        self.rpoHours = rpoHours
        self.byteBudget = byteBudget
    }

    /// Throws `invalidArgument` for invalid settings.
    package func validate() throws(StretchError) {
        guard (1...87_600).contains(rpoHours) else {
            throw StretchError(
                .invalidArgument, "the RPO duration is 1 to 87600 hours, not \(rpoHours)",
                hint: "To switch staging off: \(advice: .disableStaging).")
        }
        guard byteBudget > 0 else {
            throw StretchError(
                .invalidArgument, "the budget of staging is at least one byte, not \(byteBudget)",
                hint: "Give the bytes that staging may take: \(advice: .setStagingBudget).")
        }
    }
}
