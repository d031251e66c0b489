/// A rule of the timeline that is broken on purpose, to show that a walk would find it.
package enum Variant: String, CaseIterable, Sendable {
    /// The rules as they are.
    case none
    /// The retention counts from the retirement instead of its confirmation.
    case retentionFromRetirement = "retention-from-retirement"
    /// A step in flight is resumed under a child branch.
    case pendingUnderChild = "pending-under-child"
    /// A fork looks at the number of an epoch and not at its token.
    case forkByEpoch = "fork-by-epoch"
    /// What the keystore has seen is not compared.
    case ignoringSeen = "ignoring-seen"
}
