import Foundation
import StretchTestSupport
import Testing

/// What libpq would read from the environment of a command.
@Suite struct ServerEnvironmentTests {
    /// The variables of libpq 15 to 18, with values that lead astray; of PGHOSTADDR and PGSERVICE
    /// see below: <https://www.postgresql.org/docs/current/libpq-envars.html>.
    private static func hostile(_ port: Int, file: String) -> [String: String] {
        [
            "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGDATABASE": "other", "PGUSER": "other",
            "PGPASSWORD": "other", "PGPASSFILE": file, "PGREQUIREAUTH": "password",
            "PGCHANNELBINDING": "require", "PGSERVICEFILE": file, "PGAPPNAME": "other",
            "PGOPTIONS": "-c search_path=public -c bytea_output=escape -c DateStyle=German",
            "PGSSLMODE": "require", "PGREQUIRESSL": "1", "PGSSLNEGOTIATION": "direct",
            "PGSSLCOMPRESSION": "1", "PGSSLCERT": file, "PGSSLKEY": file,
            "PGSSLCERTMODE": "require", "PGSSLROOTCERT": file, "PGSSLCRL": file,
            "PGSSLCRLDIR": file, "PGSSLSNI": "0", "PGSSLMINPROTOCOLVERSION": "TLSv1",
            "PGSSLMAXPROTOCOLVERSION": "TLSv1", "PGGSSENCMODE": "require", "PGKRBSRVNAME": "other",
            "PGGSSLIB": "gssapi", "PGGSSDELEGATION": "1", "PGCONNECT_TIMEOUT": "1",
            "PGCLIENTENCODING": "LATIN1", "PGTARGETSESSIONATTRS": "standby",
            "PGLOADBALANCEHOSTS": "random", "PGMINPROTOCOLVERSION": "latest",
            "PGMAXPROTOCOLVERSION": "3.0", "PGDATESTYLE": "German", "PGTZ": "Asia/Kathmandu",
            "PGGEQO": "off", "PGSYSCONFDIR": file, "PGLOCALEDIR": file,
        ]
    }

    private static func connect(
        to address: String, in folder: TemporaryFolder, _ environment: [String: String]
    ) throws -> CommandRun {
        try CommandRun(
            [
                "test-connection", address, "--login", PrivatePostgres.login, "--password-file",
                "-",
            ], in: folder, input: PrivatePostgres.password + "\n", environment: environment)
    }

    @Test func `no variable of libpq's leads a login elsewhere or takes its protection away`()
        throws
    {
        let server = try PrivatePostgres()
        let certificate = try server.useTLS(names: ["localhost"])
        let database = try server.makeDatabase()
        let other = try TCPProxy(to: server.port)
        let folder = try TemporaryFolder()
        let file = folder.path("service")
        func write(_ keyword: String) throws {
            try """
            [other]
            host=127.0.0.1
            port=\(other.port)
            sslmode=disable
            \(keyword)
            """.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write("connect_timeout=1")
        var environment = Self.hostile(other.port, file: file)
        environment["PGSERVICE"] = "other"
        let secure = "postgresql://localhost:\(server.port)/\(database)?sslmode=verify-full"
        let proved = secure + "&sslrootcert=" + certificate
        for address in [
            server.address(of: database), server.address(of: database, isTCP: true), proved,
        ] {
            let run = try Self.connect(to: address, in: folder, environment)
            #expect(run.status == 0, "\(address): \(run.errors)")
            // One by one, because one variable may keep libpq from looking at another.
            for (name, value) in environment where address != proved {
                let run = try Self.connect(
                    to: address, in: folder,
                    ["PGSERVICEFILE": file].merging([name: value]) { $1 })
                #expect(run.status == 0, "\(name): \(run.errors)")
            }
        }
        environment["PGSSLROOTCERT"] = certificate
        let unproved = try Self.connect(to: secure, in: folder, environment)
        #expect(unproved.status != 0, "the environment named the authority")

        // Nothing takes these back, so that they are refused.
        for address in [server.address(of: database), proved] {
            environment["PGHOSTADDR"] = "127.0.0.1"
            let moved = try Self.connect(to: address, in: folder, environment)
            #expect(moved.errors.contains("environment variable PGHOSTADDR sets \"hostaddr\""))
            #expect(moved.errors.contains("hint: Unset PGHOSTADDR"), "\(moved.errors)")
            environment["PGHOSTADDR"] = nil
            try write("hostaddr=127.0.0.1")
            let served = try Self.connect(to: address, in: folder, environment)
            #expect(served.errors.contains("environment variable PGSERVICE sets \"hostaddr\""))
            try write("connect_timeout=1")
        }
        #expect(other.connectionCount == 0)
    }
}
