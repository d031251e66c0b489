internal import StretchEndpoint

/// Chooses the number of rows of the next local transaction, to keep the lock time within its
/// budget.
///
/// The initial target is 60 % of the budget. Each batch that exceeds the budget lowers the target,
/// and each other batch raises it a little, so that about one batch in two hundred exceeds the
/// budget, even on a machine with varying speed.
struct BatchSizer {
    /// The minimum number of rows of a batch, unless the caller sets a fixed number.
    static let minimumRowCount = 100
    /// The maximum number of rows of a batch; larger batches use more memory without more speed.
    static let maximumRowCount = 20_000

    private let budget: Double
    private var share = 0.6
    private let fixedRowCount: Int?
    /// The number of rows that the next batch may have.
    private(set) var rowCount: Int

    init(lockBudget: Duration, fixedRowCount: Int?) {
        budget = max(lockBudget.milliseconds, 1)
        self.fixedRowCount = fixedRowCount.map { min(max($0, 1), ColdLocation.maximumRowCount) }
        rowCount = self.fixedRowCount ?? 1_000
    }

    /// Records how long the lock was held for a batch.
    mutating func record(rowCount count: Int, lockTime: Duration) {
        guard fixedRowCount == nil, count > 0 else { return }
        let time = max(lockTime.milliseconds, 0.01)
        share = time > budget ? max(share * 0.85, 0.2) : min(share + 0.000_5, 0.7)
        let target = budget * share
        if time > target {
            rowCount = clamped(Double(count) * target / time)
        } else if count >= rowCount * 9 / 10 {
            // Half of the change, so that a fast batch is not followed by one that is too slow.
            let factor = min(2, (1 + target / time) / 2)
            rowCount = clamped(Double(rowCount) * factor)
        }
    }

    private func clamped(_ count: Double) -> Int {
        min(max(Int(count), BatchSizer.minimumRowCount), BatchSizer.maximumRowCount)
    }
}

extension Duration {
    /// The duration in milliseconds.
    package var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e3 + Double(attoseconds) / 1e15
    }
}
