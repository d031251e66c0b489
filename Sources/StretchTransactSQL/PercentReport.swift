internal import StretchBackup
internal import StretchEngine
internal import TransactSQL

/// Reports the progress of a backup or a restore, as requested by `STATS = percent`.
///
/// Progress is reported on the copying thread, which is that of the caller; the object is never
/// shared.
final class PercentReport: @unchecked Sendable {
    private let step: Int
    private let notify: (TransactSQLMessage) -> Void
    private var told = 0

    init(every step: Int, _ notify: @escaping (TransactSQLMessage) -> Void) {
        (self.step, self.notify) = (step, notify)
    }

    /// Reports each new step except the end.
    func update(_ progress: BackupProgress) {
        let percent = Int(progress.pages * 100 / max(progress.totalPages, 1))
        guard percent >= told + step, percent < 100 else { return }
        told = percent - percent % step
        tell(told)
    }

    /// Reports the end.
    func finish() { tell(100) }

    private func tell(_ percent: Int) {
        notify(TransactSQLMessage(number: 3211, text: "\(percent) percent processed"))
    }
}
