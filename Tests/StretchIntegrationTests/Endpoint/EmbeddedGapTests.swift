import Foundation
import Stretch
import StretchEngine
import StretchSQLite
import StretchSchema
import StretchTestSupport
import Testing

@Suite struct EmbeddedGapTests {
    @Test func `an embedded remote says what it lacks, and waits for nobody`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);
            CREATE INDEX by_a ON t(a); CREATE INDEX by_id ON t(id);
            INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z')
            """)
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id < 3")
        #expect(try database.status().tables.first?.hasRemoteIndexes == false)
        #expect(try database.status().tables.first?.ownerSteps == [])
        try database.migrate()
        #expect(try database.status().tables.first?.hasRemoteIndexes == true)
        try Connection(path: path, access: .readWrite, routines: .linked).execute(
            "CREATE INDEX by_b ON t(b)")
        #expect(try database.status().tables.first?.hasRemoteIndexes == false)
        #expect(try database.remote.provision().tables.first?.steps.map(\.kind) == [.indexes])
        #expect(try database.remote.provision().tables.first?.steps == [])
        #expect(try database.status().tables.first?.hasRemoteIndexes == true)
    }
}
