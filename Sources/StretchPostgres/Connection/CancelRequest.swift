internal import CLibPQ
internal import Foundation
internal import Synchronization

/// A request to cancel the running statement of a session.
///
/// libpq 15 sends it over a separate connection without TLS. It can cancel a statement but
/// discloses nothing: <https://www.postgresql.org/docs/15/libpq-cancel.html>. PQcancel waits until
/// the server closes that connection, which a server that has stopped never does. It therefore runs
/// on a thread of its own, for which nobody has to wait. The thread of a stopped server ends when
/// the server continues or its connection is lost.
final class CancelRequest {
    /// The maximum number of threads that wait for servers; further requests are not sent.
    private static let maximumCount = 8
    private static let count = Atomic<Int>(0)

    // A PGcancel is a copy of the session's address and key, and only the thread uses it.
    private struct Cancellation: @unchecked Sendable {
        let pointer: OpaquePointer
    }
    private let done = DispatchSemaphore(value: 0)

    /// Sends a request, or returns `nil` if libpq or this process cannot.
    init?(_ session: OpaquePointer) {
        guard Self.count.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maximumCount,
            let pointer = PQgetCancel(session)
        else {
            Self.count.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        let cancellation = Cancellation(pointer: pointer)
        Thread.detachNewThread { [done] in
            var message = [CChar](repeating: 0, count: 256)
            // The deadline of the results that follow detects a request that failed.
            _ = PQcancel(cancellation.pointer, &message, Int32(message.count))
            PQfreeCancel(cancellation.pointer)
            Self.count.wrappingSubtract(1, ordering: .relaxed)
            done.signal()
        }
    }

    /// Waits until the server has received the request.
    ///
    /// - Returns: `false` if it takes longer than `limit`.
    func isDone(within limit: DispatchTimeInterval) -> Bool {
        done.wait(timeout: .now() + limit) == .success
    }
}
