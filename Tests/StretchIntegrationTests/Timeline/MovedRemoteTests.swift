import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// Remotes that an administrator moved to another address.
@Suite struct MovedRemoteTests {
    private typealias Sample = TimelineSample

    private func options(_ server: String, withCopy: Bool = true) -> ReauthorizeOptions {
        var options = ReauthorizeOptions()
        options.server = server
        options.withCopy = withCopy
        return options
    }

    private func move(_ name: String, to other: String, in sample: Sample) throws {
        for suffix in ["", "-wal", "-shm"]
        where FileManager.default.fileExists(atPath: sample.folder.path(name + suffix)) {
            try FileManager.default.moveItem(
                atPath: sample.folder.path(name + suffix),
                toPath: sample.folder.path(other + suffix))
        }
    }

    @Test(arguments: [true, false])
    func `a file that is connected keeps its branch and follows its remote`(
        _ withCopy: Bool
    ) throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        let rows = try Sample.contents(database)
        let branch = try #require(try database.branches.all().first { $0.isCurrent }).id
        #expect(
            try database.remote.reauthorize(options("file:cold.db", withCopy: withCopy)).action
                == .nothing)
        try move("cold.db", to: "moved.db", in: sample)
        var dry = options("file:moved.db", withCopy: withCopy)
        dry.isDryRun = true
        #expect(try sample.open().remote.reauthorize(dry).action == .move)
        #expect(try sample.open().status().database.server == "file:cold.db")
        let report = try database.remote.reauthorize(options("file:moved.db", withCopy: withCopy))
        #expect(report.action == .move && report.branch == branch && report.rows == 40)
        #expect(report.server == "file:moved.db")
        let reopened = try sample.open()
        #expect(try reopened.status().database.server == "file:moved.db")
        #expect(try Sample.contents(reopened) == rows)
        try sample.live(reopened, from: 100)
        #expect(try reopened.verify().isSound)
        #expect(try reopened.branches.all().count == 1)
        #expect(try reopened.remote.reauthorize().action == .nothing)
    }

    @Test func `another remote is refused, and the file stays where it was`() throws {
        let (sample, other) = (try Sample(), try Sample())
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try other.open().migrate()
        let stranger = "file:" + other.folder.path("cold.db")
        expectError(.remoteMismatch, "nothing in common") {
            try database.remote.reauthorize(options(stranger))
        }
        // The same history in a remote with another identity.
        try Connection(
            path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked
        ).execute("VACUUM INTO '\(sample.folder.path("twin.db"))'")
        let twin = try Connection(
            path: sample.folder.path("twin.db"), access: .readWrite, routines: .linked)
        try twin.execute("UPDATE stretch_remote SET remote = remote % 1000 + 1")
        expectError(.remoteMismatch, "is another remote") {
            try database.remote.reauthorize(options("file:twin.db"))
        }
        #expect(try sample.open().status().database.server == "file:cold.db")
        #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[60]])
    }

    @Test func `a move that was cut off is completed, or taken back`() throws {
        for server in ["file:moved.db", "file:cold.db"] {
            let sample = try Sample()
            let database = try sample.open()
            try database.migrate(batchRowCount: 9)
            try database.remote.reauthorize(options("file:cold.db"))
            try Connection(
                path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked
            ).execute("VACUUM INTO '\(sample.folder.path("moved.db"))'")
            // The keystore's record is written, and the file cannot be.
            let other = try Connection(
                path: sample.path, access: .readWrite, routines: .linked)
            try other.execute("BEGIN IMMEDIATE")
            var impatient = sample.configuration()
            impatient.busyTimeout = .milliseconds(10)
            let cut = try StretchDatabase(path: sample.path, configuration: impatient)
            expectError(.busy, "") { try cut.remote.reauthorize(options("file:moved.db")) }
            try other.execute("ROLLBACK")
            #expect(try sample.open().status().database.linkState == .disconnected)
            let report = try sample.open().remote.reauthorize(options(server))
            #expect(report.action == .move && report.server == server)
            #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[60]])
            try sample.live(try sample.open(), from: 100)
        }
    }

    @Test func `the credentials of a file follow its remote`() throws {
        let admin = RemoteCredential(login: "admin", password: "s3cret-of-remote")
        let sample = try Sample(login: admin)
        let database = try sample.open(login: admin)
        try database.migrate()
        try database.masterKey.drop()
        try database.masterKey.create(password: "a long password")
        try database.credentials.create(
            "cold", identity: "admin", secret: "s3cret-of-remote")
        for (from, to, withCopy) in [("cold", "moved", true), ("moved", "again", false)] {
            try move("\(from).db", to: "\(to).db", in: sample)
            var asked = options("file:\(to).db", withCopy: withCopy)
            asked.credential = "cold"
            #expect(try sample.open().remote.reauthorize(asked).action == .move)
            #expect(
                try sample.open().remote.testConnection(credential: "cold").report.state
                    == .healthy)
        }
    }

    @Test func `an address without a schema means the file's own`() throws {
        let sample = try Sample("postgresql")
        let remote = try #require(sample.remote)
        let database = try sample.open()
        try database.migrate()
        let renamed = remote.database + "_moved"
        try remote.server.psql(
            "ALTER DATABASE \(remote.database) RENAME TO \(renamed)", database: "postgres")
        let address = remote.server.address(of: renamed)
        let report = try sample.open().remote.reauthorize(options(address))
        #expect(report.action == .move && report.server.contains("schema=stretch_1"))
        #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[60]])
        try sample.live(try sample.open(), from: 100)
        expectError(.remoteMismatch, "no schema of that name") {
            try database.remote.reauthorize(options(address + "&schema=other"))
        }
    }

    @Test func `a remote beside the former file is named by the hint`() throws {
        let sample = try Sample()
        try sample.open().migrate()
        let folder = try TemporaryFolder()
        try sample.backUp(to: "copy.db")
        try FileManager.default.moveItem(
            atPath: sample.folder.path("copy.db"), toPath: folder.path("copy.db"))
        let copy = try StretchDatabase(
            path: folder.path("copy.db"), configuration: sample.configuration())
        let server = "file:" + sample.folder.path("cold.db")
        var failure: StretchError?
        do { try copy.remote.reauthorize() } catch { failure = error }
        #expect(failure?.advice == [.moveRemote(server: server)])
        #expect(try copy.remote.reauthorize(options(server)).action == .fork)
        #expect(try copy.query("SELECT count(*) FROM t").rows == [[60]])
    }
}
