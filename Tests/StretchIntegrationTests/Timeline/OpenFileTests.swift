import Foundation
import StretchEngine
import StretchSQLite
import Testing

/// SQLite holds a lock for as long as a connection is open: one that leaks keeps others out.
@Suite struct OpenFileTests {
    /// The descriptors of this process that lead to a file, which no other test opens.
    private func descriptorCount(_ path: String) -> Int {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))
                == path
        }.count
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")))
    func `a database that nobody uses any more is closed, whatever it did`() throws {
        let sample = try TimelineSample()
        let work: [(String, (StretchDatabase) throws -> Void)] = [
            ("migrate", { try $0.migrate(batchRowCount: 10) }),
            ("scan", { _ = try $0.query(TimelineSample.all) }),
            ("point", { _ = try $0.query("SELECT v FROM t WHERE id = 3") }),
            ("range", { _ = try $0.query("SELECT v FROM t WHERE id BETWEEN 3 AND 44") }),
            ("list", { _ = try $0.query("SELECT v FROM t WHERE id IN (1, 2, 50)") }),
            ("join", { _ = try $0.query("SELECT count(*) FROM t AS a JOIN t AS b ON b.id = a.n") }),
            ("statement", { _ = try $0.prepare("SELECT * FROM t").step() }),
            ("insert", { try $0.execute("INSERT INTO t VALUES (70, 'new', 70)") }),
            ("upsert", { try $0.execute("INSERT OR REPLACE INTO t VALUES (4, 'new', 4)") }),
            ("update", { try $0.execute("UPDATE t SET v = 'x' WHERE id IN (5, 55)") }),
            ("delete", { try $0.execute("DELETE FROM t WHERE id IN (6, 56)") }),
            ("status", { _ = try $0.status() }), ("verify", { _ = try $0.verify() }),
            ("bring back", { try $0.tables["t"].bringBack(where: "id < 9") }),
            ("collect", { _ = try $0.remote.collectGarbage() }),
        ]
        for (name, body) in work {
            do {
                let database = try sample.open()
                try body(database)
            }
            #expect(descriptorCount(sample.path) == 0, "after \(name)")
        }
    }
}
