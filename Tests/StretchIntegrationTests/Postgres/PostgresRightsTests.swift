import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchSchema
import StretchTestSupport
import Testing

/// A file with two tables, a keystore, and a server.
struct RightsSample {
    let folder: TemporaryFolder
    let server: PrivatePostgres
    let address: String
    let keystore: Keystore
    let path: String
    let remoteDatabase: String

    init(
        on server: PrivatePostgres? = nil, isTCP: Bool = false, schema: String? = nil,
        sharing other: RightsSample? = nil
    ) throws {
        folder = try TemporaryFolder()
        self.server = try server ?? other?.server ?? PrivatePostgres.shared.get()
        remoteDatabase = try other?.remoteDatabase ?? self.server.makeDatabase()
        let base = self.server.address(of: remoteDatabase, isTCP: isTCP)
        address = base + (schema.map { "&schema=\($0)" } ?? "")
        keystore = Keystore(path: folder.path("keys"))
        path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT);
            CREATE INDEX orders_by_customer ON orders(customer);
            CREATE TABLE notes(id INTEGER PRIMARY KEY, note TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
            INSERT INTO orders SELECT i, 'Customer ' || (i % 10) FROM n;
            INSERT INTO notes SELECT id, 'Note ' || id FROM orders;
            """)
    }

    /// Opens the file with a login, or with what the keystore has.
    func open(
        _ given: RemoteCredential? = nil, keystore: Keystore? = nil
    ) throws -> StretchDatabase {
        let keystore = keystore ?? self.keystore
        var configuration = Configuration.everyRemote
        configuration.keystore = keystore
        configuration.credential = { (address, role) throws(StretchError) in
            if let given { return given }
            return try keystore.serving(role, at: address)
        }
        return try StretchDatabase(path: path, configuration: configuration)
    }

    func stored(_ report: DatabaseReport, _ role: RemoteRole) throws -> RemoteCredential {
        let address = try EndpointAddress(parsing: report.server)
        return try #require(try keystore.credential(at: address, for: role))
    }

    @discardableResult
    func psql(_ sql: String) throws -> String {
        try server.psql(sql, database: remoteDatabase)
    }

    /// A new login of the server.
    func makeLogin(_ name: String, _ attributes: String) throws -> RemoteCredential {
        try psql(
            """
            CREATE ROLE \(name) LOGIN PASSWORD 'a plain Secret' \(attributes);
            GRANT CREATE ON DATABASE \(remoteDatabase) TO \(name)
            """)
        return RemoteCredential(login: name, password: "a plain Secret")
    }

    func plainly(_ sql: String) throws {
        try Connection(path: path, access: .readWrite, routines: .linked).execute(sql)
    }
}

@Suite struct PostgresRightsTests {
    @Test func `a schema may have a word of SQL for its name`() throws {
        let sample = try RightsSample(schema: "select")
        let admin = PostgresRemote.credential
        try sample.open(admin).enable(server: sample.address)
        try sample.open(admin).tables["orders"].enable(filter: "id <= 60")
        #expect(try sample.open().migrate().rowCount == 60)
        try sample.open(admin).remote.provision()
        _ = try sample.open(admin).members.grant(.reader, to: "bob")
        #expect(
            try sample.open().query("SELECT count(*), sum(id) FROM orders").rows == [[100, 5050]])
        #expect(
            try sample.open().query("SELECT customer FROM orders WHERE id = 7").rows
                == [["Customer 7"]])
        #expect(try sample.open().verify().isSound)
        #expect(try sample.open().tables["orders"].bringBack().rowCount == 60)
        try sample.open(admin).remote.setRetention(.zero)
        #expect(try sample.open(admin).remote.collectGarbage().batches > 0)
        _ = try sample.open(admin).remote.reauthorize()
    }

    private static let admin = PostgresRemote.credential

    private static func schema(_ report: DatabaseReport) -> String {
        String(report.server.split(separator: "schema=").last ?? "")
    }

    @Test func `a writer migrates and a reader reads, and only their logins are kept`() throws {
        let sample = try RightsSample()
        let report = try sample.open(Self.admin).enable(server: sample.address)
        let schema = Self.schema(report)
        #expect(report.advice == [])
        let writer = try sample.stored(report, .writer)
        let reader = try sample.stored(report, .reader)
        #expect([writer.login, reader.login] == ["\(schema)_writer", "\(schema)_reader"])
        #expect(writer.password?.count == 64)
        #expect(writer.password != reader.password)
        let address = try EndpointAddress(parsing: report.server)
        #expect(try sample.keystore.credential(at: address, for: .administrator) == nil)
        // Without the owner's login no table can be made, and the error names the command.
        let error = #expect(throws: StretchError.self) {
            try sample.open().tables["orders"].enable(filter: "id <= 60")
        }
        #expect(error?.code == .notPermitted)
        #expect(error?.message.contains("make its table") == true)
        #expect(error?.advice == [.nameLogin])
        let owner = try sample.open(Self.admin)
        for table in ["orders", "notes"] { try owner.tables[table].enable(filter: "id <= 60") }

        let movement = try sample.open().migrate()
        #expect(movement.rowCount == 120)
        // The rows moved; the index waits for the owner, and holds nothing up.
        #expect(movement.waiting.map(\.table) == ["orders"])
        #expect(movement.waiting.allSatisfy { !$0.isBlocking })
        try sample.open().migrate()

        // A reader's login alone reads, verifies, and tells the status.
        let reading = try sample.open(reader)
        #expect(try reading.query("SELECT count(*), sum(id) FROM orders").rows == [[100, 5050]])
        let point = try reading.query("SELECT customer FROM orders WHERE id = 7").rows
        #expect(point == [["Customer 7"]])
        let list = "SELECT count(*) FROM orders WHERE id IN (1, 2, 70) AND customer > 'A'"
        #expect(try reading.query(list).rows == [[3]])
        // Writing a cold row is local work.
        _ = try reading.query("UPDATE orders SET customer = 'new' WHERE id = 3")
        _ = try reading.query("DELETE FROM notes WHERE id = 4")
        #expect(try reading.verify().isSound)
        let status = try reading.status()
        #expect(status.database.linkState == .connected)
        #expect(status.tables.first?.hasRemoteIndexes == false)
        #expect(status.tables.first?.ownerSteps.map(\.kind) == [.indexes])
        #expect(status.tables.last?.hasRemoteIndexes == true)
        #expect(status.tables.last?.ownerSteps == [])
        #expect(try reading.remote.testConnection().failure == nil)
        let refused = #expect(throws: StretchError.self) { try reading.migrate() }
        #expect(refused?.code == .notPermitted)

        let provision = try sample.open(Self.admin).remote.provision()
        #expect(provision.tables.map { $0.steps.map(\.kind) } == [[.indexes], []])
        #expect(
            try sample.open(Self.admin).remote.provision().tables.allSatisfy { $0.steps.isEmpty })
        #expect(try sample.open().status().tables.first?.hasRemoteIndexes == true)
        #expect(try sample.open().migrate().waiting.isEmpty)

        // A dropped index goes as well, and waits for the owner.
        let indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'"
        let before = try #require(Int(sample.psql(indexes).trimmingCharacters(in: .whitespaces)))
        try sample.plainly("DROP INDEX orders_by_customer")
        let waiting = try sample.open().migrate().waiting
        #expect(waiting.map(\.isBlocking) == [false])
        #expect(waiting.first?.reason.message.contains("drop 1 index") == true)
        #expect(
            try sample.open(Self.admin).remote.provision().tables.first?.steps.map(\.kind)
                == [.surplusIndexes])
        let after = try sample.psql(indexes).trimmingCharacters(in: .whitespaces)
        #expect(after == String(before - 1))
        #expect(try sample.open().migrate().waiting.isEmpty)
        #expect(try reading.query(list).rows == [[3]])
        _ = try sample.open().tables["orders"].bringBack()
        #expect(try sample.open().verify().isSound)
    }

    @Test func `the lesser logins cannot delete, rewind or define anything`() throws {
        let sample = try RightsSample()
        let report = try sample.open(Self.admin).enable(server: sample.address)
        let owner = try sample.open(Self.admin)
        try owner.tables["orders"].enable(filter: "id <= 60")
        try sample.open().migrate()
        let schema = Self.schema(report)
        let tables = try sample.psql(
            "SELECT tablename FROM pg_tables WHERE schemaname = '\(schema)'"
        )
        .split(separator: "\n").map(String.init)
        #expect(tables.count == 9)
        var common = [
            "CREATE TABLE \(schema).more(i int)", "DROP TABLE \(schema).orders",
            "ALTER TABLE \(schema).orders ADD COLUMN more int",
            "CREATE INDEX ON \(schema).orders(customer)", "DROP SCHEMA \(schema) CASCADE",
            "CREATE ROLE more", "UPDATE \(schema).orders SET customer = ''",
            "UPDATE \(schema).stretch_history SET token = 1",
            "UPDATE \(schema).stretch_batch SET epoch = 1",
            "UPDATE \(schema).stretch_branch SET database = 1",
            "UPDATE \(schema).stretch_relation SET table_name = 'x'",
            "UPDATE \(schema).stretch_retirement SET epoch = 1",
            "INSERT INTO \(schema).stretch_branch(id, database, head_epoch) VALUES (1, 1, 0)",
            "INSERT INTO \(schema).stretch_column SELECT * FROM \(schema).stretch_column",
            "COPY (SELECT 1) TO PROGRAM 'true'",
        ]
        for table in tables {
            common += ["DELETE FROM", "TRUNCATE"].map { "\($0) \(schema).\(table)" }
        }
        let reading =
            tables.map { "SELECT 1 FROM \(schema).\($0) FOR UPDATE" } + [
                "INSERT INTO \(schema).orders(_b, _o) VALUES (1, 1)",
                "INSERT INTO \(schema).stretch_history VALUES (1, 1, 1)",
                "UPDATE \(schema).stretch_branch SET last_seen = now()",
            ]
        for (role, statements) in [("writer", common), ("reader", common + reading)] {
            for statement in statements {
                let error = #expect(throws: (any Error).self, "\(role): \(statement)") {
                    try sample.psql("SET ROLE \(schema)_\(role); BEGIN; \(statement); ROLLBACK")
                }
                let text = error.map { "\($0)" } ?? ""
                let isDenied = text.contains("denied") || text.contains("must be")
                #expect(isDenied, "\(role): \(statement): \(text)")
            }
        }
        let attributes = try sample.psql(
            """
            SELECT bool_or(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
                OR rolbypassrls) FROM pg_roles WHERE rolname LIKE '\(schema)_%'
            """)
        #expect(attributes == "f")
    }

    @Test func `a login with CREATEROLE makes them, too`() throws {
        let sample = try RightsSample()
        let maker = try sample.makeLogin("\(sample.remoteDatabase)_maker", "CREATEROLE")
        let report = try sample.open(maker).enable(server: sample.address)
        #expect(report.advice == [])
        #expect(try sample.stored(report, .writer).login == "\(Self.schema(report))_writer")
        try sample.open(maker).tables["orders"].enable(filter: "id <= 60")
        #expect(try sample.open().migrate().rowCount == 60)
        #expect(
            try sample.open(maker).remote.provision().tables.first?.steps.map(\.kind) == [.indexes])
    }

    @Test func `a login that makes no roles is kept itself, and the advice says so`() throws {
        let sample = try RightsSample()
        let plain = try sample.makeLogin("\(sample.remoteDatabase)_plain", "")
        let report = try sample.open(plain).enable(server: sample.address)
        #expect(report.advice.count == 1)
        #expect(report.advice.first?.contains("itself is stored") == true)
        #expect(report.advice.first?.contains("Secret") == false)
        for role in [RemoteRole.writer, .reader] {
            #expect(try sample.stored(report, role).login == plain.login)
        }
        // It owns the remote, so that nothing waits for anybody.
        try sample.open().tables["orders"].enable(filter: "id <= 60")
        #expect(try sample.open().migrate().waiting.isEmpty)
        try sample.plainly("ALTER TABLE orders ADD COLUMN more TEXT DEFAULT 'x'")
        #expect(try sample.open().migrate().waiting.isEmpty)
        let count = try sample.open().query("SELECT count(*) FROM orders WHERE more = 'x'")
        #expect(count.rows == [[100]])
        let status = try sample.open().status()
        #expect(status.tables.first?.hasRemoteIndexes == true)
        #expect(status.tables.first?.ownerSteps == [])
    }

    @Test func `an index that the application adds through Stretch holds nothing up`() throws {
        let sample = try RightsSample()
        try sample.open(Self.admin).enable(server: sample.address)
        try sample.open(Self.admin).tables["orders"].enable(filter: "id <= 60")
        try sample.open().migrate()
        try sample.open(Self.admin).remote.provision()
        let database = try sample.open()
        try database.execute("CREATE INDEX by_both ON orders(customer, id)")
        try database.execute("CREATE INDEX by_falling ON orders(customer DESC)")
        try database.execute("ALTER TABLE orders RENAME COLUMN customer TO buyer")
        #expect(try database.query("SELECT count(buyer) FROM orders").rows == [[100]])
        let status = try database.status().tables
        #expect(status.first?.isReconciled == true)
        #expect(status.first?.ownerSteps.map(\.kind) == [.indexes])
        #expect(try database.migrate().waiting.map(\.isBlocking) == [false])
    }

    @Test func `logins that the server lets in nowhere are not kept`() throws {
        let server = try PrivatePostgres()
        try server.admitOnly(PrivatePostgres.login)
        let sample = try RightsSample(on: server, isTCP: true)
        let report = try sample.open(Self.admin).enable(server: sample.address)
        #expect(report.advice.first?.contains("pg_hba.conf") == true)
        #expect(try sample.stored(report, .writer).login == PrivatePostgres.login)
    }

    @Test func `further files in one schema leave the logins of the others alone`() throws {
        let name = "shared_\(UInt32.random(in: 0...UInt32.max))"
        let first = try RightsSample(schema: name)
        let report = try first.open(Self.admin).enable(server: first.address)
        try first.open(Self.admin).tables["orders"].enable(filter: "id <= 60")
        // Another user's file, with a keystore of its own.
        let second = try RightsSample(schema: name, sharing: first)
        let other = try second.open(Self.admin).enable(server: second.address)
        #expect(report.server == other.server)
        #expect(try second.stored(other, .writer).login == "\(name)_writer_2")
        try second.open(Self.admin).tables["notes"].enable(filter: "id <= 60")
        // The same user's, with the first one's keystore: its logins serve.
        let third = try RightsSample(schema: name, sharing: first)
        try third.open(Self.admin, keystore: first.keystore).enable(server: third.address)
        #expect(try first.stored(report, .writer).login == "\(name)_writer")
        try third.open(Self.admin, keystore: first.keystore).tables["orders"].enable(
            filter: "id <= 50")
        #expect(try first.open().migrate().rowCount == 60)
        #expect(try second.open().migrate().rowCount == 60)
        #expect(try third.open(keystore: first.keystore).migrate().rowCount == 50)
        // A repeated enable of the same file.
        let fourth = try RightsSample(schema: name, sharing: first)
        try fourth.open(Self.admin).enable(server: fourth.address)
        try fourth.open().disable()
        try fourth.open(Self.admin).enable(server: fourth.address)
        #expect(try fourth.open().remote.testConnection().failure == nil)
        #expect(try first.psql("SELECT count(*) FROM pg_roles WHERE rolname ~ '^\(name)_'") == "6")
    }

    @Test func `a new column waits for the owner, and other tables go on`() throws {
        let sample = try RightsSample()
        try sample.open(Self.admin).enable(server: sample.address)
        let owner = try sample.open(Self.admin)
        for table in ["orders", "notes"] { try owner.tables[table].enable(filter: "id <= 60") }
        #expect(try sample.open().migrate().rowCount == 120)
        try owner.tables["orders"].alter(filter: "id <= 80")
        try owner.tables["notes"].alter(filter: "id <= 90")
        try sample.plainly("ALTER TABLE orders ADD COLUMN more TEXT DEFAULT 'x'")
        let movement = try sample.open().migrate()
        #expect(movement.rowCount == 30)
        #expect(movement.waiting.map(\.table) == ["orders"])
        #expect(movement.waiting.first?.isBlocking == true)
        #expect(movement.waiting.first?.reason.message.contains("add column \"more\"") == true)
        for database in [try sample.open(), try sample.open(sample.stored(owner.status()))] {
            let table = try #require(try database.status().tables.first)
            #expect(table.ownerSteps.map(\.kind) == [.columns, .indexes])
            #expect(table.isReconciled)
        }
        // All rows are there: no batch has the new column.
        let reading = try sample.open()
        #expect(try reading.query("SELECT more FROM orders WHERE id = 95").rows == [["x"]])
        #expect(try reading.query("SELECT count(*) FROM notes").rows == [[100]])
        #expect(try reading.query("SELECT count(more) FROM orders").rows == [[100]])
        let bringBack = #expect(throws: StretchError.self) {
            try reading.tables["orders"].bringBack()
        }
        #expect(bringBack?.code == .notPermitted)
        // Not even this writer may do it.
        let denied = #expect(throws: StretchError.self) { try reading.remote.provision() }
        #expect(denied?.code == .notPermitted)

        let steps = try sample.open(Self.admin).remote.provision().tables.first?.steps.map(\.kind)
        #expect(steps == [.columns, .indexes])
        #expect(try sample.open().status().tables.allSatisfy { $0.ownerSteps.isEmpty })
        let answer = "SELECT count(more), count(*) FROM orders WHERE more = 'x'"
        #expect(try sample.open().query(answer).rows == [[100, 100]])
        #expect(try reading.query(answer).rows == [[100, 100]])
        let next = try sample.open().migrate()
        #expect(next.rowCount == 20)
        #expect(next.waiting.isEmpty)
        #expect(try sample.open().verify().isSound)
    }

    @Test func `a table that waits can be abandoned`() throws {
        let sample = try RightsSample()
        try sample.open(Self.admin).enable(server: sample.address)
        try sample.open(Self.admin).tables["orders"].enable(filter: "id <= 60")
        try sample.open().migrate()
        try sample.plainly("ALTER TABLE orders ADD COLUMN more TEXT")
        let report = try sample.open().tables["orders"].disable(.abandon)
        #expect(report.isRemoteTold)
        #expect(report.rows == 60)
    }

    @Test func `another login is tried, and kept for what it may do`() throws {
        let sample = try RightsSample()
        let report = try sample.open(Self.admin).enable(server: sample.address)
        try sample.open(Self.admin).tables["orders"].enable(filter: "id <= 60")
        try sample.open().migrate()
        let reader = try sample.stored(report, .reader)
        let wrong = RemoteCredential(login: reader.login, password: "a wrong Secret")
        let error = #expect(throws: StretchError.self) {
            _ = try sample.open(wrong).remote.storeLogin()
        }
        #expect(error?.code == .notPermitted)
        #expect(try sample.stored(report, .reader).password == reader.password)
        let kept = try sample.open(reader).remote.storeLogin()
        #expect(kept.roles == [.reader])
        #expect(try sample.open().query("SELECT count(*) FROM orders").rows == [[100]])
        let denied = #expect(throws: StretchError.self) { try sample.open().migrate() }
        #expect(denied?.code == .notPermitted)
        #expect(try sample.open(Self.admin).remote.storeLogin().roles == [.reader, .writer])
        try sample.open().migrate()
        #expect(try sample.stored(report, .writer).login == PrivatePostgres.login)
    }
}

extension RightsSample {
    /// The reader's login of the server that a status names.
    fileprivate func stored(_ status: DatabaseStatus) throws -> RemoteCredential {
        let address = try EndpointAddress(parsing: status.database.server)
        return try #require(try keystore.credential(at: address, for: .reader))
    }
}
