import Foundation
import StretchBackup
import StretchCore
import StretchEngine
import StretchSQLite
import Testing

/// The process is killed between any two steps of a backup or a restore: what has the target's name
/// is always whole.
@Suite(.enabled(if: KillSample.isAvailable)) struct BackupKillTests {
    /// Where the killed command finds a file of the target's name.
    enum Target: CaseIterable {
        case missing
        case older
    }

    @Test(arguments: Target.allCases)
    func `a shallow backup has its name when it is whole`(_ target: Target) throws {
        let killed = try KillSample()
        let sample = killed.sample
        let file = killed.path("backup.db")
        var rowCounts: [Int64] = []
        let rows = try { () throws in
            let database = try sample.open()
            if target == .older { rowCounts.append(try database.backUp(to: file).backup.localRows) }
            try database.execute("INSERT INTO t VALUES (100, 'new', 90)")
            return try TimelineSample.contents(database)
        }()
        let newCount = try killed.hotRows("app.db").count
        rowCounts.append(Int64(newCount))
        try killed.killEverywhere("backup", "app.db", ["backup=\(file)"]) { comment in
            if FileManager.default.fileExists(atPath: file) {
                let found = try StretchDatabase.inspect(
                    file, isChecked: true, configuration: sample.configuration())
                #expect(found.integrityProblems == [], comment)
                #expect(rowCounts.contains(found.localRows), comment)
            } else {
                #expect(target == .missing, comment)
            }
            try killed.checkWhole("app.db", rows, comment)
        } checkEnd: { comment in
            #expect(try killed.hotRows("backup.db").count == newCount, comment)
            try killed.checkWhole("app.db", rows, comment)
        }
    }

    @Test(arguments: Target.allCases)
    func `a deep backup has its name when it has every row`(_ target: Target) throws {
        let killed = try KillSample()
        let sample = killed.sample
        let file = killed.path("deep.db")
        var states: [[[Value]]] = []
        let rows = try { () throws in
            let database = try sample.open()
            if target == .older {
                var options = BackupOptions()
                options.isDeep = true
                try database.backUp(to: file, options)
                states.append(try TimelineSample.contents(database))
            }
            try database.execute("UPDATE t SET v = 'new' WHERE id IN (4, 44)")
            return try TimelineSample.contents(database)
        }()
        states.append(rows)
        try killed.killEverywhere("backup", "app.db", ["deep=1", "backup=\(file)"]) { comment in
            if FileManager.default.fileExists(atPath: file) {
                #expect(states.contains(try killed.hotRows("deep.db")), comment)
            } else {
                #expect(target == .missing, comment)
            }
            try killed.checkWhole("app.db", rows, comment)
        } checkEnd: { comment in
            #expect(try killed.hotRows("deep.db") == rows, comment)
            try killed.checkWhole("app.db", rows, comment)
        }
    }

    @Test(arguments: Target.allCases)
    func `a restored file has its name when it is whole`(_ target: Target) throws {
        let killed = try KillSample()
        let sample = killed.sample
        let (moment, later) = try { () throws in
            let database = try sample.open()
            let moment = try TimelineSample.contents(database)
            try database.backUp(to: killed.path("backup.db"))
            try sample.live(database, from: 100)
            return (moment, try TimelineSample.contents(database))
        }()
        let name = target == .missing ? "restored.db" : "app.db"
        let (old, new) = (try killed.hotRows("app.db"), try killed.hotRows("backup.db"))
        let options = ["backup=\(killed.path("backup.db"))"]
        try killed.killEverywhere("restore", name, options) { comment in
            if target == .missing { try killed.checkWhole("app.db", later, comment) }
            guard FileManager.default.fileExists(atPath: killed.path(name)) else {
                #expect(target == .missing, comment)
                return
            }
            let hot = try killed.hotRows(name)
            #expect(hot == new || target == .older && hot == old, comment)
            #expect(try killed.journalMode(name) == "wal", comment)
            if hot == new {
                let database = try sample.open(name)
                expectError(.disconnected, "") { _ = try TimelineSample.contents(database) }
            } else {
                try killed.checkWhole(name, later, comment)
            }
        } checkEnd: { comment in
            #expect(try killed.hotRows(name) == new, comment)
            if target == .missing { try killed.checkWhole("app.db", later, comment) }
            let database = try sample.open(name)
            expectError(.disconnected, "") { _ = try TimelineSample.contents(database) }
            try database.remote.reauthorize()
            try killed.checkWhole(name, moment, comment)
        }
    }
}
