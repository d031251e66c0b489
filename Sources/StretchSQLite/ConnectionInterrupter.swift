internal import CSQLite
internal import Synchronization

/// Interrupts the running statement of a connection from any thread.
///
/// It may outlive its connection; it then has no effect.
package final class ConnectionInterrupter: Sendable {
    // The lock guards the address: a connection that is closed or being closed must not be
    // interrupted. https://sqlite.org/c3ref/interrupt.html
    private struct Target: @unchecked Sendable {
        let routines: Routines
        let handle: OpaquePointer
    }
    private let target: Mutex<Target?>

    init(_ handle: OpaquePointer, _ routines: Routines) {
        target = Mutex(Target(routines: routines, handle: handle))
    }

    /// Makes the running statement fail with SQLITE_INTERRUPT; without one, the call has no effect.
    package func interrupt() {
        target.withLock { target in
            guard let target else { return }
            target.routines.table.pointee.interruptx(target.handle)
        }
    }

    /// Removes the connection before it is closed.
    func invalidate() { target.withLock { $0 = nil } }
}
