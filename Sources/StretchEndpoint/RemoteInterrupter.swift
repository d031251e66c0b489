internal import Synchronization

/// Stops the call that an endpoint runs on another thread.
// The lock guards the reference; `interrupt` is the one call of an endpoint for other threads.
package final class RemoteInterrupter: @unchecked Sendable {
    // Only the mutex below hands the reference out.
    private struct Target: @unchecked Sendable {
        weak var endpoint: (any Endpoint)?
    }
    private let target = Mutex(Target())

    package init() {}

    /// Sets the endpoint; called from the thread that uses it.
    package func use(_ endpoint: any Endpoint) {
        let new = Target(endpoint: endpoint)
        target.withLock { $0 = new }
    }

    package func interrupt() { target.withLock { $0 }.endpoint?.interrupt() }
}
