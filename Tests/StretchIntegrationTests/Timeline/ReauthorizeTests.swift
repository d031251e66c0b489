import Foundation
import Stretch
import StretchCatalog
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// Restored and copied files, on both remotes.
@Suite struct ReauthorizeTests {
    private typealias Sample = TimelineSample

    private func expectDisconnected(
        _ database: StretchDatabase, _ words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(
            try database.query("SELECT count(*) FROM t WHERE id > 50").rows == [[10]],
            sourceLocation: sourceLocation)
        for body in [
            { _ = try database.query(Sample.all) }, { _ = try database.migrate() },
            { _ = try database.tables["t"].bringBack() },
            { try database.execute("UPDATE t SET v = 'x' WHERE id = 2") },
        ] {
            expectError(.disconnected, words, sourceLocation: sourceLocation) {
                do { try body() } catch let error as SQLiteError {
                    throw database.explanation(of: error)
                }
            }
        }
        #expect(
            try database.status().database.linkState == .disconnected,
            sourceLocation: sourceLocation)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a restored backup gets a branch of its own, and both files live on`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let original = try sample.open()
        try original.migrate(batchRowCount: 9)
        try original.execute("DELETE FROM t WHERE id = 11; UPDATE t SET v = 'moment' WHERE id = 12")
        let moment = try Sample.contents(original)
        try sample.backUp(to: "backup.db")
        try sample.live(original, from: 100)
        let later = try Sample.contents(original)

        let copy = try sample.open("backup.db")
        try expectDisconnected(copy, "copy")
        var dry = ReauthorizeOptions()
        dry.isDryRun = true
        #expect(try copy.remote.reauthorize(dry).action == .fork)
        try expectDisconnected(copy, "copy")
        let report = try copy.remote.reauthorize()
        #expect(report.action == .fork && report.rows == 38 && report.lost.isEmpty)
        #expect(try Sample.contents(copy) == moment)
        #expect(try copy.remote.reauthorize().action == .nothing)
        #expect(try Sample.contents(original) == later)

        try sample.live(copy, from: 200)
        let other = try Sample.contents(copy)
        try sample.live(original, from: 300)
        try original.remote.setRetention(.zero)
        _ = try original.remote.collectGarbage()
        _ = try copy.remote.collectGarbage()
        #expect(try Sample.contents(sample.open("backup.db")) == other)
        for database in [original, copy] { #expect(try database.verify().isSound) }
        // The same backup again: the batches of its moment are there, or collected and named.
        try FileManager.default.removeItem(atPath: sample.folder.path("backup.db"))
    }

    @Test(arguments: ["file", "postgresql"])
    func `many batches take the same calls as few`(_ kind: String) throws {
        var calls: [[String]] = []
        for batchRowCount in [20, 2] {
            let log = CallLog()
            let sample = try Sample(kind) { LoggingEndpoint($0, log) }
            try sample.open().migrate(batchRowCount: batchRowCount)
            try sample.backUp(to: "backup.db")
            let copy = try sample.open("backup.db")
            log.calls = []
            let report = try copy.remote.reauthorize()
            #expect(report.batches == 40 / Int64(batchRowCount) && report.rows == 40)
            calls.append(log.calls)
        }
        #expect(calls[0] == calls[1])
        #expect(calls[0].contains("fork") && !calls[0].contains("batches"))
    }

    @Test(arguments: ["file", "postgresql"])
    func `an old file in the same place, with the same inode, is noticed`(_ kind: String) throws {
        let sample = try Sample(kind)
        try sample.open().migrate(tables: ["t"], batchRowCount: 20)
        let moment = try Sample.contents(sample.open())
        try sample.backUp(to: "backup.db")
        try sample.live(try sample.open(), from: 100)
        try sample.restoreInPlace("backup.db")
        let restored = try sample.open()
        try expectDisconnected(restored, "restored")
        let trips = restored.roundTripCount
        #expect(try restored.query("SELECT count(*) FROM t WHERE id > 50").rows == [[10]])
        #expect(restored.roundTripCount == trips)
        #expect(try restored.remote.reauthorize().action == .fork)
        #expect(try Sample.contents(restored) == moment)
        try sample.live(restored, from: 100)
        #expect(try restored.verify().isSound)
    }

    @Test func `a moved file stays connected, and a copy does not while the original is there`()
        throws
    {
        let sample = try Sample()
        try sample.open().migrate()
        let whole = try Sample.contents(sample.open())
        try sample.backUp(to: "copy.db")
        try expectDisconnected(try sample.open("copy.db"), "copy")
        for suffix in ["", "-wal", "-shm"] {
            let path = sample.path + suffix
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try FileManager.default.moveItem(
                atPath: path, toPath: sample.folder.path("moved.db") + suffix)
        }
        #expect(try Sample.contents(sample.open("moved.db")) == whole)
        try expectDisconnected(try sample.open("copy.db"), "copy")
        try sample.open("moved.db").migrate()
    }

    @Test func `a reader with an old snapshot goes on while the migrator moves the file on`() throws
    {
        let sample = try Sample()
        let reader = try sample.open()
        try sample.open().migrate(tables: ["t"], batchRowCount: 10)
        try reader.execute("BEGIN")
        #expect(try reader.query("SELECT count(*) FROM t WHERE id > 50").rows == [[10]])
        let writer = try sample.open()
        try writer.tables["t"].alter(filter: "n <= 45")
        try writer.migrate()
        #expect(try reader.query("SELECT count(*), sum(n) FROM t").rows == [[60, 1_830]])
        try reader.execute("COMMIT")
        #expect(try reader.query("SELECT count(*), sum(n) FROM t").rows == [[60, 1_830]])
    }

    @Test(arguments: ["file", "postgresql"])
    func `a branch is continued by its owner alone, or by whom the command names`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let original = try sample.open()
        try original.migrate(batchRowCount: 10)
        try sample.backUp(to: "copy.db")
        let moment = try Sample.contents(original)
        // Another user of another machine.
        let stranger = Keystore(path: sample.folder.path("stranger"))
        let copy = try sample.open("copy.db", keystore: stranger)
        try expectDisconnected(copy, "keystore")
        var options = ReauthorizeOptions()
        options.withCopy = false
        let owner = try #require(
            try sample.remoteOwner())
        expectError(.remoteMismatch, "belongs to \(owner)") { try copy.remote.reauthorize(options) }
        options.takesOver = "somebody else"
        expectError(.remoteMismatch, "belongs to") { try copy.remote.reauthorize(options) }
        options.takesOver = owner
        #expect(try copy.remote.reauthorize(options).action == .continue)
        #expect(try Sample.contents(copy) == moment)
        try sample.live(copy, from: 100)
        // The loser stops writing and goes on reading.
        let loser = try sample.open()
        expectError(.remoteMismatch, "belongs to") { _ = try loser.migrate() }
        #expect(try Sample.contents(loser) == moment)
        options.takesOver = nil
        expectError(.remoteMismatch, "moved on") { try loser.remote.reauthorize(options) }
        #expect(try loser.remote.reauthorize().action == .fork)
        try sample.live(loser, from: 100)
        for database in [loser, copy] { #expect(try database.verify().isSound) }
    }

    @Test(arguments: ["file", "postgresql"])
    func `what a rolled back remote has lost is listed, and given up only by name`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let database = try sample.open()
        try database.tables["t"].alter(filter: "n <= 20")
        try database.migrate(batchRowCount: 10)
        let saved = try sample.saveRemote()
        try database.tables["t"].alter(filter: "n <= 40")
        try database.migrate(batchRowCount: 10)
        let whole = try Sample.contents(database)
        try sample.rollBackRemote(to: saved)
        let reader = try sample.open()
        expectError(.remoteMismatch, "") { _ = try reader.query(Sample.all) }
        expectError(.remoteMismatch, "") { _ = try reader.migrate() }
        var options = ReauthorizeOptions()
        expectError(.remoteMismatch, "10 rows, keys 21 to 30") {
            try reader.remote.reauthorize(options)
        }
        options.acceptedLosses = [1]
        expectError(.remoteMismatch, "10 rows, keys 31 to 40") {
            try reader.remote.reauthorize(options)
        }
        options.acceptsAllLosses = true
        options.isDryRun = true
        let dry = try reader.remote.reauthorize(options)
        #expect(dry.lost.map(\.rows) == [10, 10] && dry.lost.map(\.table) == ["t", "t"])
        options.isDryRun = false
        #expect(try reader.remote.reauthorize(options).rows == 20)
        #expect(
            try Sample.contents(reader)
                == whole.filter {
                    ($0[2].integerValue ?? 0) <= 20
                        || ($0[2].integerValue ?? 0) > 40
                })
        try sample.live(reader, from: 100)
        #expect(try reader.verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a backup whose batches were collected is told which one, and nothing is attached`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let database = try sample.open()
        try database.migrate(batchRowCount: 10)
        try sample.backUp(to: "backup.db")
        try database.tables["t"].bringBack()
        try database.migrate(tables: [])
        try database.remote.setRetention(.zero)
        #expect(try database.remote.collectGarbage().batches == 4)
        let backup = try sample.open("backup.db")
        expectError(.remoteMismatch, "garbage: batch") { try backup.remote.reauthorize() }
        try expectDisconnected(backup, "copy")
        var options = ReauthorizeOptions()
        options.acceptsAllLosses = true
        #expect(try backup.remote.reauthorize(options).lost.count == 4)
        #expect(try backup.query("SELECT count(*) FROM t").rows == [[20]])
        try sample.live(backup, from: 100)
        #expect(try backup.verify().isSound)
    }

    @Test(arguments: [1, 2, 3], ["file", "postgresql"])
    func `a reauthorization that was cut off goes on with the same branch`(
        _ failingSession: Int, _ kind: String
    ) throws {
        let sample = try Sample(kind)
        try sample.open().migrate()
        let moment = try Sample.contents(sample.open())
        try sample.backUp(to: "backup.db")
        var configuration = sample.configuration()
        let sessions = Counter()
        configuration.wrapSessions { (endpoint) throws(StretchError) in
            guard sessions.next() != failingSession else {
                throw StretchError(.remoteUnavailable, "cut off", hint: "Test.")
            }
            return endpoint
        }
        let cut = try StretchDatabase(
            path: sample.folder.path("backup.db"), configuration: configuration)
        var failure: StretchError?
        do { try cut.remote.reauthorize() } catch { failure = error }
        let copy = try sample.open("backup.db")
        if failure != nil { try expectDisconnected(copy, "") }
        let report = try copy.remote.reauthorize()
        #expect(report.action == (failure == nil ? .nothing : .fork))
        #expect(try Sample.contents(copy) == moment)
        try copy.migrate()
        #expect(try copy.verify().isSound)
    }

    @Test func `a deauthorized file answers nothing until it is told otherwise`() throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate()
        let whole = try Sample.contents(database)
        try database.remote.deauthorize()
        expectError(.wrongState, "disconnected already") { try database.remote.deauthorize() }
        expectError(.wrongState, "") { _ = try sample.open().query("SELECT 1 FROM t") }
        expectError(.disconnected, "deauthorized") { try database.setQueryMode(.localAndRemote) }
        try database.setQueryMode(.localOnly)
        #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[20]])
        try database.setQueryMode(.localAndRemote, isForced: true)
        expectError(.disconnected, "deauthorized") { _ = try sample.open().query(Sample.all) }
        try database.setQueryMode(.localOnly)
        var options = ReauthorizeOptions()
        options.withCopy = false
        #expect(try database.remote.reauthorize(options).action == .continue)
        #expect(try Sample.contents(database) == whole)
        #expect(try Sample.contents(sample.open()) == whole)
        try database.migrate()
    }

    @Test func `the login of an embedded remote is asked for by its administration`() throws {
        let admin = RemoteCredential(login: "admin", password: "s3cret-of-remote")
        let sample = try Sample(login: admin)
        try sample.open().migrate()
        let moment = try Sample.contents(sample.open())
        #expect(try sample.open().status().database.login == "admin")
        try sample.backUp(to: "backup.db")
        let copy = try sample.open("backup.db")
        expectError(.notPermitted, "refuses login") { try copy.remote.reauthorize() }
        // The four steps.
        try copy.masterKey.create(password: "a long password")
        expectError(.wrongState, "already") { try copy.masterKey.create(password: nil) }
        try copy.credentials.create("bad", identity: "admin", secret: "another")
        try copy.credentials.create("good", identity: "ADMIN", secret: admin.password)
        var options = ReauthorizeOptions()
        options.credential = "bad"
        expectError(.notPermitted, "refuses login") { try copy.remote.reauthorize(options) }
        options.credential = "missing"
        expectError(.invalidArgument, "missing") { try copy.remote.reauthorize(options) }
        options.credential = "Good"
        #expect(try copy.remote.reauthorize(options).action == .fork)
        #expect(try Sample.contents(copy) == moment)
        #expect(try copy.credentials.all().map(\.name) == ["bad", "good"])
        try sample.expectNoSecret([admin.password ?? "", "a long password"])
    }
}

private final class Counter: @unchecked Sendable {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}

extension TimelineSample {
    /// Who owns the only branch, as the remote has it.
    fileprivate func remoteOwner() throws -> String? {
        guard let remote else {
            return try Connection(
                path: folder.path("cold.db"), access: .readOnly, routines: .linked
            ).string("SELECT owner_name FROM stretch_branch")
        }
        return try remote.psql("SELECT owner_name FROM stretch_branch")
    }
}

/// The calls that sessions were asked for, in their order.
// One thread at a time makes calls.
private final class CallLog: @unchecked Sendable {
    var calls: [String] = []
}

private final class LoggingEndpoint: ForwardingEndpoint {
    private let log: CallLog

    init(_ base: any Endpoint, _ log: CallLog) {
        self.log = log
        super.init(base)
    }

    override func around<Result>(
        _ call: String, _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        log.calls.append(call)
        return try body()
    }
}
