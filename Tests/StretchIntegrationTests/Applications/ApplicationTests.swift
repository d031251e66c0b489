import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Schemas of applications live through migrations, purges, upserts, searches and reports.
@Suite struct ApplicationTests {
    private static let applications =
        Application.homes + Application.servers + Application.frameworks + Application.browsers
        + Application.libraries + Application.messages

    @Test(arguments: applications, MigratedTwin.Remote.allCases)
    func `an application sees the rows of a plain file`(
        application: Application, remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(application.script, [], on: remote)
        for table in application.tables {
            try twin.database.tables[table.name].enable(
                filter: table.filter, follows: table.follows)
        }
        let report = try twin.database.migrate(batchRowCount: 16)
        for table in application.tables {
            #expect(
                report.tables.contains { $0.name == table.name && $0.rowCount > 0 },
                "no row of \(table.name) moved")
        }
        for step in application.life {
            switch step {
            case .run(let sql): try twin.both(sql)
            case .elsewhere(let script):
                try twin.plain.execute(script)
                try twin.runNatively(script)
            case .migrate: try twin.database.migrate(batchRowCount: 16)
            }
            for table in application.tables {
                // What follows a difference differs, too.
                guard try Self.hasSameRows(twin, table.name, after: step) else { return }
            }
        }
        #expect(try twin.database.verify().isSound)
        try twin.database.migrate(batchRowCount: 16)
        for table in application.tables.reversed() {
            try twin.database.tables[table.name].bringBack()
        }
        for table in application.tables {
            guard try Self.hasSameRows(twin, table.name, after: .migrate) else { return }
        }
        let native = try Connection.native(to: twin.path)
        for table in application.tables {
            let query = "SELECT * FROM \(table.name)"
            #expect(
                try MigratedTwin.sorted(native.rows(query))
                    == MigratedTwin.sorted(twin.plain.rows(query)),
                "\(table.name) in the end")
        }
    }

    /// Returns whether both databases have the same rows of a table, which is expected.
    private static func hasSameRows(
        _ twin: MigratedTwin, _ table: String, after step: Application.Step
    ) throws -> Bool {
        let query = "SELECT * FROM \(table)"
        let found = Set(MigratedTwin.sorted(try twin.database.query(query).rows))
        let expected = Set(MigratedTwin.sorted(try twin.plain.rows(query)))
        let (more, less) = (found.subtracting(expected), expected.subtracting(found))
        #expect(
            found == expected,
            "\(table) after \(step): more \(more.sorted()), less \(less.sorted())")
        return found == expected
    }
}
