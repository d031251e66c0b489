/// How often the events happened that a walk is about: a walk that proves nothing has few.
package struct Census: Sendable {
    package var migratedBatches = 0
    package var retiredBatches = 0
    package var forks = 0
    package var claims = 0
    package var resentBatches = 0
    package var acceptedLosses = 0
    package var refusals = 0
    package var condemnedBatches = 0
    package var restores = 0
    package var rollbacks = 0

    /// Nothing has happened.
    package init() {}

    /// Adds what happened in another walk.
    package mutating func add(_ other: Census) {
        migratedBatches += other.migratedBatches
        retiredBatches += other.retiredBatches
        forks += other.forks
        claims += other.claims
        resentBatches += other.resentBatches
        acceptedLosses += other.acceptedLosses
        refusals += other.refusals
        condemnedBatches += other.condemnedBatches
        restores += other.restores
        rollbacks += other.rollbacks
    }

    /// One line.
    package var text: String {
        """
        batches: \(migratedBatches) migrated, \(retiredBatches) retired, \(resentBatches) sent \
        again, \(condemnedBatches) collected, \(acceptedLosses) accepted as lost; files: \
        \(restores) restored, \(forks) forked, \(claims) continued, \(refusals) refused; \
        \(rollbacks) rollbacks of the remote
        """
    }
}
