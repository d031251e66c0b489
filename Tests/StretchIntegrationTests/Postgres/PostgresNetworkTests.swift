import Foundation
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

/// A network that drops, delays, cuts and corrupts.
@Suite struct PostgresNetworkTests {
    /// - Parameter timeout: After how many seconds a server that says nothing is given up.
    private static func proxied(
        _ server: PrivatePostgres? = nil, timeout: Int = 60
    ) throws -> (proxy: TCPProxy, address: String, remote: PostgresRemote) {
        let remote = try PostgresRemote(on: server, isTCP: true)
        let proxy = try TCPProxy(to: remote.server.port)
        let address = "postgresql://127.0.0.1:\(proxy.port)/\(remote.database)"
        return (proxy, address + "?sslmode=disable&connect_timeout=\(timeout)", remote)
    }

    @Test func `a migration that is cut anywhere goes on by itself and loses nothing`() throws {
        let (proxy, address, _) = try Self.proxied()
        let options = PostgresStretchedFile.options(rowCount: 40)
        let first = try PostgresStretchedFile(server: address)
        proxy.set(.none)
        #expect(try first.makeMigrator().migrate(options).rowCount == 100)
        let total = proxy.byteCount
        try first.checkSettled("uncut")
        // Steps that share no factor with a message's size, closer at the ends of messages.
        var limits = Array(stride(from: 1, to: total, by: max(total / 40, 1)))
        limits += [total - 3, total - 2, total - 1]
        for limit in limits {
            let file = try PostgresStretchedFile(server: address)
            proxy.set(.cut(afterByteCount: limit))
            #expect(throws: Never.self, "cut after \(limit) of \(total) bytes") {
                try file.makeMigrator().migrate(options)
            }
            #expect(proxy.hasFailed || limit > total * 9 / 10, "\(limit) of \(total) bytes")
            proxy.set(.none)
            try file.checkSettled("cut after \(limit) of \(total) bytes")
        }
    }

    @Test func `a collection that is cut anywhere is finished by the next, and loses nothing`()
        throws
    {
        let (proxy, address, remote) = try Self.proxied()
        func sample() throws -> PostgresStretchedFile {
            let file = try PostgresStretchedFile(server: address)
            let migrator = try file.makeMigrator()
            try migrator.migrate(PostgresStretchedFile.options(rowCount: 25))
            try migrator.bringBack(table: "orders", where: "id <= 50")
            try file.database.remote.setRetention(.zero)
            return file
        }
        let first = try sample()
        proxy.set(.none)
        #expect(try first.reopen().remote.collectGarbage().batches == 2)
        let total = proxy.byteCount
        for limit in stride(from: 1, to: total, by: max(total / 24, 1)) {
            let file = try sample()
            proxy.set(.cut(afterByteCount: limit))
            // What the migrator does waits and repeats; the collection itself may fail.
            _ = try? file.reopen().remote.collectGarbage()
            proxy.set(.none)
            let comment: Comment = "cut after \(limit) of \(total) bytes"
            #expect(try file.reopen().query(PostgresStretchedFile.all).rows == file.start, comment)
            let server = try file.reopen().status().database.server
            _ = try file.reopen().remote.collectGarbage()
            let address = try PostgresAddress(server)
            let left = try remote.server.psql(
                "SELECT count(*) FROM \(try #require(address.schema)).orders",
                database: remote.database)
            #expect(left == "50", comment)
            try file.checkSettled(comment, hotRowCount: 70)
        }
    }

    @Test func `a connection that is refused or slow is waited for`() throws {
        let (proxy, address, _) = try Self.proxied()
        let file = try PostgresStretchedFile(server: address)
        proxy.set(.refusal)
        let migrator = try file.makeMigrator()
        var waitCount = 0
        migrator.sleep = { _ in
            waitCount += 1
            if waitCount == 3 { proxy.set(.delay(milliseconds: 1)) }
        }
        #expect(try migrator.migrate().rowCount == 100)
        #expect(waitCount == 3)
        try file.checkSettled("delayed")
    }

    @Test func `a bit that flips on its way is found before a row is deleted`() throws {
        let (proxy, address, _) = try Self.proxied()
        let file = try PostgresStretchedFile(server: address)
        proxy.set(.corruption(of: Array("marker of 7".utf8)))
        let error = #expect(throws: StretchError.self) { try file.makeMigrator().migrate() }
        #expect(error?.code == .damaged)
        #expect(proxy.hasFailed)
        #expect(try file.hotRowCount() == 120)
        #expect(try file.database.query(PostgresStretchedFile.all).rows == file.start)
        proxy.set(.none)
        #expect(try file.makeMigrator().migrate().rowCount == 100)
        try file.checkSettled("after the flip")
    }

    @Test func `over TLS a bit that flips is a lost connection`() throws {
        let server = try PrivatePostgres()
        _ = try server.useTLS(names: ["localhost"])
        let (proxy, plain, _) = try Self.proxied(server)
        let address = plain.replacing("sslmode=disable", with: "sslmode=require")
        // Behind the handshakes, in the rows.
        for number in [12_000, 13_000, 14_000] {
            let file = try PostgresStretchedFile(server: address, noteSize: 1_000)
            proxy.set(.corruptedByte(number))
            #expect(try file.makeMigrator().migrate().rowCount == 100)
            #expect(proxy.hasFailed, "\(number)")
            try file.checkSettled("byte \(number)")
        }
    }

    @Test(arguments: ["blackHole", "refusal"])
    func `hot work goes on at once without the remote, and cold work says why not`(
        _ kind: String
    ) throws {
        let (proxy, address, _) = try Self.proxied(timeout: 4)
        let file = try PostgresStretchedFile(server: address)
        try file.database.migrate()
        proxy.set(kind == "blackHole" ? .blackHole : .refusal)
        let database = try file.reopen()
        #expect(try database.query("SELECT count(*) FROM orders WHERE id > 100").rows == [[20]])
        #expect(try database.query("SELECT day FROM orders WHERE id = 105").rows == [[15]])
        #expect(try database.query("SELECT max(id) FROM orders WHERE id >= 110").rows == [[120]])
        try database.execute("INSERT INTO orders VALUES (121, 'new', 1)")
        try database.execute("UPDATE orders SET note = 'changed' WHERE id = 121")
        try database.execute("DELETE FROM orders WHERE id = 121")
        #expect(proxy.connectionCount == 0)
        for query in ["SELECT * FROM orders WHERE id = 5", "SELECT sum(day) FROM orders"] {
            let error = #expect(throws: StretchError.self) { _ = try database.query(query) }
            #expect(error?.code == .remoteUnavailable)
            #expect(error?.hint != nil)
        }
        #expect(proxy.connectionCount > 0)
        let status = try database.status()
        #expect(status.database.linkState == .unavailable)
        proxy.set(.none)
        #expect(try database.query(PostgresStretchedFile.all).rows == file.start)
    }
}
