package import Dispatch

/// Work that runs on a second thread, serially on each queue.
// The closure runs once, before the semaphore is signalled; everything is read after it.
package final class Background<Value>: @unchecked Sendable {
    private var body: (() throws -> Value)?
    private let done = DispatchSemaphore(value: 0)
    private var outcome: Result<Value, any Error>?

    package init(on queue: DispatchQueue, _ body: @escaping () throws -> Value) {
        self.body = body
        queue.async {
            self.run()
            self.done.signal()
        }
    }

    /// The work's resources, such as a connection, are released before its end is signalled,
    /// because the waiter may close the last connection next.
    private func run() {
        guard let work = body else { return }
        body = nil
        outcome = Result { try work() }
    }

    /// Waits for the work to end and returns its result.
    package func result() throws -> Value {
        done.wait()
        done.signal()
        guard let outcome else { preconditionFailure("the work is done") }
        return try outcome.get()
    }
}
