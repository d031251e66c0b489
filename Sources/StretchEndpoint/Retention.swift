internal import StretchCore

extension Duration {
    /// The longest accepted retention and age, which fits the arithmetic of every clock.
    package static var longest: Duration { .seconds(ClosedRange.seconds.upperBound) }

    /// The seconds, rounded up, so that a retention is never shorter than requested.
    package var wholeSeconds: Int64 {
        let (seconds, attoseconds) = components
        return attoseconds > 0 ? seconds + 1 : seconds
    }

    /// The age in the largest unit that has no remainder: `30 days`, `36 hours`.
    package var ageText: String {
        let seconds = wholeSeconds
        let units: [(name: String, length: Int64)] = [
            ("day", 86_400), ("hour", 3_600), ("minute", 60),
        ]
        for (unit, length) in units where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length) \(unit)\(seconds == length ? "" : "s")"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }
}

/// The retention of a remote for batches that no file sees any longer.
public struct RetentionReport: Equatable, Sendable {
    /// The retention, in whole seconds; `nil` means forever.
    public let retention: Duration?
    /// The former retention; `nil` means forever.
    public let formerRetention: Duration?
    /// Whether the retention became shorter, so that existing backups may lose rows.
    public let isShortened: Bool
    /// The number of batches that garbage collection would delete now.
    public let batches: Int64
    /// Their rows.
    public let rows: Int64
    /// The bytes of their rows.
    public let bytes: Int64
    /// The age of the oldest backup that is complete after that collection.
    ///
    /// `nil` if nothing was collected and nothing would be, so every backup is complete.
    public let completeAge: Duration?
}

extension RetentionReport {
    package init(_ retention: Duration?, former: Duration?, garbage: GarbageReport) {
        self.retention = retention.map { .seconds($0.wholeSeconds) }
        formerRetention = former.map { .seconds($0.wholeSeconds) }
        isShortened = retention.map { now in former.map { now < $0 } ?? true } ?? false
        batches = garbage.batchCount
        rows = garbage.rowCount
        bytes = garbage.byteCount
        completeAge = garbage.completeAge
    }
}
