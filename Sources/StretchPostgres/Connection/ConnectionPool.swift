internal import Foundation
internal import StretchCore
internal import StretchEndpoint

/// The sessions of an endpoint that wait for their next call.
final class ConnectionPool {
    /// More idle sessions than these are closed.
    static let maximumIdleCount = 4

    let interrupter = CallInterrupter()
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

    /// A session for one call or scan.
    ///
    /// - Returns: The session, and whether it served before: the server may have closed it.
    func take() throws -> (PostgresConnection, isReused: Bool) {
        while let connection = idle.popLast() {
            guard connection.isUsable else { continue }
            connection.mark = interrupter.mark
            return (connection, true)
        }
        return (
            try PostgresConnection(
                address, credential: credential(), interrupter: interrupter), false
        )
    }

    /// Keeps a session that is between transactions; any other is closed.
    func giveBack(_ connection: PostgresConnection) {
        guard idle.count < ConnectionPool.maximumIdleCount, connection.isIdle else { return }
        idle.append(connection)
    }

    /// Closes the idle sessions.
    func close() { idle = [] }
}

/// Waits between attempts of a transaction that another one was in the way of.
enum Backoff {
    /// Sleeps up to 20 ms, doubled with each attempt; random, so that two rivals part.
    static func sleep(attempt: Int) {
        usleep(UInt32.random(in: 1_000...(20_000 << UInt32(attempt))))
    }
}
