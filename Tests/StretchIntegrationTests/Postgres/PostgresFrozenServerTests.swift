import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import Testing

/// A server that stops without closing anything, as a suspended machine or a stuck proxy does.
@Suite struct PostgresFrozenServerTests {
    /// A migrated file, and a server that continues after a time at which every test has failed.
    private final class Frozen {
        let server: PrivatePostgres
        let file: PostgresStretchedFile

        init() throws {
            server = try PrivatePostgres()
            let remote = try PostgresRemote(on: server, isTCP: true)
            file = try PostgresStretchedFile(server: remote.address.description, noteSize: 100_000)
            try file.database.migrate()
        }

        deinit { try? server.thaw() }

        /// Opens the file, and connects to the server.
        func open(
            patience: Duration, ofWrites: Duration = .seconds(30)
        ) throws -> StretchDatabase {
            var configuration = PostgresRemote.configuration
            configuration.patienceOfWrites = ofWrites
            configuration.wrapSessions { session in
                (session as? any WaitingEndpoint)?.patience = patience
                return session
            }
            let database = try StretchDatabase(path: file.path, configuration: configuration)
            #expect(try database.query("SELECT day FROM orders WHERE id = 5").rows == [[0]])
            return database
        }

        /// Freezes the server, and returns how long `body` takes.
        func time(_ body: () throws -> Void) throws -> Duration {
            try server.freeze()
            Thread.detachNewThread { [server] in
                Thread.sleep(forTimeInterval: 40)
                try? server.thaw()
            }
            let start = ContinuousClock.now
            try body()
            return ContinuousClock.now - start
        }
    }

    @Test(arguments: ["SELECT note FROM orders", "SELECT note FROM orders WHERE id = 7"])
    func `a read fails when its patience ends`(_ sql: String) throws {
        let frozen = try Frozen()
        let database = try frozen.open(patience: .seconds(1))
        let time = try frozen.time {
            expectError(.remoteUnavailable, "did not answer in time") {
                _ = try database.query(sql)
            }
        }
        #expect(time < .seconds(20))
        #expect(try database.query("SELECT count(*) FROM main.orders").rows == [[20]])
    }

    @Test func `a write gives the file back sooner than a read gives up`() throws {
        let frozen = try Frozen()
        let database = try frozen.open(patience: .seconds(600), ofWrites: .seconds(1))
        let time = try frozen.time {
            try database.execute("BEGIN IMMEDIATE")
            expectError(.remoteUnavailable, "did not answer in time") {
                try database.execute("UPDATE orders SET note = 'x' WHERE id = 8")
            }
            try database.execute("ROLLBACK")
            let other = try Connection(
                path: frozen.file.path, access: .readWrite, routines: .linked)
            try other.execute("INSERT INTO orders VALUES (200, 'other', 1)")
        }
        #expect(time < .seconds(20))
    }

    @Test func `an interruption ends a read from a frozen server`() throws {
        let frozen = try Frozen()
        let database = try frozen.open(patience: .seconds(600))
        let interrupter = database.interrupter
        let time = try frozen.time {
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 1)
                interrupter.interrupt()
            }
            let error = #expect(throws: StretchError.self) {
                _ = try database.query("SELECT note FROM orders")
            }
            #expect(error?.code == .cancelled)
        }
        #expect(time < .seconds(20))
    }

    @Test func `the file is usable when the server continues`() throws {
        let frozen = try Frozen()
        let database = try frozen.open(patience: .seconds(1))
        _ = try frozen.time {
            expectError(.remoteUnavailable, "") {
                _ = try database.query("SELECT note FROM orders")
            }
        }
        try frozen.server.thaw()
        #expect(try database.query(PostgresStretchedFile.all).rows == frozen.file.start)
    }
}
