import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

/// A login goes where the user said, not where a file says.
@Suite struct DestinationTests {
    /// A server that asks for SCRAM and remembers what it was sent, until it is stopped.
    private final class FakeServer: Sendable {
        let port: UInt16
        private let listener: Int32
        private let received = Mutex<[UInt8]>([])
        var bytes: [UInt8] { received.withLock { $0 } }

        init() throws {
            // A client that goes away is no reason to end the tests.
            signal(SIGPIPE, SIG_IGN)
            #if canImport(Darwin)
                let listener = socket(AF_INET, SOCK_STREAM, 0)
            #else
                let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            #endif
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isListening = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(listener, address, length) == 0 && listen(listener, 8) == 0
                        && getsockname(listener, address, &length) == 0
                }
            }
            try #require(isListening)
            self.listener = listener
            port = UInt16(bigEndian: address.sin_port)
            Thread { [self] in serve() }.start()
        }

        func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

        private func serve() {
            // AuthenticationSASL with one mechanism, whatever was asked.
            let mechanisms = Array("SCRAM-SHA-256".utf8) + [0, 0]
            let message = [0x52, 0, 0, 0, UInt8(8 + mechanisms.count), 0, 0, 0, 10] + mechanisms
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = recv(client, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    received.withLock { $0 += buffer.prefix(count) }
                    _ = send(client, message, message.count, 0)
                    // The second message would be the first of SCRAM: enough was seen.
                    shutdown(client, Int32(SHUT_WR))
                }
                close(client)
            }
            close(listener)
        }
    }

    /// A stranger's file that names a server.
    private func sample(_ server: String) throws -> CommandSample {
        let sample = try CommandSample(isStretched: true)
        try Connection(
            path: sample.folder.path("app.db"), access: .readWrite, routines: .linked
        ).run("UPDATE stretch_database SET endpoint = ?", .text(server))
        return sample
    }

    @Test(arguments: [
        ["branch", "list", "app.db"], ["test-connection", "app.db"],
        ["reauthorize", "app.db", "--dry-run"],
    ])
    func `a login of the environment goes to no server that only the file names`(
        _ command: [String]
    ) throws {
        let server = try FakeServer()
        defer { server.stop() }
        let address = "postgresql://127.0.0.1:\(server.port)/db?sslmode=disable"
        let sample = try sample(address + "&schema=x")
        func run(naming name: String?) throws -> CommandRun {
            var environment = [
                "STRETCH_HOME": sample.folder.path("stranger"), "STRETCH_LOGIN": "app",
                "STRETCH_PASSWORD": "hunter2",
            ]
            environment["STRETCH_SERVER"] = name
            return try sample.run(command, environment: environment)
        }
        let refused = try run(naming: nil)
        #expect(refused.status == 11, "\(refused.errors)")
        #expect(refused.errors.contains("STRETCH_SERVER='\(address)'"), "\(refused.errors)")
        // Another mode of TLS is another server.
        let other = "postgresql://127.0.0.1:\(server.port)/db?sslmode=prefer"
        #expect(try run(naming: other).status == 11)
        #expect(server.bytes == [])
        // What the error says is enough.
        _ = try run(naming: address)
        #expect(!server.bytes.isEmpty)
    }

    @Test func `a login of an option is as careful, and a named server gets it`() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let address = "postgresql://127.0.0.1:\(server.port)/db?sslmode=disable"
        let sample = try sample(address + "&schema=x")
        func run(_ more: [String]) throws -> CommandRun {
            try sample.run(
                [
                    "reauthorize", "app.db", "--dry-run", "--login", "app", "--password-file", "-",
                ] + more, input: "hunter2\n",
                environment: ["STRETCH_HOME": sample.folder.path("stranger")])
        }
        let refused = try run([])
        #expect(refused.status == 11 && server.bytes == [], "\(refused.errors)")
        _ = try run(["--server", address])
        #expect(!server.bytes.isEmpty)
    }

    /// Runs the command at a terminal as another user, and returns what it shows there.
    private func atTerminal(
        _ arguments: [String], typing text: String, in sample: CommandSample
    ) throws -> String {
        try TerminalRun(
            arguments, typing: [(prompt: "Password of", text)], in: sample.folder,
            environment: ["STRETCH_HOME": sample.folder.path("stranger")]
        ).output
    }

    @Test func `a prompt shows the server and what it has to prove`() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let sample = try sample(
            "postgresql://127.0.0.1:\(server.port)/db?sslmode=disable&schema=x")
        let seen = try atTerminal(
            ["branch", "list", "app.db", "--login", "app"], typing: "\n", in: sample)
        let place = "127.0.0.1:\(server.port), database db, sslmode=disable"
        #expect(seen.contains("Password of app at \(place): "), "\(seen)")
        #expect(seen.contains("no password was given"))
        #expect(server.bytes == [])
    }

    @Test(arguments: ["disable", "prefer", "require", "verify-ca"])
    func `no password is asked for a server elsewhere that need not prove its name`(
        mode: String
    ) throws {
        let sample = try sample("postgresql://192.0.2.1/db?sslmode=\(mode)&schema=x")
        let seen = try atTerminal(
            ["branch", "list", "app.db", "--login", "app"], typing: "secret\n", in: sample)
        #expect(!seen.contains("Password of"))
        #expect(seen.contains("is not sent to server"), "\(seen)")
    }

    @Test func `a terminal gets no control characters of a file`() throws {
        let sample = try sample("file:cold\u{1b}]0;owned\u{7}.db")
        let query = "SELECT char(27) || '[2J' || char(155) AS \"a\u{1b}b\""
        let seen = try atTerminal(["query", "app.db", query], typing: "", in: sample)
        #expect(seen.contains("\\u{1B}[2J\\u{9B}") && seen.contains("a\\u{1B}b"), "\(seen)")
        #expect(!seen.contains("\u{1b}"))
        for command in [
            ["inspect", "app.db"], ["status", "app.db"], ["branch", "list", "app.db"],
            ["query", "app.db", "SELECT \u{1b}"],
        ] {
            let seen = try atTerminal(command, typing: "", in: sample)
            #expect(!seen.contains("\u{1b}") && seen.contains("\\u{1B}"), "\(command): \(seen)")
            let piped = try sample.run(command)
            #expect(!(piped.output + piped.errors).contains("\u{1b}"), "\(command): \(piped)")
        }
    }
}
