internal import StretchEndpoint
internal import StretchSQLite

/// Interrupts the running statement of a database from any thread or task.
///
/// ``StretchDatabase`` serves one thread at a time; an interrupter may be shared. It does not keep
/// the database open, and does nothing after the database is closed.
public struct DatabaseInterrupter: Sendable {
    let connection: ConnectionInterrupter
    let remote: RemoteInterrupter

    /// Makes the running statement fail with `cancelled`, even while it waits for the remote.
    ///
    /// The statement changes nothing, as after any other error. Without a running statement, the
    /// call has no effect; statements started later are not affected.
    public func interrupt() {
        connection.interrupt()
        remote.interrupt()
    }
}
