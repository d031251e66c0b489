internal import StretchEndpoint
internal import StretchSQLite

/// Stops the statement that a database runs, from any thread or task.
///
/// ``StretchDatabase`` serves one thread at a time; this handle may be shared. It keeps no database
/// open, and does nothing after the database is gone.
public struct DatabaseInterrupter: Sendable {
    let connection: ConnectionInterrupter
    let remote: RemoteInterrupter

    /// Makes the running statement fail with `cancelled`, also while it waits for the remote.
    ///
    /// The statement changes nothing, as when any other error ends it. Without a running statement
    /// nothing happens: a statement that begins later is not affected.
    public func interrupt() {
        connection.interrupt()
        remote.interrupt()
    }
}
