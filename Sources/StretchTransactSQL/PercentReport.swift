internal import StretchEngine
internal import TransactSQL

/// Tells how far a backup or a restore is, as `STATS = percent` asks.
///
/// The progress of a copy is told on the thread that makes it, which is the caller's own; it is
/// never shared.
final class PercentReport: @unchecked Sendable {
    private let step: Int
    private let notify: (TransactSQLMessage) -> Void
    private var told = 0

    init(every step: Int, _ notify: @escaping (TransactSQLMessage) -> Void) {
        (self.step, self.notify) = (step, notify)
    }

    /// Tells each step that is reached and was not told yet, but the end.
    func update(_ progress: BackupProgress) {
        let percent = Int(progress.pages * 100 / max(progress.totalPages, 1))
        guard percent >= told + step, percent < 100 else { return }
        told = percent - percent % step
        tell(told)
    }

    /// Tells the end.
    func finish() { tell(100) }

    private func tell(_ percent: Int) {
        notify(TransactSQLMessage(number: 3211, text: "\(percent) percent processed"))
    }
}
