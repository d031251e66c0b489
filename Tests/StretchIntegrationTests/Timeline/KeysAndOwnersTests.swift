import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

/// Master keys, credentials and members of one file.
@Suite struct KeysAndOwnersTests {
    private func names(_ sample: TimelineSample) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sample.keystore.path)
    }

    @Test func `a credential needs a master key, and outlives a new one`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        #expect(try database.credentials.all() == [])
        expectError(.wrongState, "no master key") {
            try database.credentials.create("c", identity: "admin", secret: "secret-1")
        }
        expectError(.invalidArgument, "empty") { try database.masterKey.create(password: "") }
        try database.masterKey.create(password: "old password")
        for name in ["", "#c", String(repeating: "x", count: 129)] {
            expectError(.invalidArgument, "credential") {
                try database.credentials.create(name, identity: "admin", secret: nil)
            }
        }
        try database.credentials.create("c", identity: "admin", secret: "secret-1")
        expectError(.wrongState, "exists already") {
            try database.credentials.create("C", identity: "admin", secret: "secret-1")
        }
        expectError(.wrongState, "\"c\"") { try database.masterKey.drop() }
        try database.masterKey.regenerate(password: "new password")
        expectError(.notPermitted, "does not open") {
            try database.masterKey.open(password: "old password")
        }
        try database.masterKey.setOpensByService(false)
        expectError(.wrongState, "not open") {
            try database.credentials.alter("c", identity: "other", secret: "secret-2")
        }
        try database.masterKey.open(password: "new password")
        try database.credentials.alter("c", identity: "other", secret: "secret-2")
        #expect(try database.credentials.all().map(\.identity) == ["other"])
        try database.masterKey.addPassword("second password")
        try database.masterKey.setOpensByService(true)
        try database.masterKey.close()
        expectError(.wrongState, "not open") { try database.masterKey.close() }
        try database.masterKey.dropPassword("new password")
        try database.credentials.alter("c", identity: "third", secret: nil)
        expectError(.invalidArgument, "does not exist") { try database.credentials.drop("d") }
        try database.credentials.drop("C")
        try database.masterKey.drop()
        expectError(.wrongState, "no master key") { try database.masterKey.drop() }
        try sample.expectNoSecret([
            "secret-1", "secret-2", "old password", "new password", "second password",
        ])
    }

    @Test func `a read needs no keystore that can be written`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT);
            INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)
            """)
        // Small ids give the keystore's files short names.
        let counter = Mutex<Int64>(0)
        var configuration = Configuration.everyRemote
        configuration.randomID = {
            counter.withLock { count in
                count += 1
                return count
            }
        }
        configuration.keystore = Keystore(path: folder.path("keystore"))
        let original = try StretchDatabase(path: path, configuration: configuration)
        try original.enable(server: "file:cold.db")
        try original.tables["t"].enable(filter: "n < 2")
        try original.migrate()
        // Another keystore of this user knows an older position of the file.
        let copy = folder.path("copy")
        try FileManager.default.copyItem(atPath: folder.path("keystore"), toPath: copy)
        try original.tables["t"].alter(filter: "n < 3")
        try original.migrate()
        // There, the names of files fit into a path, and the longer ones of new files do not.
        let length = Int(PATH_MAX) - 1 - 40
        var far = folder.path("far")
        while length - far.utf8.count > 200 { far += "/" + String(repeating: "k", count: 90) }
        try FileManager.default.createDirectory(atPath: far, withIntermediateDirectories: true)
        far += "/" + String(repeating: "k", count: length - far.utf8.count - 1)
        #expect(rename(copy, far) == 0, "\(String(cString: strerror(errno)))")
        configuration.keystore = Keystore(path: far)
        let database = try StretchDatabase(path: path, configuration: configuration)
        #expect(try database.query("SELECT sum(n) FROM t").rows == [[6]])
        #expect(try database.status().database.linkState == .connected)
    }

    @Test func `an exported master key opens the credentials that it sealed`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        let file = sample.folder.path("key.backup")
        try database.masterKey.create(password: nil)
        try database.credentials.create("c", identity: "admin", secret: "secret-1")
        try database.masterKey.export(to: file, password: "export password")
        expectError(.wrongState, "already exists") {
            try database.masterKey.export(to: file, password: "export password")
        }
        expectError(.notPermitted, "does not open") {
            try database.masterKey.import(from: file, password: "wrong", newPassword: "n")
        }
        try database.masterKey.import(
            from: file, password: "export password", newPassword: "new password")
        try database.masterKey.open(password: "new password")
        try Data("something else".utf8).write(to: URL(fileURLWithPath: file))
        expectError(.damaged, "not a backup") {
            try database.masterKey.import(from: file, password: "x", newPassword: "n")
        }
        expectError(.invalidArgument, "cannot read") {
            try database.masterKey.import(from: file + "x", password: "x", newPassword: "n")
        }
        try sample.expectNoSecret(["secret-1", "export password", "new password"])
    }

    @Test func `a keystore that was changed, or lost its key, says so and loses nothing`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate()
        let hot = "SELECT count(*) FROM t WHERE id > 50"
        let name = try #require(try names(sample).first { $0.hasPrefix("file-") })
        let path = sample.keystore.path + "/" + name
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func write(_ data: Data) throws {
            try data.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        for place in stride(from: 0, to: whole.count, by: 7) {
            var changed = whole
            changed[place] ^= 1
            try write(changed)
            let other = try sample.open()
            #expect(try other.query(hot).rows == [[10]])
            expectError(.damaged, "") { _ = try other.query(TimelineSample.all) }
            expectError(.damaged, "") { _ = try other.migrate() }
        }
        try write(whole)
        let key = sample.keystore.path + "/service.key"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: key))
        try FileManager.default.removeItem(atPath: key)
        expectError(.damaged, "service key") { _ = try sample.open().query(TimelineSample.all) }
        try bytes.write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[60]])
    }

    @Test func `a note of the last position that a power cut spoiled is no note`() throws {
        let sample = try TimelineSample()
        try sample.open().migrate()
        let note = try #require(try names(sample).first { $0.hasPrefix("seen-") })
        let path = sample.keystore.path + "/" + note
        for content in [Data(), Data([1, 2, 3])] {
            try content.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[60]])
        }
    }

    @Test func `rows do not move to another remote at the same address`() throws {
        let (sample, other) = (try TimelineSample(), try TimelineSample())
        try sample.open().migrate(batchRowCount: 5)
        try sample.open().execute("INSERT INTO t VALUES (100, 'more', 1)")
        try other.open().migrate()
        let files = FileManager.default
        for name in ["cold.db", "cold.db-wal", "cold.db-shm"] {
            try? files.removeItem(atPath: sample.folder.path(name))
            guard files.fileExists(atPath: other.folder.path(name)) else { continue }
            try files.copyItem(
                atPath: other.folder.path(name), toPath: sample.folder.path(name))
        }
        expectError(.remoteMismatch, "is another remote") { try sample.open().migrate() }
        #expect(try sample.open().query("SELECT count(*) FROM main.t").rows == [[21]])
    }

    @Test func `members are recorded in the file`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        #expect(try database.members.all() == [])
        try database.members.add("zoe")
        try database.members.add("adam")
        try database.members.add("zoe")
        #expect(try sample.open().members.all() == ["adam", "zoe"])
        try database.members.drop("zoe")
        expectError(.wrongState, "not a member") { try database.members.drop("zoe") }
        expectError(.invalidArgument, "empty") { try database.members.add("") }
        #expect(try database.members.all() == ["adam"])
    }

    @Test func `programs that change one attachment at once lose nothing`() async throws {
        let sample = try TimelineSample()
        try sample.open().masterKey.create(password: nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let database = try sample.open()
                    try database.members.add("user \(number)")
                    try database.credentials.create("c\(number)", identity: "admin", secret: "x")
                }
            }
            try await group.waitForAll()
        }
        #expect(try sample.open().members.all().count == 12)
        #expect(try sample.open().credentials.all().count == 12)
    }
}
