internal import StretchCatalog
internal import StretchCore

/// What a run has done so far, for its report and for who watches it.
final class RunTally {
    private(set) var report = MigrationReport()
    private let progress: (MigrationProgress) -> Void

    init(warnings: [String], progress: @escaping (MigrationProgress) -> Void) {
        report.warnings = warnings
        self.progress = progress
    }

    /// Changes what the report says of a table.
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

    /// The caller has stopped the run.
    var isStopped: Bool { report.isStopped }
    func stop() { report.isStopped = true }

    func recordLock(_ time: Duration) { report.lockTimes.record(time) }

    func wait(_ table: StretchedTable, isBlocking: Bool, _ reason: StretchError) {
        report.waiting.append(
            MigrationReport.Waiting(table: table.name, isBlocking: isBlocking, reason: reason))
    }

    /// Notes a row that cannot come back.
    ///
    /// - Returns: Whether it is one of the first, which are listed.
    func record(_ conflict: MigrationReport.Conflict) -> Bool {
        report.conflictCount += 1
        guard report.conflicts.count < 100 else { return false }
        report.conflicts.append(conflict)
        return true
    }

    /// Notes what the run cost so far.
    func setCost(roundTripCount: Int, walByteCount: Int64, since start: ContinuousClock.Instant) {
        report.roundTripCount = roundTripCount
        report.walByteCount = walByteCount
        report.elapsed = ContinuousClock.now - start
    }
}
