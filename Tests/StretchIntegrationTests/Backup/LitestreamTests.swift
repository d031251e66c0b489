import Foundation
import Stretch
import StretchCore
import StretchEndpointTesting
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// A real replica, written by the real program.
@Suite struct LitestreamTests {
    private static func replica(_ program: LitestreamProgram, _ url: String) -> LitestreamReplica {
        LitestreamReplica(url: url) { (arguments) throws(StretchError) in
            do {
                return Data(try program.run(arguments).utf8)
            } catch {
                throw StretchError(.remoteUnavailable, "litestream failed: \(error)", hint: "Try.")
            }
        }
    }

    /// Waits until the replica has the file's present state, and a whole second is over.
    private static func settle(
        _ program: LitestreamProgram, _ url: String, _ sample: TimelineSample
    ) throws {
        func rows(_ path: String) throws -> [[[Value]]] {
            let plain = try Connection(path: path, access: .readOnly, routines: .linked)
            return try ["t", "stretch_database", "stretch_batch", "stretch_tombstone"].map {
                try plain.rows("SELECT * FROM \($0) ORDER BY 1, 2")
            }
        }
        let present = try rows(sample.path)
        for turn in 0..<1_000 {
            let copy = sample.folder.path("settling-\(turn).db")
            _ = try? program.run(["restore", "-o", copy, url])
            defer { try? FileManager.default.removeItem(atPath: copy) }
            guard FileManager.default.fileExists(atPath: copy), try rows(copy) == present else {
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            return Thread.sleep(forTimeInterval: 2.1)
        }
        throw ConformanceFailure("litestream does not follow the file")
    }

    private func restore(
        _ replica: LitestreamReplica, _ name: String, in sample: TimelineSample, at time: Timestamp,
        original: String? = nil, acceptsNearest: Bool = false
    ) throws -> RestoreReport {
        var options = RestoreOptions()
        options.time = time
        options.original = original.map { sample.folder.path($0) }
        options.acceptsNearest = acceptsNearest
        return try StretchDatabase.restore(
            replica, to: sample.folder.path(name), options, configuration: sample.configuration())
    }

    private func now() -> Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    @Test func `a chosen second comes back with its cold rows, and an idle database too`() throws {
        let program = try LitestreamProgram()
        let sample = try TimelineSample()
        let url = "file://\(sample.folder.path("replica"))"
        let replica = Self.replica(program, url)
        var moments: [(time: Timestamp, rows: [[Value]])] = []
        let start = now()
        let replication = try LitestreamProgram.Replication(
            program, sample.path, to: sample.folder.path("replica"))
        do {
            let database = try sample.open()
            for step in 0..<3 {
                try database.migrate(batchRowCount: 9)
                try database.execute("UPDATE t SET v = 'step \(step)' WHERE id IN (5, 55)")
                try sample.live(database, from: 100 + 10 * step)
                try Self.settle(program, url, sample)
                moments.append((now(), try TimelineSample.contents(database)))
            }
        }
        try replication.stop()
        for (index, moment) in moments.enumerated() {
            let name = "moment-\(index).db"
            let isLast = index == moments.count - 1
            if isLast {
                // Nothing in the replica tells that the database was idle; the file does.
                expectError(.wrongState, "nothing shows that it was complete") {
                    _ = try restore(replica, name, in: sample, at: moment.time)
                }
                #expect(!FileManager.default.fileExists(atPath: sample.folder.path(name)))
            }
            let report = try restore(
                replica, name, in: sample, at: moment.time, original: isLast ? "app.db" : nil)
            let gap = try #require(report.gap)
            #expect(gap >= .zero && gap < .seconds(300), "\(report)")
            // The file is the program's; its rights and its time are those of any restored file.
            let attributes = try FileManager.default.attributesOfItem(
                atPath: sample.folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(report.content.time == report.time)
            let restored = try sample.open(name)
            expectError(.disconnected, "") { _ = try TimelineSample.contents(restored) }
            try restored.remote.reauthorize()
            #expect(try TimelineSample.contents(restored) == moment.rows, "moment \(index)")
            #expect(try restored.verify().isSound)
        }
        let last = try #require(moments.last)
        #expect(try TimelineSample.contents(sample.open()) == last.rows)
        // What was written after the replica's end is not in it.
        try sample.open().execute("UPDATE t SET v = 'unreplicated' WHERE id = 55")
        expectError(.wrongState, "nothing shows that it was complete") {
            _ = try restore(replica, "x.db", in: sample, at: now(), original: "app.db")
        }
        let nearest = try restore(replica, "x.db", in: sample, at: now(), acceptsNearest: true)
        #expect(nearest.linkState == .disconnected)
        expectError(.invalidArgument, "begins at") {
            let early = Timestamp(milliseconds: start.milliseconds - 60_000)
            _ = try restore(replica, "y.db", in: sample, at: early, acceptsNearest: true)
        }
    }
}
