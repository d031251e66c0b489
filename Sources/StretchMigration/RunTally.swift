internal import StretchCatalog
internal import StretchCore

/// The results of a run so far, for its report and its progress callbacks.
final class RunTally {
    private(set) var report = MigrationReport()
    private let progress: (MigrationProgress) -> Void

    init(warnings: [String], progress: @escaping (MigrationProgress) -> Void) {
        report.warnings = warnings
        self.progress = progress
    }

    /// Changes the report of a table.
    func update(
        _ name: String, _ direction: MigrationDirection,
        _ body: (inout MigrationReport.Table) -> Void
    ) {
        report.update(name, direction, body)
    }

    func reportProgress(_ name: String, _ direction: MigrationDirection) {
        update(name, direction) { table in
            progress(
                MigrationProgress(
                    table: name, direction: direction, rowCount: table.rowCount,
                    eligibleRowCount: table.eligibleRowCount, byteCount: table.byteCount,
                    batchCount: table.batchCount))
        }
    }

    func warn(_ message: String) { report.warnings.append(message) }

    /// Whether the caller has stopped the run.
    var isStopped: Bool { report.isStopped }
    func stop() { report.isStopped = true }

    func recordLock(_ time: Duration) { report.lockTimes.record(time) }

    func wait(_ table: StretchedTable, isBlocking: Bool, _ reason: StretchError) {
        report.waiting.append(
            MigrationReport.Waiting(table: table.name, isBlocking: isBlocking, reason: reason))
    }

    /// Records a row that cannot be brought back.
    ///
    /// - Returns: Whether it is one of the first rows, which are listed.
    func record(_ conflict: MigrationReport.Conflict) -> Bool {
        report.conflictCount += 1
        guard report.conflicts.count < 100 else { return false }
        report.conflicts.append(conflict)
        return true
    }

    /// Records the cost of the run so far.
    func setCost(roundTripCount: Int, walByteCount: Int64, since start: ContinuousClock.Instant) {
        report.roundTripCount = roundTripCount
        report.walByteCount = walByteCount
        report.elapsed = ContinuousClock.now - start
    }
}
