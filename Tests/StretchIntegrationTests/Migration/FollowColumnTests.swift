import Stretch
import StretchCore
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct FollowColumnTests {
    private static let script = """
        CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT, day INT);
        CREATE TABLE event_json(event INT, code TEXT, json TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO events SELECT i, 'c' || i, i FROM n;
        INSERT INTO event_json SELECT id, code, 'json ' || id FROM events;
        INSERT INTO event_json VALUES (NULL, NULL, 'of no event'), (100, 'c100', 'the last');
        """
    private static let all = "SELECT event, code, json FROM event_json ORDER BY event, json"
    private static let byID = [FollowColumn(child: "event", parent: "id")]

    private func sample() throws -> AdministrationSample {
        let sample = try AdministrationSample(Self.script)
        try sample.database.tables["events"].enable(filter: "day <= 60")
        return sample
    }

    @Test(arguments: [false, true])
    func `a table follows its parent without a foreign key`(parentIsCold: Bool) throws {
        let sample = try sample()
        let all = try sample.database.query(Self.all).rows
        if parentIsCold { try sample.database.migrate() }
        let report = try sample.database.tables["event_json"].enable(
            filter: "", follows: "Events", on: Self.byID)
        #expect(report.follows == "events")
        #expect(report.followColumns == Self.byID)
        #expect(report.eligibleRows == 60)
        #expect(report.advice.allSatisfy { !$0.contains("follows") })
        try sample.database.migrate()
        let status = try sample.status("event_json")
        #expect(status.follows == "events")
        #expect(status.followColumns == Self.byID)
        #expect(status.remoteRows == 60)
        #expect(status.localRows == 42)
        #expect(try sample.status("events").remoteRows == 60)
        #expect(try sample.database.query(Self.all).rows == all)
        // A hot parent row keeps its rows, and no key guards the parent.
        try sample.database.tables["events"].alter(filter: "day <= 80")
        try sample.database.migrate()
        #expect(try sample.status("event_json").remoteRows == 80)
        #expect(try sample.database.query(Self.all).rows == all)
        #expect(try sample.database.verify().isSound)
    }

    @Test func `several columns, and advice without an index of the parent's`() throws {
        let sample = try sample()
        let columns = [
            FollowColumn(child: "code", parent: "code"),
            FollowColumn(child: "event", parent: "day"),
        ]
        let report = try sample.database.tables["event_json"].enable(
            filter: "json <> 'json 7'", follows: "events", on: columns)
        #expect(report.eligibleRows == 60)
        #expect(
            report.advice.contains {
                $0.contains("CREATE INDEX … ON \"events\"(\"code\", \"day\")")
            })
        try sample.database.migrate()
        // A row without a parent goes by the filter alone, as with a foreign key.
        #expect(try sample.status("event_json").remoteRows == 60)
    }

    @Test func `the columns are known after they were renamed`() throws {
        let sample = try sample()
        try sample.database.tables["event_json"].enable(
            filter: "", follows: "events", on: Self.byID)
        try sample.database.execute("ALTER TABLE events RENAME COLUMN id TO number")
        try sample.database.execute("ALTER TABLE event_json RENAME COLUMN event TO event_number")
        try sample.database.migrate()
        let status = try sample.status("event_json")
        #expect(status.remoteRows == 60)
        #expect(status.followColumns == [FollowColumn(child: "event_number", parent: "number")])
    }

    @Test func `a column that was dropped is asked about, and another one can be named`() throws {
        let sample = try sample()
        try sample.database.tables["event_json"].enable(
            filter: "", follows: "events", on: [FollowColumn(child: "code", parent: "code")])
        try sample.database.execute("ALTER TABLE event_json DROP COLUMN code")
        let status = try sample.status("event_json")
        #expect(status.problem?.contains("columns by which it does so were dropped") == true)
        let report = try sample.database.tables["event_json"].alter(
            follows: .parent("events", on: Self.byID))
        #expect(report.eligibleRows == 60)
        #expect(try sample.database.migrate().rowCount == 120)
        let freed = try sample.database.tables["event_json"].alter(
            filter: "event <= 70", follows: .nothing)
        #expect(freed.follows == nil)
        #expect(freed.eligibleRows == 10)
        try sample.database.tables["event_json"].disable(.bringBack)
        try sample.database.tables["events"].disable(.bringBack)
        try sample.database.disable()
        let left = try sample.database.query(
            "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'stretch%'")
        #expect(left.rows == [[0]])
    }

    @Test func `wrong columns and parents are refused`() throws {
        let sample = try sample()
        let table = sample.database.tables["event_json"]
        expectError(.invalidArgument, "table \"event_json\" has no column \"id\"") {
            try table.enable(
                filter: "", follows: "events", on: [FollowColumn(child: "id", parent: "event")])
        }
        expectError(.invalidArgument, "table \"events\" has no column \"none\"") {
            try table.enable(
                filter: "", follows: "events", on: [FollowColumn(child: "event", parent: "none")])
        }
        expectError(.invalidArgument, "named twice") {
            try table.enable(
                filter: "", follows: "events",
                on: Self.byID + [FollowColumn(child: "EVENT", parent: "day")])
        }
        expectError(.invalidArgument, "no foreign key to \"events\"") {
            try table.enable(filter: "", follows: "events")
        }
        expectError(.wrongState, "is not stretch-enabled") {
            try table.enable(filter: "", follows: "other", on: Self.byID)
        }
        expectError(.unsupported, "would follow itself") {
            try sample.database.tables["events"].alter(
                follows: .parent("events", on: [FollowColumn(child: "day", parent: "id")]))
        }
        expectError(.invalidArgument, "is empty") {
            try sample.database.tables["events"].alter(filter: "", follows: .nothing)
        }
        #expect(try sample.database.status().tables.map(\.name) == ["events"])
    }
}
