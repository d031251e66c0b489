import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

/// Text of applications and of files on its way to the server: always a value, never a statement.
@Suite struct PostgresTextTests {
    @Test func `a bound text that ends a literal for Characters only deletes nothing`() throws {
        let remote = try PostgresRemote()
        let file = try PostgresStretchedFile(server: remote.address.description)
        try file.database.migrate()
        let database = try file.reopen()
        for mark in ["'", "\u{600}'", "'\u{301}", "\\\u{301}'", "\u{600}\\'", "\"\u{301}"] {
            let text = """
                0\(mark)) TO STDOUT; COMMIT; DELETE FROM stretch_1.orders; \
                COPY (SELECT 1) TO STDOUT --
                """
            let value = Value.text(Text(text))
            for condition in [
                "note > ?", "note = ?", "note < ?", "note IN (?, 'x')", "note BETWEEN ? AND '1'",
                "note LIKE ? || '%'", "note > ? ORDER BY note", "note > ? ORDER BY day LIMIT 3",
            ] {
                _ = try database.query("SELECT id FROM orders WHERE \(condition)", value)
            }
        }
        #expect(try remote.psql("SELECT count(*) FROM stretch_1.orders") == "100")
        #expect(try database.query(PostgresStretchedFile.all).rows == file.start)
    }

    /// Scalars that Swift joins with a neighbour, or that mean something to the server.
    private static let texts: [String] = {
        let marks = ["'", "\"", "\\", "{", "}", ",", "$1", "%", "_", "\r", "\n", "NULL", ";--"]
        let joining = [
            "\u{301}", "\u{600}", "\u{200d}", "\u{fe0f}", "\u{d4e}", "\u{1f3fb}", "\u{e0001}",
            "\u{1f1e6}", "\u{1100}", "\u{0}",
        ]
        return marks.flatMap { mark in
            [mark, "it\(mark)s"] + joining.flatMap { ["a\($0)\(mark)b", "a\(mark)\($0)b"] }
        }
    }()

    @Test func `comparisons with any text answer as a plain table does`() throws {
        let remote = try PostgresRemote()
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("app.db")
        let plain = try Connection(path: ":memory:", access: .create, routines: .linked)
        let made = try Connection(path: path, access: .create, routines: .linked)
        for connection in [plain, made] {
            try connection.execute(
                """
                CREATE TABLE t(id INTEGER PRIMARY KEY, indexed TEXT, other TEXT COLLATE NOCASE);
                CREATE INDEX t_by_indexed ON t(indexed);
                """)
            for text in Self.texts {
                try connection.run(
                    "INSERT INTO t(indexed, other) VALUES (?1, ?1)", .text(Text(text)))
            }
        }
        let database = try StretchDatabase(
            path: path, configuration: PostgresRemote.configuration)
        try database.enable(server: remote.address.description)
        try database.tables["t"].enable(filter: "id > 0")
        try database.migrate()
        for text in Self.texts {
            let value = Value.text(Text(text))
            for column in ["indexed", "other"] {
                for condition in [
                    "= ?1", "< ?1", ">= ?1", "IN (?1, 'b', ?1 || 'c')", "LIKE ?1 || '%'",
                ] {
                    let sql = "SELECT id FROM t WHERE \(column) \(condition) ORDER BY id"
                    let expected = try plain.prepare(sql)
                    try expected.bind([value])
                    #expect(
                        try database.query(sql, value).rows == expected.rows(),
                        "\(sql): \(text.debugDescription)")
                }
            }
        }
    }

    @Test func `every scalar beside every special character is compared exactly`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        let start = TimelinePosition(branch: 7, epoch: 0, token: 70)
        try endpoint.register(database: 1, position: start)
        let columns = [
            RemoteColumn(id: 1, name: "id", affinity: .integer, defaultValue: .null),
            RemoteColumn(id: 2, name: "note", affinity: .text, defaultValue: .null),
        ]
        try endpoint.provision(
            Relation(id: 5, name: "t", columns: columns, key: [OrderTerm(column: 1)], indexes: []))
        var bytes: [UInt8] = []
        for scalar in (UInt32(1)...0x10ffff).lazy.compactMap(Unicode.Scalar.init) {
            let scalar = Array(UTF8.encode(scalar)!)
            for special in "'\\\"".utf8 { bytes += scalar + CollectionOfOne(special) }
            bytes += scalar
        }
        let text = Value.text(Text(bytes: bytes))
        let rows = RowBuffer(columnCount: 2)
        rows.beginRow(identifier: 0)
        rows.append(Value.integer(1))
        rows.append(text)
        let batch = NewBatch(id: 9, relation: 5, columns: [1, 2], rowCount: 1, digest: [9])
        let next = start.next(token: 71)
        try endpoint.commit(batch, rows: rows, from: start, to: next)
        var request = ColdScanRequest(
            relation: 5, position: next,
            batches: [VisibleBatch(id: 9, number: 1, rowCount: 1)], columns: [1])
        let page = RowBuffer(columnCount: 1)
        // An array's item in a literal.
        request.constraints = [ColdConstraint(column: 2, comparison: .oneOf([text, "x"]))]
        #expect(try endpoint.scan(request).nextPage(into: page, maximumRowCount: 9))
        #expect(page.rowCount == 1)
    }

    @Test func `names and defaults of a file define nothing else`() throws {
        let remote = try PostgresRemote()
        let folder = try TemporaryFolder(isInMemory: true)
        // The path of the file goes to the server, too.
        let place = folder.path("d\u{600}'x'\u{301}\\")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let path = place + "/app.db"
        let role = "made_by_\(remote.database)"
        let names = [
            "a\u{600}\" int;create role \(role)--", "b\"\u{301}", "c\\\u{301}'",
            "a\u{323}\u{307}", "a\u{307}\u{323}",
        ]
        let table = "t\u{600}\"'\u{301}"
        let plain = try Connection(path: path, access: .create, routines: .linked)
        let columns = names.map { "\($0.quotedName) TEXT DEFAULT 'd\u{600}''); --\\\u{301}'" }
        try plain.execute(
            """
            CREATE TABLE \(table.quotedName)(
                id INTEGER PRIMARY KEY, \(columns.joined(separator: ", ")));
            INSERT INTO \(table.quotedName)(id) VALUES (1), (2);
            """)
        let all = "SELECT * FROM \(table.quotedName) ORDER BY id"
        let start = try plain.rows(all)
        var configuration = PostgresRemote.configuration
        configuration.keystore = Keystore(path: folder.path("keys"))
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: remote.address.description)
        try database.tables[table].enable(filter: "id < 5")
        try database.migrate()
        #expect(try database.query(all).rows == start)
        #expect(
            try remote.psql("SELECT count(*) FROM pg_roles WHERE rolname = '\(role)'") == "0")
        let owner = try remote.psql("SELECT owner_name FROM stretch_branch")
        #expect(owner.includes("d\u{600}'x'\u{301}\\/app.db"))
        #expect(try remote.psql("SELECT count(DISTINCT column_name) FROM stretch_column") == "6")
    }
}
