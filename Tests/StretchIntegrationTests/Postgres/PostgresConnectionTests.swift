import Foundation
import StretchCore
import StretchEndpoint
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

@Suite struct PostgresConnectionTests {
    @Test(arguments: [
        FakeServer.request(3), FakeServer.request(5, [1, 2, 3, 4]), FakeServer.request(7),
        FakeServer.request(10, Array("SCRAM-SHA-256".utf8) + [0, 0]) + FakeServer.request(3),
    ])
    func `a server that asks for more than a SCRAM proof is told nothing`(
        _ answer: [UInt8]
    ) throws {
        let (error, told) = try logIn(to: FakeServer(answer: answer))
        #expect(error?.code == .notPermitted)
        #expect(error?.message.contains("nothing was sent") == true)
        #expect(!told.includes("Secret!"))
        #expect(!told.includes(",p="))
    }

    /// Questions that come a moment behind the first one, when libpq reads that.
    @Test(arguments: [
        ("disable", FakeServer.request(10, Array("SCRAM-SHA-256\0\0".utf8))),
        ("prefer", Array("N".utf8)),
    ])
    func `no pause between two questions makes a server learn the password`(
        _ mode: String, _ first: [UInt8]
    ) throws {
        let pauses: [Duration] = [.zero, .microseconds(1), .microseconds(10), .microseconds(100)]
        let server = try FakeServer(
            answer: first, late: FakeServer.request(3), pauses: pauses,
            further: FakeServer.request(3))
        let address = try PostgresAddress("postgresql://127.0.0.1:\(server.port)/d?sslmode=\(mode)")
        for _ in 0..<1_000 {
            let endpoint = PostgresEndpoint(address) {
                RemoteCredential(login: "someone", password: "Secret!")
            }
            #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
        }
        #expect(!server.received(from: 1_000).includes("Secret!"))
    }

    /// libpq closes the socket of which it read the error, and opens the next one at once.
    @Test(arguments: ["disable", "prefer"])
    func `a host that cannot be used now is left for the next one`(_ mode: String) throws {
        let remote = try PostgresRemote(isTCP: true)
        let body = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
        let starting = FakeServer.message("E", Array(body.utf8))
        let server = try FakeServer(
            answer: mode == "disable" ? starting : Array("N".utf8), further: starting)
        let address = try PostgresAddress(
            "postgresql://127.0.0.1:\(server.port),127.0.0.1:\(remote.server.port)/"
                + "\(remote.database)?sslmode=\(mode)&target_session_attrs=any")
        for _ in 0..<100 {
            let endpoint = PostgresEndpoint(address) { PostgresRemote.credential }
            #expect(try endpoint.fence(branch: 1) == nil)
        }
    }

    @Test func `a login leaves no descriptor open`() throws {
        let remote = try PostgresRemote(isTCP: true)
        func openCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count
        }
        let before = try openCount()
        for _ in 0..<300 { #expect(try remote.makeEndpoint().fence(branch: 1) == nil) }
        // Other tests open files meanwhile, but not so many.
        #expect(try openCount() < before + 250)
    }

    @Test func `a wrong password is reported, without the password`() throws {
        let remote = try PostgresRemote()
        let endpoint = PostgresEndpoint(remote.address) {
            RemoteCredential(login: PrivatePostgres.login, password: "a wrong Secret")
        }
        let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
        #expect(error?.code == .notPermitted)
        #expect(error?.message.contains("SQLSTATE 28P01") == true)
        #expect(error?.message.contains("cannot be reached") == false)
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("Secret") } == false)
    }

    @Test
    func `a server that is not there, a missing database and a missing schema are told apart`()
        throws
    {
        let remote = try PostgresRemote()
        #expect(try remote.makeEndpoint().fence(branch: 1) == nil)
        let absent = try PostgresAddress("postgresql://127.0.0.1:1/d?sslmode=disable")
        let missing = try PostgresAddress(remote.server.address(of: "no_such_database"))
        for address in [absent, missing] {
            let endpoint = PostgresEndpoint(address) { PostgresRemote.credential }
            let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
            #expect(error?.code == .remoteUnavailable)
        }
        let error = #expect(throws: StretchError.self) {
            _ = try remote.makeEndpoint().read(
                batch: 1, columns: [], from: 0, maximumRowCount: 1,
                into: RowBuffer(columnCount: 0))
        }
        #expect(error?.code == .remoteMismatch)
    }

    @Test func `a schema that holds something else is refused and stays as it is`() throws {
        let remote = try PostgresRemote()
        try remote.psql("CREATE SCHEMA stretch_1; CREATE TABLE stretch_1.notes(a int)")
        let start = TimelinePosition(branch: 1, epoch: 0, token: 2)
        let error = #expect(throws: StretchError.self) {
            try remote.makeEndpoint().register(database: 1, position: start)
        }
        #expect(error?.code == .wrongState)
        #expect(
            try remote.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'stretch_1'") == "1")
    }

    @Test(arguments: [1, 4_095])
    func `a server that asks for a cheap SCRAM proof gets none`(_ iterationCount: Int) throws {
        let salt = "r=x,s=QSXCR+Q6sek8bf92,i=\(iterationCount)"
        let (error, told) = try logIn(
            to: FakeServer(
                answer: FakeServer.request(10, Array("SCRAM-SHA-256\0\0".utf8)),
                further: FakeServer.request(11, Array(salt.utf8))))
        #expect(error?.code == .notPermitted)
        #expect(error?.message.includes("\(iterationCount) iterations") == true)
        #expect(told.includes("n,,n="))
        #expect(!told.includes(",p="))
    }

    /// The rest of the second question would come when libpq has the beginning in its buffer.
    @Test(arguments: 1...9)
    func `a server that asks twice is told nothing`(_ count: Int) throws {
        let challenge = FakeServer.request(11, Array("r=x,s=QSXCR+Q6sek8bf92,i=4096".utf8))
        try expectNothing(
            of: FakeServer(
                answer: FakeServer.request(10, Array("SCRAM-SHA-256\0\0".utf8)),
                further: challenge + FakeServer.request(3).prefix(count)), mode: "disable")
    }

    @Test func `a server that asks before it was spoken to is told nothing`() throws {
        try expectNothing(
            of: FakeServer(answer: Array("N".utf8) + FakeServer.request(3), further: [0x58]),
            mode: "prefer")
    }

    private func expectNothing(of server: FakeServer, mode: String) throws {
        let (error, told) = try logIn(to: server, mode: mode)
        #expect(error?.code == .notPermitted)
        #expect(!told.includes("Secret!"))
        #expect(!told.includes(",p="))
    }

    /// The error of a client with a password, and what the server was told after its answer.
    private func logIn(
        to server: FakeServer, mode: String = "disable"
    ) throws -> (StretchError?, told: String) {
        let address = try PostgresAddress("postgresql://127.0.0.1:\(server.port)/d?sslmode=\(mode)")
        var error: StretchError?
        do {
            let endpoint = PostgresEndpoint(address) {
                RemoteCredential(login: "someone", password: "Secret!")
            }
            error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
        }
        return (error, server.received())
    }

    /// What a server that is none answers to every message.
    private static let answers: [[UInt8]] = [
        FakeServer.ready,
        FakeServer.message("I") + FakeServer.ready,
        FakeServer.message("1") + FakeServer.message("2") + FakeServer.message("n")
            + FakeServer.message("C", Array("BEGIN\0".utf8)) + FakeServer.ready,
        FakeServer.rows("x", count: 0) + FakeServer.ready,
        FakeServer.rows("x", count: 3, columnCount: 9) + FakeServer.ready,
        FakeServer.rows("-1", count: 1, columnCount: 9) + FakeServer.ready,
        FakeServer.rows("9223372036854775807", count: 1, columnCount: 9) + FakeServer.ready,
        Array(repeatElement(FakeServer.rows("-5", count: 1, columnCount: 9), count: 9).joined())
            + FakeServer.ready,
        Array(
            repeatElement(
                FakeServer.rows("9223372036854775807", count: 2, columnCount: 9), count: 5
            ).joined()) + FakeServer.ready,
        FakeServer.message("H", [0, 0, 0]) + FakeServer.message("c") + FakeServer.ready,
    ]

    @Test(arguments: 0..<answers.count)
    func `answers that are too few, too many or of another kind are errors`(_ index: Int) throws {
        let server = try FakeServer(answer: FakeServer.welcome, further: Self.answers[index])
        let address = try PostgresAddress("postgresql://127.0.0.1:\(server.port)/d?sslmode=disable")
        let here = TimelinePosition(branch: 1, epoch: 1, token: 2)
        let relation = Relation(
            id: 5, name: "t",
            columns: [RemoteColumn(id: 1, name: "c", affinity: .text, defaultValue: .null)],
            key: [OrderTerm(column: 1)], indexes: [])
        let batch = NewBatch(id: 9, relation: 5, columns: [1], rowCount: 1, digest: [1])
        let rows = RowBuffer(columnCount: 1)
        rows.beginRow(identifier: 0)
        rows.append(Value.integer(1))
        var scan = ColdScanRequest(
            relation: 5, position: here,
            batches: [VisibleBatch(id: 9, number: 1, rowCount: 1)], columns: [1])
        let calls: [(String, (PostgresEndpoint) throws -> Void)] = [
            ("register", { try $0.register(database: 1, position: here) }),
            ("provision", { try $0.provision(relation) }),
            ("buildIndexes", { try $0.buildIndexes(relation) }),
            ("commit", { try $0.commit(batch, rows: rows, from: here, to: here.next(token: 3)) }),
            ("retire", { try $0.retire(batch: 9, from: here, to: here.next(token: 3)) }),
            ("confirm", { try $0.confirm(here) }),
            (
                "read",
                {
                    try $0.read(batch: 9, columns: [1], from: 0, maximumRowCount: 1, into: rows)
                }
            ),
            ("scan", { try Self.readAll(try $0.scan(scan)) }),
            ("authorize", { try $0.authorize() }),
            ("takeOver", { try $0.takeOver(here, from: [1]) }),
        ]
        for (name, call) in calls {
            let endpoint = PostgresEndpoint(address) {
                RemoteCredential(login: "someone", password: nil)
            }
            #expect(throws: StretchError.self, "\(name)") { try call(endpoint) }
        }
        scan.order = [OrderTerm(column: 1)]
        // What may be an honest answer of these must at least come to an end.
        let questions: [(PostgresEndpoint) throws -> Void] = [
            { _ = try $0.fence(branch: 1) }, { _ = try $0.position(branch: 1) },
            { _ = try $0.ledgerEntry(batch: 9) }, { _ = try $0.identity() },
            { _ = try $0.holds(here) }, { _ = try $0.branches(database: 1) },
            { _ = try $0.batches(seenAt: here) }, { _ = try $0.hasCollectedBatch(seenAt: here) },
            { _ = try $0.copies(of: 5, digest: [1]) }, { _ = try $0.lacks(relation) },
            { try $0.fork(here, of: here, database: 1, without: []) },
            { try $0.setDropped(false, branch: 1) }, { _ = try $0.makeLogins() },
            { _ = try $0.retention() }, { try $0.setRetention(nil) },
            { _ = try $0.collectGarbage(GarbageRequest(database: 1)) },
            { _ = try $0.usage(relation: 5) }, { try Self.readAll(try $0.scan(scan)) },
            { $0.sendAhead(batch, rows: rows) },
        ]
        for question in questions {
            let endpoint = PostgresEndpoint(address) {
                RemoteCredential(login: "someone", password: nil)
            }
            do {
                try question(endpoint)
            } catch {
                #expect(error is StretchError)
            }
        }
    }

    private static func readAll(_ scan: any ColdScan) throws {
        let page = RowBuffer(columnCount: 1)
        while try scan.nextPage(into: page, maximumRowCount: 10) {}
    }
}
