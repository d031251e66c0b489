internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchTimeline

extension MigrationRun {
    /// Keeps the rows of the step in flight, before they can leave.
    func stageRows(of moving: MovingBatch, _ step: PendingStep) throws(StretchError) {
        try staging?.stage(moving, at: step.next, atCrashPoint: crash)
    }

    /// Notes, in the transaction of the switch, that the RPO duration is not kept.
    func noteEviction() throws {
        guard let message = staging?.takeEvictionMessage() else { return }
        try catalog.insertEvent(
            time: configuration.now(), table: nil, kind: "stagingShortened", message: message)
    }
}
