package import StretchCore

/// How long, and in how many bytes, rows of migrated batches stay in staging.
public struct StagingSettings: Equatable, Sendable {
    /// The budget where none is given: 1 GiB.
    public static let defaultByteBudget: Int64 = 1 << 30

    /// The RPO duration: the hours for which the rows of a migrated batch stay; `1...87_600`.
    public var rpoHours: Int
    /// The most bytes that they may take, compressed.
    public var byteBudget: Int64

    /// Makes settings; nothing is checked before they are used.
    public init(rpoHours: Int, byteBudget: Int64 = StagingSettings.defaultByteBudget) {
        self.rpoHours = rpoHours
        self.byteBudget = byteBudget
    }

    /// Throws `invalidArgument` for settings that cannot be meant.
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
