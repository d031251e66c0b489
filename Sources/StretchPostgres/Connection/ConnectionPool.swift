internal import Foundation
internal import StretchCore
internal import StretchEndpoint

/// The idle sessions of an endpoint.
final class ConnectionPool {
    /// The maximum number of idle sessions; excess sessions are closed.
    static let maximumIdleCount = 4

    /// The usual time that a call waits for a server that sends nothing.
    static let usualPatience = Duration.seconds(120)

    let interrupter = CallInterrupter()
    /// How long calls wait for a server that sends nothing.
    var patience = ConnectionPool.usualPatience
    private let address: PostgresAddress
    private let credential: () throws(StretchError) -> RemoteCredential?
    private var idle: [PostgresConnection] = []

    init(
        _ address: PostgresAddress,
        credential: @escaping () throws(StretchError) -> RemoteCredential?
    ) {
        self.address = address
        self.credential = credential
    }

    /// Takes a session for one call or scan.
    ///
    /// - Returns: The session, and whether it is reused, in which case the server may have closed
    ///   it.
    func take() throws -> (PostgresConnection, isReused: Bool) {
        while let connection = idle.popLast() {
            guard connection.isUsable else { continue }
            begin(connection)
            return (connection, true)
        }
        let connection = try PostgresConnection(
            address, credential: credential(), interrupter: interrupter)
        connection.patience = patience
        return (connection, false)
    }

    /// Starts a call on a session that is in use.
    func begin(_ connection: PostgresConnection) {
        connection.mark = interrupter.mark
        connection.patience = patience
    }

    /// Returns a session to the pool, or closes it if it is in a transaction.
    func giveBack(_ connection: PostgresConnection) {
        guard idle.count < ConnectionPool.maximumIdleCount, connection.isIdle else { return }
        idle.append(connection)
    }

    /// Closes the idle sessions.
    func close() { idle = [] }
}

/// The delay between attempts of a transaction that conflicted with another.
enum Backoff {
    /// Sleeps for a random time of up to 20 ms, doubled with each attempt, to separate competing
    /// sessions.
    static func sleep(attempt: Int) {
        usleep(UInt32.random(in: 1_000...(20_000 << UInt32(attempt))))
    }
}
