import Foundation
import StretchEngine
import StretchKeystore
import StretchSQLite
import Testing

/// The process is killed between any two steps of a reauthorization.
@Suite(.enabled(if: KillSample.isAvailable)) struct ReauthorizeKillTests {
    @Test(arguments: ["file", "postgresql"])
    func `a fork that was killed at any step is finished by the next run`(_ kind: String) throws {
        let killed = try KillSample(kind)
        let sample = killed.sample
        let (moment, later) = try { () throws in
            let original = try sample.open()
            try original.execute("UPDATE t SET v = 'moment' WHERE id IN (12, 52)")
            let moment = try TimelineSample.contents(original)
            try sample.backUp(to: "copy.db")
            try sample.live(original, from: 100)
            return (moment, try TimelineSample.contents(original))
        }()
        let hot = try killed.hotRows("copy.db")
        try killed.killEverywhere("reauthorize", "copy.db") { comment in
            try killed.checkRows("copy.db", moment, hot: hot, comment)
            try killed.checkWhole("app.db", later, comment)
        } checkEnd: { comment in
            try killed.checkWhole("copy.db", moment, comment)
            try killed.checkWhole("app.db", later, comment)
            // No run opened a second branch, and both have a file of this user.
            let branches = try sample.open().branches.all()
            #expect(branches.count == 2 && branches.allSatisfy { $0.file != nil }, comment)
            // Nor does the keystore keep the nonce of a child that was never made.
            let files = try FileManager.default.contentsOfDirectory(atPath: sample.keystore.path)
                .filter { $0.hasPrefix("file-") }
            #expect(files.count == 2, comment)
        }
    }

    @Test(arguments: ["file", "postgresql"])
    func `going on without a copy survives a kill at any step`(_ kind: String) throws {
        let killed = try KillSample(kind)
        let sample = killed.sample
        let moment = try { () throws in
            let original = try sample.open()
            try original.execute("DELETE FROM t WHERE id IN (11, 51)")
            return try TimelineSample.contents(original)
        }()
        try sample.backUp(to: "backup.db")
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.path + suffix)
        }
        _ = try StretchDatabase.restore(
            [killed.path("backup.db")], to: killed.path("copy.db"),
            configuration: sample.configuration())
        let hot = try killed.hotRows("copy.db")
        try killed.killEverywhere("reauthorize", "copy.db", ["copy=0"]) { comment in
            try killed.checkRows("copy.db", moment, hot: hot, comment)
        } checkEnd: { comment in
            try killed.checkWhole("copy.db", moment, comment)
            #expect(try sample.open("copy.db").branches.all().count == 1, comment)
        }
        // The owner is the one whose nonce is kept: the branch grows.
        try sample.live(try sample.open("copy.db"), from: 100)
    }

    @Test func `giving up what a rolled back remote has lost survives a kill at any step`() throws {
        let killed = try KillSample()
        let sample = killed.sample
        try killed.save()
        let rows = try { () throws in
            let original = try sample.open()
            let rows = try TimelineSample.contents(original)
            try original.tables["t"].alter(filter: "n <= 50")
            try original.migrate(batchRowCount: 6)
            return rows.filter { ($0[0].integerValue ?? 0) <= 40 || ($0[0].integerValue ?? 0) > 50 }
        }()
        try killed.rollBackRemote()
        let hot = try killed.hotRows("app.db")
        try killed.killEverywhere("reauthorize", "app.db", ["accept=all"]) { comment in
            let database = try sample.open()
            #expect(try killed.hotRows("app.db") == hot, comment)
            // An error, or all rows that are left: never fewer.
            guard let found = try? TimelineSample.contents(database) else { return }
            #expect(found == rows, comment)
        } checkEnd: { comment in
            try killed.checkWhole("app.db", rows, comment)
            #expect(try sample.open().branches.all().count == 2, comment)
        }
    }
}

extension KillSample {
    /// Whether the worker can be killed at a call.
    static var isAvailable: Bool {
        #if os(Linux)
            true
        #else
            false
        #endif
    }
}
