package import StretchCore

/// The step in flight: the one change of the manifest that was begun and not finished.
public struct PendingStep: Hashable, Sendable {
    /// What the step does.
    public enum Kind: String, Sendable, CaseIterable {
        /// A batch goes to the remote.
        case outbound
        /// A batch whose rows are all hidden leaves the manifest.
        case retirement
    }

    package let kind: Kind
    package let table: Int64
    package let batch: Int64
    /// The position that the file had when the step began.
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

    /// The position that the step leads to.
    package var next: TimelinePosition { base.next(token: nextToken) }

    /// Whether the step takes a batch out of the manifest.
    ///
    /// All its rows were hidden before the step was written down, so that no reader asks the remote
    /// for it from then on. The remote may have collected it: a backup made in the middle of the
    /// step does not show whether its original finished that, and confirmed it, long ago.
    package func takesOut(_ batch: Int64) -> Bool { kind == .retirement && self.batch == batch }
}
