import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// What another program put in the place of a table of the catalog.
@Suite struct CatalogTableTests {
    @Test(arguments: [
        (
            "ALTER TABLE stretch_batch RENAME TO b; CREATE VIEW stretch_batch AS WITH RECURSIVE "
                + "c(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM c) SELECT number, "
                + "1 AS table_id, number AS id, 1 AS epoch, 1 AS schema_version, 1 AS rows, "
                + "1 AS bytes, x'' AS zones, x'' AS digest FROM c",
            "view \"stretch_batch\" has the name"
        ),
        (
            "ALTER TABLE stretch_principal RENAME TO b; CREATE VIEW Stretch_Principal AS SELECT 1",
            "view \"Stretch_Principal\" has the name"
        ),
        (
            "ALTER TABLE stretch_database RENAME TO b; CREATE VIEW stretch_database AS SELECT 1",
            "view \"stretch_database\" has the name"
        ),
        (
            "CREATE TRIGGER g AFTER INSERT ON stretch_event BEGIN DELETE FROM t; END",
            "trigger \"g\" is on table \"stretch_event\""
        ),
        (
            "DROP TABLE stretch_lock; CREATE VIRTUAL TABLE stretch_lock USING fts5(a)",
            "virtual table \"stretch_lock\" has the name"
        ),
    ])
    func `what is no plain table of the catalog is damage`(script: String, words: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for statement in script.split(separator: "; C") {
            try Connection.native(to: twin.path).execute(
                one: statement.hasPrefix("R") ? "C" + statement : String(statement))
        }
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        expectError(.damaged, words) { _ = try database.query("SELECT count(*) FROM t") }
        expectError(.damaged, words) { _ = try database.status() }
        expectError(.damaged, words) { try database.tables["t"].pause() }
        expectError(.damaged, words) { try database.migrate() }
        expectError(.damaged, words) { _ = try database.verify() }
    }
}
