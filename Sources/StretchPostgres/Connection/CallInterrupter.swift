internal import Synchronization

/// Interrupts the running call of an endpoint from another thread.
final class CallInterrupter: Sendable {
    private let count = Atomic<Int>(0)

    /// A number that changes with each interruption; a call compares it with the value at its
    /// start.
    var mark: Int { count.load(ordering: .relaxed) }

    func interrupt() { count.wrappingAdd(1, ordering: .relaxed) }
}
