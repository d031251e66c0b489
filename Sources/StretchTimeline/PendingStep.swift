package import StretchCore

/// The step in flight: the change of the manifest that was started but not completed.
public struct PendingStep: Hashable, Sendable {
    /// The kind of a step.
    public enum Kind: String, Sendable, CaseIterable {
        /// A batch is migrated to the remote.
        case outbound
        /// A batch whose rows are all hidden leaves the manifest.
        case retirement
    }

    package let kind: Kind
    package let table: Int64
    package let batch: Int64
    /// The position of the file at the start of the step.
    package let base: TimelinePosition
    package let nextToken: Int64
    package let schemaVersion: Int64

    package init(
        kind: Kind, table: Int64, batch: Int64, base: TimelinePosition, nextToken: Int64,
        schemaVersion: Int64
    ) {
        self.kind = kind
        self.table = table
        self.batch = batch
        self.base = base
        self.nextToken = nextToken
        self.schemaVersion = schemaVersion
    }

    /// The position after the step.
    package var next: TimelinePosition { base.next(token: nextToken) }

    /// Returns whether the step retires a batch.
    ///
    /// All its rows were hidden before the step was recorded, so no reader requests it from the
    /// remote from then on. The remote may have collected it: a backup made during the step does
    /// not show whether the original has completed and confirmed the step since.
    package func takesOut(_ batch: Int64) -> Bool { kind == .retirement && self.batch == batch }
}
