internal import Foundation
internal import StretchEndpointTesting
internal import Synchronization

/// A PgBouncer of the tests' own, in transaction mode before a private server: each transaction of
/// a client may run in another session of the server.
public final class PrivatePgBouncer: Sendable {
    /// The port, on 127.0.0.1.
    public let port: Int
    private let folder: String
    private let input: Int32

    /// Starts it.
    ///
    /// - Parameter sessionCount: The server's sessions for each database, shared by all clients.
    /// - Throws: When PgBouncer is not installed, or does not start; its log is in the error.
    public init(before server: PrivatePostgres, sessionCount: Int = 8) throws {
        let binary = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let binary else {
            throw ConformanceFailure("no PgBouncer: apt-get install pgbouncer")
        }
        port = try PrivatePostgres.freePort()
        folder = "\(FileManager.default.temporaryDirectory.path)/stretch-pgb-\(UUID().uuidString)"
        // PgBouncer logs in with the password that it knows, and proves SCRAM on both sides.
        let script = """
            trap '' INT TERM HUP PIPE
            umask 077; mkdir \(folder) && cd \(folder) || exit 1
            cat > pgbouncer.ini <<END
            [databases]
            * = host=127.0.0.1 port=\(server.port)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = \(folder)/users
            pool_mode = transaction
            default_pool_size = \(sessionCount)
            max_client_conn = 200
            query_wait_timeout = 60
            logfile = \(folder)/log
            END
            echo '"\(PrivatePostgres.login)" "\(PrivatePostgres.password)"' > users
            \(binary) -q pgbouncer.ini > /dev/null 2>&1 &
            pid=$!
            cat > /dev/null
            kill -9 $pid
            rm -rf \(folder)
            """
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ConformanceFailure("no pipe is left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let isRoot = getuid() == 0
        let shell = ["-c", script]
        let process = try SpawnedProcess(
            isRoot ? "/usr/sbin/runuser" : "/bin/sh",
            isRoot ? ["-u", "postgres", "--", "/bin/sh"] + shell : shell,
            environment: ["PATH": "/usr/bin:/bin:/usr/sbin"], input: ends[0], hasOwnSession: true)
        close(ends[0])
        close(process.output)
        input = ends[1]
        for _ in 0..<12_000 {
            let descriptor = TCPProxy.connect(to: port)
            if descriptor >= 0 {
                close(descriptor)
                return
            }
            usleep(10_000)
        }
        let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
        throw ConformanceFailure("PgBouncer does not start: \(log.suffix(2_000))")
    }

    deinit { close(input) }

    /// The address of a database behind it.
    public func address(of database: String) -> String {
        "postgresql://127.0.0.1:\(port)/\(database)?sslmode=disable"
    }
}
