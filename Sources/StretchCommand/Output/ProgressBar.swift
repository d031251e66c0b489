internal import Stretch

/// A line on standard error with the progress of a migration: rows, rows per second, time left.
final class ProgressBar {
    private static let barWidth = 24
    private let start = ContinuousClock.now
    private var lastDrawn: ContinuousClock.Instant?
    private var table = ""
    private var tableStart = ContinuousClock.now
    private let isShown = StandardError.isTerminal

    /// Draws the progress, at most ten times a second.
    func update(_ progress: MigrationProgress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if progress.table != table {
            table = progress.table
            tableStart = now
        }
        let isLast = progress.rowCount >= progress.eligibleRowCount
        if let lastDrawn, !isLast, now - lastDrawn < .milliseconds(100) { return }
        lastDrawn = now
        let line = Self.line(progress, elapsed: now - tableStart)
        StandardError.replaceLine(line)
    }

    /// Ends the line.
    func finish() {
        guard isShown, lastDrawn != nil else { return }
        StandardError.replaceLine("")
    }

    static func line(_ progress: MigrationProgress, elapsed: Duration) -> String {
        let total = max(progress.eligibleRowCount, progress.rowCount, 1)
        let share = Double(progress.rowCount) / Double(total)
        let filled = Int(share * Double(barWidth))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: "-", count: barWidth - filled)
        var parts = [
            "\(progress.table) [\(bar)]",
            "\((share * 100).formatted(digits: 0)) %",
            "\(progress.rowCount.grouped) of \(total.grouped) rows",
        ]
        let seconds = elapsed.seconds
        if seconds > 0, progress.rowCount > 0 {
            let rate = Double(progress.rowCount) / seconds
            parts.append("\(Int64(rate).grouped) rows/s")
            let left = Double(total - progress.rowCount) / rate
            parts.append("\(Duration.seconds(left).text) left")
        }
        return parts.joined(separator: "  ")
    }
}
