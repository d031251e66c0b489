import StretchSQLite
import Testing

@testable import StretchCatalog
@testable import StretchCore
@testable import StretchEngine
@testable import StretchMigration

/// Many stretch-enabled tables in one file; what SQLite does for them is counted, not timed.
@Suite struct ManyTablesTests {
    private func sample(_ count: Int) throws -> AdministrationSample {
        let sample = try AdministrationSample("CREATE TABLE plain(id INTEGER PRIMARY KEY)")
        for number in 0..<count {
            let parent = number > 0 ? " REFERENCES t\(number - 1)(id)" : ""
            try sample.database.execute(
                """
                CREATE TABLE t\(number)(id INTEGER PRIMARY KEY, v INT\(parent));
                CREATE TRIGGER g\(number) AFTER INSERT ON t\(number) BEGIN SELECT NEW.v; END;
                """)
        }
        for number in 0..<count {
            try sample.database.tables["t\(number)"].enable(filter: "v < 10")
        }
        return sample
    }

    private func efforts(_ count: Int) throws -> [String: Int] {
        let sample = try sample(count)
        let database = sample.database
        let migrator = try database.makeMigrator()
        let connection = database.connection
        return [
            "status": try connection.effort { _ = try database.status() }.instructionCount,
            // SQLite itself goes through all objects of a schema for each that it makes there.
            "statement": try connection.effort { _ = try database.query("SELECT 1") }
                .statementCount,
            "migrate": try migrator.connection.effort { try migrator.migrate() }.instructionCount,
            "verify": try migrator.connection.effort { _ = try migrator.verify() }
                .instructionCount,
        ]
    }

    @Test func `what reads all tables takes time in proportion to their number`() throws {
        let few = try efforts(10)
        for (name, count) in try efforts(40) {
            let start = try #require(few[name])
            // Four times as many tables.
            #expect(count < start * 5, "\(name): \(start), \(count)")
        }
    }

    @Test func `a chain of parents is as long as it can be moved`() throws {
        let sample = try AdministrationSample("CREATE TABLE t0(id INTEGER PRIMARY KEY, v INT)")
        try sample.database.tables["t0"].enable(filter: "v < 10")
        for number in 1...9 {
            try sample.database.execute(
                """
                CREATE TABLE t\(number)(id INTEGER PRIMARY KEY, v INT REFERENCES t\(number - 1));
                """)
            let enable = {
                _ = try sample.database.tables["t\(number)"].enable(
                    filter: "", follows: "t\(number - 1)")
            }
            if number < 9 {
                try enable()
                try sample.database.execute(
                    "INSERT INTO t\(number) VALUES(1, 1), (2, 2), (3, 3)")
            } else {
                expectError(.unsupported, "follows more than 8 tables") { try enable() }
            }
        }
        try sample.database.execute("INSERT INTO t0 VALUES(1, 1), (2, 20), (3, 3), (4, 4)")
        for number in 1...8 { #expect(try sample.status("t\(number)").problem == nil) }
        #expect(try sample.status("t8").eligibleRows == 1)
        try sample.database.migrate()
        // The highest rows stay, with what they refer to.
        #expect(try sample.database.query("SELECT count(*) FROM main.t0").rows == [[3]])
        #expect(try sample.database.query("SELECT count(*) FROM t8").rows == [[3]])
    }

    @Test(arguments: [["p", "c"], ["c", "p"]])
    func `the order in which parent and child are enabled does not matter`(
        _ names: [String]
    ) throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY, n INT);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id), n INT);
            CREATE INDEX c_by_p ON c(p);
            INSERT INTO p VALUES(1, 1), (2, 1), (3, 9);
            INSERT INTO c VALUES(1, 1, 1), (2, 2, 1), (3, 3, 9);
            """)
        for name in names { try sample.database.tables[name].enable(filter: "n < 5") }
        try sample.database.migrate()
        for name in names {
            #expect(
                try sample.database.query("SELECT count(*) FROM main.\(name)").rows == [[1]],
                "\(name)")
        }
    }

    @Test func `children come before the tables that they follow`() {
        func table(_ id: Int64, _ name: String, follows: String?) -> StretchedTable {
            StretchedTable(
                id: id, name: name, relation: id, filter: "", follows: follows, state: .outbound,
                schemaVersion: 1, columns: [])
        }
        let tables = [
            table(1, "a", follows: nil), table(2, "b", follows: "A"), table(3, "c", follows: "b"),
            table(4, "d", follows: nil), table(5, "x", follows: "y"), table(6, "y", follows: "x"),
            table(7, "e", follows: "d"),
        ]
        let order = MigrationPlan.childrenFirst(tables).map(\.name)
        for table in tables where !["x", "y"].contains(table.name) {
            guard let parent = table.follows?.lowercased() else { continue }
            #expect(order.firstIndex(of: table.name)! < order.firstIndex(of: parent)!)
        }
        #expect(Set(order) == Set(tables.map(\.name)))
    }
}
