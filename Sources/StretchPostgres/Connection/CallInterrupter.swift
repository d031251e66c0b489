internal import Synchronization

/// Makes the call of an endpoint that runs now, on another thread, stop.
final class CallInterrupter: Sendable {
    private let count = Atomic<Int>(0)

    /// A number that changes with each interruption; a call compares it with that of its begin.
    var mark: Int { count.load(ordering: .relaxed) }

    func interrupt() { count.wrappingAdd(1, ordering: .relaxed) }
}
