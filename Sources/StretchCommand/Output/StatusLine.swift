internal import Synchronization

/// A status line on standard error while a command runs.
final class StatusLine: Sendable {
    private let lastDrawn = Mutex<ContinuousClock.Instant?>(nil)
    private let isShown = StandardError.isTerminal

    /// Draws the line, at most ten times a second.
    func update(_ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = lastDrawn.withLock { last in
            if let last, now - last < .milliseconds(100) { return false }
            last = now
            return true
        }
        if isDue { StandardError.replaceLine(text) }
    }

    /// Ends the line.
    func finish() {
        let wasDrawn = lastDrawn.withLock { last in
            defer { last = nil }
            return last != nil
        }
        if wasDrawn { StandardError.replaceLine("") }
    }
}
