/// How often the events happened that a walk is about: a walk that proves nothing has few.
public struct Census: Sendable {
    public var migratedBatches = 0
    public var retiredBatches = 0
    public var forks = 0
    public var claims = 0
    public var resentBatches = 0
    public var acceptedLosses = 0
    public var refusals = 0
    public var condemnedBatches = 0
    public var restores = 0
    public var rollbacks = 0

    /// Nothing has happened.
    public init() {}

    /// Adds what happened in another walk.
    public mutating func add(_ other: Census) {
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
    public var text: String {
        """
        batches: \(migratedBatches) migrated, \(retiredBatches) retired, \(resentBatches) sent \
        again, \(condemnedBatches) collected, \(acceptedLosses) accepted as lost; files: \
        \(restores) restored, \(forks) forked, \(claims) continued, \(refusals) refused; \
        \(rollbacks) rollbacks of the remote
        """
    }
}
