import Foundation
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// Whether a file is this user's own, and not an older one, is found without the remote.
@Suite struct HotQueryTests {
    private typealias Sample = TimelineSample

    /// How a file comes to be what it is.
    enum Origin: String, CaseIterable {
        case own
        case copied
        case restoredInPlace
        case foreign
    }

    /// Makes the file, which `name` names, and the keystore that looks at it.
    private func make(_ origin: Origin, _ sample: Sample) throws -> (name: String, Keystore) {
        try sample.backUp(to: "copy.db")
        switch origin {
        case .own: return ("app.db", sample.keystore)
        case .copied: return ("copy.db", sample.keystore)
        case .restoredInPlace:
            try sample.live(try sample.open(), from: 100)
            try sample.restoreInPlace("copy.db")
            return ("app.db", sample.keystore)
        case .foreign: return ("copy.db", Keystore(path: sample.folder.path("stranger")))
        }
    }

    /// Takes the remote away: the file, or what answers at the server's address.
    private func removeRemote(_ sample: Sample) throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("cold.db") + suffix)
        }
        guard let remote = sample.remote else { return }
        try remote.server.psql(
            "DROP DATABASE \(remote.database) WITH (FORCE)", database: "postgres")
    }

    @Test(arguments: ["file", "postgresql"], Origin.allCases)
    func `hot queries ask no remote, whatever file it is`(
        _ kind: String, _ origin: Origin
    ) throws {
        let sample = try Sample(kind)
        try sample.open().migrate(batchRowCount: 20)
        let (name, keystore) = try make(origin, sample)
        for isThere in [true, false] {
            if !isThere { try removeRemote(sample) }
            let database = try sample.open(name, keystore: keystore)
            for query in [
                "SELECT count(*) FROM t WHERE id BETWEEN 51 AND 60",
                "SELECT count(*) FROM t WHERE id IN (51, 52, 53, 54, 55, 56, 57, 58, 59, 60)",
                "SELECT count(*) FROM main.t WHERE id BETWEEN 51 AND 60",
            ] { #expect(try database.query(query).rows == [[10]], "\(query)") }
            try database.execute("UPDATE t SET v = v || '!' WHERE id = 55")
            try database.execute("INSERT INTO t VALUES (70, 'new', 90)")
            try database.execute("DELETE FROM t WHERE id = 70")
            #expect(database.roundTripCount == 0)
            // A cold row is another matter.
            let cold = { () throws in try database.query("SELECT n FROM t WHERE id = 1").rows }
            if origin != .own {
                expectError(.disconnected, "") { _ = try cold() }
                #expect(database.roundTripCount == 0)
            } else if isThere {
                #expect(try cold() == [[1]])
                #expect(database.roundTripCount > 0)
            } else {
                expectError(.remoteUnavailable, "") { _ = try cold() }
            }
        }
    }
}
