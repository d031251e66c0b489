import Foundation
import Stretch
import StretchCatalog
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchOverlay

/// What hides a cold row and what takes its place are one step, however the statement ends.
@Suite struct RecallAtomicityTests {
    /// A child, its parent and its parent's parent, with triggers that write beside each.
    private static let family = """
        CREATE TABLE log(x);
        CREATE TABLE g(id INTEGER PRIMARY KEY);
        CREATE TABLE p(id INTEGER PRIMARY KEY, g INTEGER REFERENCES g, s TEXT, u TEXT UNIQUE);
        CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE, s TEXT);
        CREATE TRIGGER gi AFTER INSERT ON g BEGIN INSERT INTO log VALUES('g'); END;
        CREATE TRIGGER pu AFTER UPDATE ON p BEGIN INSERT INTO log VALUES('p' || NEW.id); END;
        CREATE TRIGGER pd AFTER DELETE ON p BEGIN INSERT INTO log VALUES('d' || OLD.id); END;
        CREATE TRIGGER ci AFTER INSERT ON c BEGIN INSERT INTO log VALUES('c' || NEW.id); END;
        INSERT INTO g VALUES(1), (2), (9);
        INSERT INTO p VALUES(1, 1, 'a', 'A'), (2, 2, 'b', 'B'), (9, 9, 'z', 'Z');
        INSERT INTO c VALUES(1, 1, 'x'), (2, 2, 'y'), (9, 9, 'z');
        DELETE FROM log;
        """

    private func twin(on remote: MigratedTwin.Remote = .embedded) throws -> MigratedTwin {
        let twin = try MigratedTwin(
            Self.family, [("c", "id < 9"), ("p", "id < 9"), ("g", "id < 9")], on: remote)
        for _ in 1...2 { try twin.database.migrate() }
        return twin
    }

    private func expectSound(_ twin: MigratedTwin, _ comment: Comment) throws {
        for table in ["g", "p", "c", "log"] { try twin.compare(table, comment) }
        let verified = try twin.database.verify()
        #expect(verified.isSound, comment)
    }

    @Test(arguments: ["", "BEGIN", "SAVEPOINT a"], MigratedTwin.Remote.allCases)
    func `an UPDATE that runs again keeps its cold row`(
        opening: String, remote: MigratedTwin.Remote
    ) throws {
        let twin = try twin(on: remote)
        try twin.both("PRAGMA foreign_keys = 1")
        if !opening.isEmpty { try twin.both(opening) }
        try twin.both("UPDATE p SET s = 'new' WHERE id = 1")
        try expectSound(twin, "after the statement")
        if !opening.isEmpty { try twin.both("COMMIT") }
        try expectSound(twin, "in the end")
    }

    @Test(arguments: [
        "UPDATE p SET s = 'n' WHERE id = 1", "UPDATE p SET id = 5 WHERE id = 1",
        "UPDATE p SET id = 3 WHERE id = 1", "UPDATE OR IGNORE p SET s = 'n' WHERE id IN (1, 2)",
        "UPDATE OR FAIL p SET s = 'n' WHERE id < 3", "DELETE FROM p WHERE id = 1",
        "UPDATE p SET u = 'A' WHERE id = 2", "INSERT INTO p(id, u) VALUES(1, 'Q')",
    ])
    func `a recall that a UNIQUE column refuses keeps the cold row`(sql: String) throws {
        let twin = try twin()
        let database = twin.database
        // A hot row with the value of a cold one: the application got what a plain table refuses.
        try database.tables["p"].setUniqueScope(.local)
        try database.execute("INSERT INTO p VALUES(3, 9, 'hot', 'A')")
        try database.execute("BEGIN")
        let before = MigratedTwin.sorted(try database.query("SELECT * FROM p").rows)
        var isRefused = false
        do {
            try database.execute(sql)
        } catch {
            isRefused = true
            #expect(error.message.contains("UNIQUE"), "\(error)")
        }
        let after = MigratedTwin.sorted(try database.query("SELECT * FROM p").rows)
        if isRefused { #expect(after == before) } else { #expect(after.count == before.count) }
        try database.execute("COMMIT")
        #expect(try database.verify().isSound)
        #expect(MigratedTwin.sorted(try database.query("SELECT * FROM p").rows) == after)
    }

    /// The parent's DELETE cascades to cold children that must become hot unseen by a trigger.
    @Test func `a native statement that runs again begins anew`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE log(x);
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);
            CREATE TRIGGER ci AFTER INSERT ON c BEGIN INSERT INTO log VALUES('c' || NEW.id); END;
            INSERT INTO p VALUES(1), (2), (3), (4);
            INSERT INTO c VALUES(12, 2), (13, 3), (14, 4);
            DELETE FROM log;
            """, [("c", "id > 12")])
        try twin.both("PRAGMA foreign_keys = 1")
        try twin.both("BEGIN")
        try twin.both("DELETE FROM p WHERE id > 0")
        try twin.compare("p")
        try twin.compare("c")
        try twin.both("COMMIT")
        try twin.compare("log")
    }

    @Test func `a DELETE that fails beside a shadowed row changes nothing`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
            CREATE TRIGGER td BEFORE DELETE ON t WHEN OLD.v = 'kept'
                BEGIN SELECT RAISE(ABORT, 'kept'); END;
            INSERT INTO t VALUES(1, 'cold', 1), (2, 'hot', 30);
            """)
        // A program without Stretch writes a key that is cold.
        try twin.runNatively("INSERT INTO t VALUES(1, 'kept', 30)")
        try twin.database.execute("BEGIN")
        #expect(throws: StretchError.self) {
            try twin.database.execute("DELETE FROM t WHERE id = 1")
        }
        #expect(throws: StretchError.self) {
            try twin.database.execute("DELETE FROM t")
        }
        try twin.database.execute("COMMIT")
        #expect(
            try twin.database.query("SELECT v FROM t ORDER BY id").rows == [["kept"], ["hot"]])
    }

    @Test func `a statement whose remote is away leaves hot rows over cold ones`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.runNatively("INSERT INTO t VALUES(3, 'hot', 30)")
        let (cold, away) = (twin.folder.path("cold.db"), twin.folder.path("away.db"))
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        try FileManager.default.moveItem(atPath: cold, toPath: away)
        for sql in [
            "DELETE FROM t WHERE id = 3", "UPDATE t SET id = 40 WHERE id = 3",
            "UPDATE OR IGNORE t SET id = 41 WHERE id = 3",
        ] {
            try database.execute("BEGIN")
            #expect(throws: StretchError.self, "\(sql)") { try database.execute(sql) }
            try database.execute("COMMIT")
        }
        try FileManager.default.moveItem(atPath: away, toPath: cold)
        #expect(
            try database.query("SELECT id, v FROM t WHERE id IN (3, 40, 41)").rows == [[3, "hot"]])
    }

    @Test(
        arguments: [
            "UPDATE p SET s = 'n' WHERE id = 1", "UPDATE p SET s = 'n' WHERE id < 9",
            "UPDATE p SET id = 5 WHERE id = 2", "DELETE FROM p WHERE id = 1",
            "UPDATE OR IGNORE p SET s = 'n'",
        ], ["", "BEGIN", "SAVEPOINT a"])
    func `an interrupted statement keeps its cold rows`(sql: String, opening: String) throws {
        let twin = try twin()
        for connection in [twin.plain, twin.database.connection] {
            try connection.createFunction("stop", argumentCount: 0) { [unowned connection] _ in
                connection.interrupt()
                return .null
            }
            for event in ["UPDATE", "DELETE"] {
                try connection.execute(
                    one: """
                        CREATE TEMP TRIGGER stop_\(event) AFTER \(event) ON main.p
                        BEGIN SELECT stop(); INSERT INTO log VALUES('after'); END
                        """)
            }
        }
        try twin.both("PRAGMA foreign_keys = 1")
        if !opening.isEmpty { try twin.both(opening) }
        let answer = try twin.both(sql)
        #expect(answer == .error(9))
        #expect(twin.database.isInTransaction == twin.plain.isInTransaction)
        try expectSound(twin, "\(sql) after \(opening)")
        if twin.plain.isInTransaction { try twin.both("COMMIT") }
        try expectSound(twin, "in the end")
    }

    @Test func `verify finds a row that is hidden although nothing took its place`() throws {
        let twin = try twin()
        let database = twin.database
        try database.tables["p"].setUniqueScope(.local)
        try database.execute("INSERT INTO p VALUES(3, 9, 'hot', 'A')")
        // The fault: what a failed recall hid stays hidden.
        database.overlay.unfinished.areUndone = false
        try database.execute("BEGIN")
        let error = #expect(throws: StretchError.self) {
            try database.execute("UPDATE p SET s = 'n' WHERE id = 1")
        }
        #expect(error?.message.contains("nothing took its place") == true, "the debug check")
        try database.execute("COMMIT")
        #expect(try database.query("SELECT count(*) FROM p WHERE id = 1").rows == [[0]])
        let findings = try database.verify().findings
        #expect(findings.map(\.kind) == [.lostRow])
        // The way out that the message names.
        let repair = try #require(findings[0].message.firstRange(of: /DELETE FROM .* = 0/))
        try twin.runNatively(String(findings[0].message[repair]))
        #expect(try database.verify().isSound)
        #expect(try database.query("SELECT s FROM p WHERE id = 1").rows == [["a"]])
    }
}
