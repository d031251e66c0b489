import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEmbedded
@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchMigration
@testable import StretchStaging

/// Files beside a database whose folder belongs to someone else.
@Suite struct GuardedFileTests {
    private let precious = Data("precious".utf8)

    private func put(_ data: Data, at path: String) throws {
        try data.write(to: URL(fileURLWithPath: path))
    }

    private func content(of path: String) -> Data? { FileManager.default.contents(atPath: path) }

    private func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(arguments: ["symbolic", "hard"], ["-stretch-migrator", "-stretch-staging"])
    func `no file is written through a link beside the database`(
        kind: String, suffix: String
    ) throws {
        let sample = try StagingSample()
        try? FileManager.default.removeItem(atPath: sample.stagingPath)
        let victim = sample.base.folder.path("victim")
        try put(precious, at: victim)
        chmod(victim, 0o640)
        let link = sample.base.path + suffix
        #expect((kind == "hard" ? Foundation.link : symlink)(victim, link) == 0)
        let words = kind == "hard" ? "has a second name" : "is a symbolic link"
        expectError(.wrongState, words) { try sample.migrate() }
        expectError(.wrongState, words) {
            if suffix == "-stretch-staging" {
                try sample.open().staging.set(StagingSettings(rpoHours: 7))
            } else {
                _ = try sample.open().verify()
            }
        }
        #expect(content(of: victim) == precious)
        #expect(try mode(of: victim) == 0o640)
    }

    @Test(arguments: ["-stretch-migrator", "-stretch-staging"])
    func `a link to nothing beside the database makes nothing`(suffix: String) throws {
        let sample = try StagingSample()
        try? FileManager.default.removeItem(atPath: sample.stagingPath)
        let victim = sample.base.folder.path("victim")
        #expect(symlink(victim, sample.base.path + suffix) == 0)
        expectError(.wrongState, "is a symbolic link") { try sample.migrate() }
        #expect(content(of: victim) == nil)
    }

    @Test(arguments: ["-stretch-migrator", "-stretch-staging"])
    func `a pipe beside the database is refused at once`(suffix: String) throws {
        let sample = try StagingSample()
        try? FileManager.default.removeItem(atPath: sample.stagingPath)
        #expect(mkfifo(sample.base.path + suffix, 0o600) == 0)
        expectError(.wrongState, "is not a regular file") { try sample.migrate() }
    }

    @Test func `a file that another user owns keeps its bytes, and still is the lock`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try put(Data(), at: path)
        let lock = MigratorLease.path(for: path)
        try put(precious, at: lock)
        let stranger: uid_t = 4_242
        guard chown(lock, stranger, gid_t(stranger)) == 0 else {
            // Only root can give a file away; root's files are a stranger's to all others.
            return expectError(.wrongState, "belongs to another user") {
                _ = try GuardedFile.open("/etc/passwd", O_RDONLY, .userOrOwner(of: path))
            }
        }
        let lease = try MigratorLease(path: path, timeout: .zero, since: "now")
        defer { withExtendedLifetime(lease) {} }
        #expect(content(of: lock) == precious)
        expectError(.busy, "precious") {
            _ = try MigratorLease(path: path, timeout: .zero, since: "now")
        }
        expectError(.wrongState, "belongs to another user") {
            _ = try GuardedFile.identity(lock, .userOrOwner(of: path))
        }
        #expect(chown(path, stranger, gid_t(stranger)) == 0)
        #expect(try GuardedFile.identity(lock, .userOrOwner(of: path)) != nil)
    }

    @Test func `what is new beside a database has its mode and owner`() throws {
        let sample = try StagingSample()
        for (step, mode) in [0o600, 0o640, 0o664].enumerated() {
            chmod(sample.base.path, mode_t(mode))
            for name in ["app.db-stretch-staging", "app.db-stretch-migrator"] {
                try? FileManager.default.removeItem(atPath: sample.base.folder.path(name))
            }
            try sample.migrate(upTo: 10 * step + 10)
            for name in ["app.db-stretch-staging", "app.db-stretch-migrator"] {
                #expect(try self.mode(of: sample.base.folder.path(name)) == mode, "\(name)")
            }
        }
    }

    @Test(arguments: [0o600, 0o640, 0o666] as [mode_t])
    func `a new embedded remote and its WAL have the mode of the database`(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2),(3)")
        chmod(path, mode)
        var configuration = Configuration.everyRemote
        configuration.keystore = Keystore(path: folder.path("keystore"))
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id < 3")
        try database.migrate()
        let reader = try Connection(
            path: folder.path("cold.db"), access: .readWrite, routines: .linked)
        #expect(try reader.integer("SELECT count(*) FROM rows_1") == 2)
        for name in ["cold.db", "cold.db-wal", "cold.db-shm"] {
            #expect(try self.mode(of: folder.path(name)) == Int(mode), "\(name)")
        }
    }

    @Test(arguments: [":memory:", "file:cold.db", "file::memory:", "/dev/zero", "pipe"])
    func `a remote is a regular file and nothing else`(path: String) throws {
        let folder = try TemporaryFolder()
        let name = path == "pipe" ? folder.path(path) : path
        if path == "pipe" { #expect(mkfifo(name, 0o600) == 0) }
        for isCreating in [false, true] {
            expectError(.invalidArgument, "file") {
                let endpoint = try EmbeddedEndpoint(
                    path: name, routines: .linked, isCreating: isCreating)
                _ = try endpoint.position(branch: 1)
            }
        }
    }

    @Test func `pipes, devices and foreign links are neither backups nor places for one`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        let pipe = sample.folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let configuration = sample.configuration()
        for path in [pipe, "/dev/zero"] {
            expectError(.invalidArgument, "is not a regular file") {
                _ = try StretchDatabase.inspect(path, configuration: configuration)
            }
            expectError(.invalidArgument, "is not a regular file") {
                _ = try StretchDatabase.restore(
                    [path], to: sample.folder.path("new.db"), configuration: configuration)
            }
            expectError(.invalidArgument, "is not a regular file") {
                _ = try StretchDatabase(path: path, configuration: configuration)
            }
        }
        var options = BackupOptions()
        options.overwrites = true
        expectError(.invalidArgument, "is not a regular file") {
            try database.backUp(to: pipe, options)
        }
        let link = sample.folder.path("link.db")
        #expect(symlink(sample.folder.path("nothing"), link) == 0)
        expectError(.invalidArgument, "is a symbolic link to nothing") {
            try database.backUp(to: link, options)
        }
    }

    @Test func `a foreign file gets nothing beside it`() throws {
        let sample = try TimelineSample()
        try sample.open().migrate(batchRowCount: 9)
        let lock = sample.path + "-stretch-migrator"
        try FileManager.default.removeItem(atPath: lock)
        let other = Keystore(path: sample.folder.path("other keystore"))
        let stranger = try sample.open(keystore: other)
        expectError(.disconnected, "does not know it") { try stranger.migrate() }
        expectError(.disconnected, "does not know it") { _ = try stranger.verify() }
        var options = ReauthorizeOptions()
        options.isDryRun = true
        expectError(.remoteMismatch, "works with this very file") {
            try stranger.remote.reauthorize(options)
        }
        #expect(!FileManager.default.fileExists(atPath: lock))
    }

    @Test func `leftovers of a killed backup go, and what only looks like one stays`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        let leftover = sample.folder.path(".b.db.stretch-1-a")
        let victim = sample.folder.path("victim")
        try put(precious, at: leftover)
        try put(precious, at: victim)
        #expect(symlink(victim, sample.folder.path(".b.db.stretch-1-b")) == 0)
        #expect(mkfifo(sample.folder.path(".b.db.stretch-1-c"), 0o600) == 0)
        try database.backUp(to: sample.folder.path("b.db"))
        #expect(content(of: leftover) == nil)
        #expect(content(of: victim) == precious)
    }
}

/// What lies in the place of a database's logs, which SQLite would open, and wait.
@Suite struct GuardedLogTests {
    private static let suffixes = ["-journal", "-wal", "-shm"]

    @Test(arguments: ["app.db", "cold.db"], suffixes)
    func `a pipe or a link in the place of a log is refused at once`(
        name: String, suffix: String
    ) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let path = twin.folder.path("copy/app.db")
        try FileManager.default.createDirectory(
            atPath: twin.folder.path("copy"), withIntermediateDirectories: true)
        for file in ["app.db", "cold.db"] {
            for end in [""] + Self.suffixes {
                try? FileManager.default.copyItem(
                    atPath: twin.folder.path(file + end),
                    toPath: twin.folder.path("copy/\(file)\(end)"))
            }
        }
        let log = twin.folder.path("copy/\(name)\(suffix)")
        for kind in ["pipe", "link", "hard link"] {
            try? FileManager.default.removeItem(atPath: log)
            let victim = twin.folder.path("victim")
            try Data("x".utf8).write(to: URL(fileURLWithPath: victim))
            switch kind {
            case "pipe": #expect(mkfifo(log, 0o600) == 0)
            case "link": #expect(symlink(victim, log) == 0)
            default: #expect(link(victim, log) == 0)
            }
            let error = #expect(throws: StretchError.self) {
                if name == "app.db" {
                    _ = try StretchDatabase(path: path, configuration: .everyRemote)
                } else {
                    let file = try EmbeddedEndpoint(
                        path: twin.folder.path("copy/cold.db"), routines: .linked,
                        isCreating: false)
                    _ = try file.identity()
                }
            }
            #expect(error?.code == .wrongState)
            #expect(error?.message.contains("\(name)\(suffix)") == true)
            #expect(throws: StretchError.self) {
                try Migrator(path: path, configuration: .everyRemote).verify()
            }
        }
    }
}
