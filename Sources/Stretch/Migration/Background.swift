internal import Dispatch

/// Work that runs on a second thread, one after the other on each queue.
// The closure runs once, before the semaphore is signalled; everything is read after it.
final class Background<Value>: @unchecked Sendable {
    private let body: () throws -> Value
    private let done = DispatchSemaphore(value: 0)
    private var outcome: Result<Value, any Error>?

    init(on queue: DispatchQueue, _ body: @escaping () throws -> Value) {
        self.body = body
        queue.async {
            self.outcome = Result { try self.body() }
            self.done.signal()
        }
    }

    /// Waits for the work's end.
    func result() throws -> Value {
        done.wait()
        done.signal()
        guard let outcome else { preconditionFailure("the work is done") }
        return try outcome.get()
    }
}
