import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

/// Tables that need a collation or a function of the application stop no backup, drill or restore
/// of the file, and are named.
@Suite struct UncheckedTableTests {
    /// A migrated file with a table whose key has an unknown collation, and one with an index on
    /// an unknown function.
    private static func sample() throws -> TimelineSample {
        let sample = try TimelineSample()
        try sample.open().migrate()
        try sample.open().execute(
            """
            CREATE TABLE tag(name TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;
            CREATE TABLE word(a); CREATE INDEX word_by_a ON word(lower(a));
            """)
        // Empty, so that no index of it has to be kept.
        let native = try Connection.native(to: sample.path)
        try native.execute(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'appsort') WHERE name = 'tag';
            UPDATE sqlite_schema SET sql = replace(sql, 'lower', 'appfold')
            WHERE name = 'word_by_a';
            """)
        let version = try native.integer("PRAGMA schema_version") ?? 0
        try native.execute("PRAGMA schema_version = \(version + 1)")
        return sample
    }

    private static let unchecked = ["tag", "word"]

    @Test func `a backup, its restore and a drill check the rest`() throws {
        let sample = try Self.sample()
        let database = try sample.open()
        let report = try database.backUp(to: sample.folder.path("b.db"))
        #expect(report.backup.uncheckedTables == Self.unchecked)
        #expect(report.backup.uncheckedNote?.includes("\"tag\" and 1 more") == true)
        let drill = try database.drill(in: sample.folder.path)
        #expect(drill.isSound && drill.uncheckedTables == Self.unchecked)
        let restored = try StretchDatabase.restore(
            [sample.folder.path("b.db")], to: sample.folder.path("r.db"),
            configuration: sample.configuration())
        #expect(restored.content.uncheckedTables == Self.unchecked)
        let found = try StretchDatabase.inspect(
            sample.folder.path("r.db"), isChecked: true, configuration: sample.configuration())
        #expect(found.integrityProblems == [])
    }

    @Test func `damage of a table that can be checked is still found`() throws {
        let sample = try Self.sample()
        let native = try Connection.native(to: sample.path)
        let version = try native.integer("PRAGMA schema_version") ?? 0
        try native.execute(
            """
            CREATE TABLE c(a); INSERT INTO c VALUES (1), (NULL);
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = 'CREATE TABLE c(a NOT NULL)' WHERE name = 'c';
            PRAGMA schema_version = \(version + 2);
            """)
        expectError(.damaged, "NULL value in c.a") {
            try sample.open().backUp(to: sample.folder.path("b.db"))
        }
    }

    @Test func `a deep backup has every row`() throws {
        let sample = try Self.sample()
        var options = BackupOptions()
        options.isDeep = true
        let report = try sample.open().backUp(to: sample.folder.path("deep.db"), options)
        #expect(report.coldRows == 40 && report.backup.uncheckedTables == Self.unchecked)
    }

    @Test func `a file that cannot be rewritten is left as it is`() throws {
        let (sample, plain) = (try Self.sample(), try TimelineSample())
        #expect(try sample.open().reclaim(.full).obstacles == Self.unchecked)
        #expect(try plain.open().reclaim(.full).obstacles == [])
    }

    @Test func `a table whose rows only the application can delete is not enabled`() throws {
        let sample = try Self.sample()
        expectError(.unsupported, "only the application can change") {
            try sample.open().tables["word"].enable(filter: "a < 5")
        }
    }

    @Test func `enabling a file names the tables that no check includes`() throws {
        let folder = try TemporaryFolder()
        let native = try Connection(
            path: folder.path("app.db"), access: .create, routines: .linked)
        try native.execute("CREATE TABLE word(a)")
        let writer = try Connection.native(to: folder.path("app.db"))
        try writer.execute(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = 'CREATE TABLE word(a CHECK (appcheck(a)))';
            PRAGMA schema_version = 9;
            """)
        let database = try StretchDatabase(
            path: folder.path("app.db"), configuration: .everyRemote)
        let advice = try database.enable(server: "file:cold.db").advice
        #expect(advice.contains { $0.includes("Not checked: table \"word\", which needs") })
    }
}
