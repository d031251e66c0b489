internal import StretchCore

extension Duration {
    /// The longest retention and age that are taken: every clock's arithmetic can take it.
    package static var longest: Duration { .seconds(ClosedRange.seconds.upperBound) }

    /// The seconds, rounded up: a retention is never shorter than it was asked for.
    package var wholeSeconds: Int64 {
        let (seconds, attoseconds) = components
        return attoseconds > 0 ? seconds + 1 : seconds
    }

    /// An age for people, in the largest unit that has no remainder: `30 days`, `36 hours`.
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

/// How long a remote keeps what no file sees any more.
public struct RetentionReport: Equatable, Sendable {
    /// The retention, in whole seconds; `nil` is for ever.
    public let retention: Duration?
    /// What it was before; `nil` is for ever.
    public let formerRetention: Duration?
    /// Whether it got shorter, so that backups which would have been kept may lose rows.
    public let isShortened: Bool
    /// The batches that garbage collection takes now.
    public let batches: Int64
    /// Their rows.
    public let rows: Int64
    /// The bytes of their rows.
    public let bytes: Int64
    /// The age of the oldest backup that finds all its rows after that.
    ///
    /// `nil` when nothing was collected and nothing would be: each one does.
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
