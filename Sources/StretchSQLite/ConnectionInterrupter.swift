internal import CSQLite
internal import Synchronization

/// Stops the statement that a connection runs, from any thread.
///
/// It may outlive its connection; it then does nothing.
package final class ConnectionInterrupter: Sendable {
    // The lock guards the address: SQLite must not be asked to interrupt a connection that is
    // closed or being closed. https://sqlite.org/c3ref/interrupt.html
    private struct Target: @unchecked Sendable {
        let routines: Routines
        let handle: OpaquePointer
    }
    private let target: Mutex<Target?>

    init(_ handle: OpaquePointer, _ routines: Routines) {
        target = Mutex(Target(routines: routines, handle: handle))
    }

    /// Makes the running statement fail with SQLITE_INTERRUPT; without one, nothing happens.
    package func interrupt() {
        target.withLock { target in
            guard let target else { return }
            target.routines.table.pointee.interruptx(target.handle)
        }
    }

    /// Forgets the connection, before it is closed.
    func invalidate() { target.withLock { $0 = nil } }
}
