internal import Foundation
internal import StretchEndpointTesting
internal import Synchronization

/// A PostgreSQL server of the tests' own: in a temporary folder, on a free port, gone with the
/// process that started it.
///
/// It listens on a Unix socket and on 127.0.0.1, and knows logins by SCRAM passwords alone. A
/// shell that waits on a pipe of this process stops the server, also after a SIGKILL.
public final class PrivatePostgres: Sendable {
    /// The administrator's login and password.
    public static let login = "stretch_admin"
    /// The administrator's password.
    public static let password = "a private Secret 1!"

    /// The server that the tests of one process share.
    public static let shared = Result { try PrivatePostgres() }

    /// The folder of the Unix socket.
    public let socketFolder: String
    /// The port, of TCP and of the socket's name.
    public let port: Int
    private let folder: String
    private let binaries: String
    private let watchdogInput = Atomic<Int>(-1)
    private let databaseCount = Atomic<Int>(0)

    /// Makes a cluster and starts its server.
    ///
    /// - Parameters:
    ///   - parent: Where its folder is made, for all users to write to; in memory by default.
    ///   - settings: Lines of its configuration, which win over the default ones.
    /// - Throws: When there is no PostgreSQL, or it does not start; its log is in the error.
    public convenience init(in parent: String? = nil, settings: [String] = []) throws {
        try self.init(in: parent, settings: settings, copying: nil)
    }

    /// Makes a server of another one's files, which is stopped meanwhile: an older state of it.
    public convenience init(copyOf other: PrivatePostgres) throws {
        try self.init(in: nil, settings: [], copying: other)
    }

    private init(
        in parent: String?, settings: [String], copying other: PrivatePostgres?
    ) throws {
        binaries = try PrivatePostgres.findBinaries()
        let memory = "/dev/shm"
        let parent =
            parent
            ?? (FileManager.default.isWritableFile(atPath: memory)
                ? memory : FileManager.default.temporaryDirectory.path)
        let lines = settings.map { " \"\($0)\"" }.joined()
        folder = "\(parent)/stretch-pg-\(UUID().uuidString.prefix(8))"
        socketFolder = folder
        port = try PrivatePostgres.freePort()
        try startWatchdog()
        if let other {
            try other.stop()
            try run("mkdir -m 700 \(folder) && cp -R \(other.folder)/data \(folder)/data")
            try run(
                """
                printf '%s\\n' "port = \(port)" "unix_socket_directories = '\(folder)'" \
                >> \(folder)/data/postgresql.conf
                """)
            try other.start()
            try start()
            return
        }
        try run(
            """
            mkdir -m 700 \(folder) && cd \(folder) && printf '%s' '\(PrivatePostgres.password)' > pw
            # A collation that is not bytewise, where a database can have one of ICU: since 15.
            icu='--locale-provider=icu --icu-locale=en'
            \(binaries)/initdb --help | grep -q -e --icu-locale || icu=
            \(binaries)/initdb -D \(folder)/data -U \(PrivatePostgres.login) --pwfile=pw \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync $icu \
            > initdb.log 2>&1
            rm pw
            printf '%s\\n' "listen_addresses = '127.0.0.1'" "port = \(port)" \
            "unix_socket_directories = '\(folder)'" "shared_buffers = 64MB" \
            "max_connections = 200" "max_wal_size = 512MB" "log_min_messages = fatal"\(lines) \
            >> \(folder)/data/postgresql.conf
            """)
        try start()
    }

    // MARK: Life

    /// Starts the server, and waits until it answers.
    ///
    /// - Parameter maximumFileByteCount: The size at which a file of the server is full; to the
    ///   server a disk is then full.
    public func start(maximumFileByteCount: Int? = nil) throws {
        // POSIX counts blocks of 512 bytes.
        let limit = maximumFileByteCount.map { "ulimit -f \($0 / 512); " } ?? ""
        try run(
            """
            \(limit)\(binaries)/pg_ctl -D \(folder)/data -l \(folder)/log -w -t 300 start \
            > /dev/null 2>&1
            """
        )
    }

    /// Stops the server; sessions are cut off.
    public func stop() throws {
        try run("\(binaries)/pg_ctl -D \(folder)/data -m fast -w stop > /dev/null 2>&1")
    }

    /// Stops the server and starts it again.
    public func restart() throws {
        try stop()
        try start()
    }

    /// Kills every process of the server at once, as a power cut would.
    public func kill9() throws {
        try run(
            """
            pid=$(head -1 \(folder)/data/postmaster.pid)
            kill -STOP $pid
            kill -9 $(ps -o pid= --ppid $pid) $pid
            while kill -0 $pid 2> /dev/null; do sleep 0.02; done
            rm -f \(folder)/data/postmaster.pid
            """)
    }

    /// Stops every process of the server, as on a suspended machine.
    ///
    /// Connections stay open, and the kernel still acknowledges what is sent.
    public func freeze() throws { try signal("STOP") }

    /// Lets a frozen server continue.
    public func thaw() throws { try signal("CONT") }

    private func signal(_ name: String) throws {
        try run(
            """
            pid=$(head -1 \(folder)/data/postmaster.pid)
            kill -\(name) $pid $(ps -o pid= --ppid $pid)
            """)
    }

    /// Switches TLS on, with a certificate that signs itself.
    ///
    /// - Returns: The path of the certificate, which is the authority's, too.
    public func useTLS(names: [String]) throws -> String {
        let alternatives = names.map { "DNS:\($0)" }.joined(separator: ",")
        try run(
            """
            cd \(folder)
            openssl req -new -x509 -nodes -days 2 -newkey rsa:2048 -subj /CN=\(names[0]) \
            -addext subjectAltName=\(alternatives) -keyout data/server.key -out data/server.crt \
            2> /dev/null
            echo 'ssl = on' >> data/postgresql.conf
            """)
        try restart()
        return "\(folder)/data/server.crt"
    }

    /// Switches TLS on, with a certificate for `localhost` that expired years ago.
    ///
    /// - Returns: The path of the certificate, which is the authority's, too.
    public func useExpiredTLS() throws -> String {
        try run(
            """
            cd \(folder)
            printf '%s\\n' '[ca]' 'default_ca = x' '[x]' 'database = index' 'new_certs_dir = .' \
            'serial = serial' 'default_md = sha256' 'policy = p' 'x509_extensions = e' '[p]' \
            'commonName = supplied' '[e]' 'subjectAltName = DNS:localhost' > ca.cnf
            : > index
            echo 01 > serial
            openssl req -new -nodes -newkey rsa:2048 -subj /CN=localhost -keyout data/server.key \
            -out server.csr 2> /dev/null
            openssl ca -batch -notext -config ca.cnf -selfsign -keyfile data/server.key \
            -in server.csr -startdate 20200101000000Z -enddate 20210101000000Z \
            -out data/server.crt 2> /dev/null
            echo 'ssl = on' >> data/postgresql.conf
            """)
        try restart()
        return "\(folder)/data/server.crt"
    }

    /// Lets the server write every statement into its log.
    public func logStatements() throws {
        try run(
            """
            printf '%s\\n' "log_min_messages = info" "log_statement = all" \
            "log_connections = on" >> \(folder)/data/postgresql.conf
            \(binaries)/pg_ctl -D \(folder)/data reload > /dev/null
            """)
        while try psql("SHOW log_statement", database: "postgres") != "all" { usleep(10_000) }
    }

    /// What the server wrote into its log.
    public func log() throws -> String {
        try String(contentsOfFile: "\(folder)/log", encoding: .utf8)
    }

    /// Turns away all logins at TCP but those of one role.
    public func admitOnly(_ role: String) throws {
        try run(
            """
            echo 'host all \(role) 127.0.0.1/32 scram-sha-256' > \(folder)/data/pg_hba.conf
            echo 'local all all scram-sha-256' >> \(folder)/data/pg_hba.conf
            \(binaries)/pg_ctl -D \(folder)/data reload > /dev/null
            """)
    }

    /// Lets the server ask for passwords by another method, also for TCP.
    public func setAuthentication(_ method: String) throws {
        try run(
            """
            echo 'host all all 127.0.0.1/32 \(method)' > \(folder)/data/pg_hba.conf
            \(binaries)/pg_ctl -D \(folder)/data reload > /dev/null
            """)
    }

    // MARK: Databases

    /// A new database's name.
    public func makeDatabase() throws -> String {
        let number = databaseCount.add(1, ordering: .relaxed).newValue
        let name = "test_\(number)"
        try psql("CREATE DATABASE \(name)", database: "postgres")
        return name
    }

    /// The address of a database, by the Unix socket or by TCP.
    public func address(of database: String, isTCP: Bool = false) -> String {
        isTCP
            ? "postgresql://127.0.0.1:\(port)/\(database)?sslmode=disable"
            : "postgresql://:\(port)/\(database)?host=\(socketFolder)&sslmode=disable"
    }

    /// What `psql` prints for statements: rows without headings, columns parted by `|`.
    @discardableResult
    public func psql(_ sql: String, database: String) throws -> String {
        try SpawnedProcess(
            "\(binaries)/psql",
            [
                "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socketFolder, "-p",
                "\(port)", "-U", PrivatePostgres.login, "-d", database, "-c", sql,
            ], environment: ["PGPASSWORD": PrivatePostgres.password, "LC_ALL": "C.UTF-8"]
        ).wait()
    }

    // MARK: Processes

    private static func findBinaries() throws -> String {
        let parent = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        let folders = versions.compactMap(Int.init).sorted().reversed().map {
            "\(parent)/\($0)/bin"
        }
        let found = (folders + ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]).first {
            FileManager.default.isExecutableFile(atPath: "\($0)/initdb")
        }
        guard let found else {
            throw ConformanceFailure("no PostgreSQL server: apt-get install postgresql")
        }
        return found
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard let port = TCPProxy.bind(descriptor) else {
            throw ConformanceFailure("no port is free")
        }
        return port
    }

    /// A server refuses to run as root; then it runs as the user `postgres`.
    private func run(_ script: String) throws {
        let isRoot = getuid() == 0
        let shell = ["-c", "set -e; cd /; umask 077; \(script)"]
        do {
            _ = try SpawnedProcess(
                isRoot ? "/usr/sbin/runuser" : "/bin/sh",
                isRoot ? ["-u", "postgres", "--", "/bin/sh"] + shell : shell,
                environment: ["PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8"]
            ).wait()
        } catch {
            let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
            throw ConformanceFailure("\(error) \(log.suffix(2_000))")
        }
    }

    /// Starts a shell that outlives this process by the time it takes to remove the server.
    private func startWatchdog() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ConformanceFailure("no pipe is left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let script = """
            trap '' INT TERM HUP PIPE
            cat > /dev/null
            pid=$(head -1 \(folder)/data/postmaster.pid 2> /dev/null)
            [ -n "$pid" ] && kill -QUIT $pid
            for turn in 1 2 3 4 5 6 7 8 9 10; do
                [ -n "$pid" ] && kill -0 $pid 2> /dev/null || break
                sleep 0.2
            done
            rm -rf \(folder)
            """
        let process = try SpawnedProcess(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], input: ends[0],
            hasOwnSession: true)
        close(ends[0])
        close(process.output)
        // The end of this process closes it.
        watchdogInput.store(Int(ends[1]), ordering: .relaxed)
    }

    deinit { close(Int32(watchdogInput.load(ordering: .relaxed))) }
}
