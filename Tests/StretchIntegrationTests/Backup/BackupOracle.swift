import Foundation
import Stretch
import StretchLinked
import StretchSQLite
import StretchTestSupport
import Testing

/// Files of one database that all live on, and a log of what each contained after every commit.
///
/// A plain table tells which life a file leads and how many commits it has seen, so that every
/// backup can be found in the log. What the log says comes from plain SQLite.
final class BackupOracle {
    /// A file, and a plain database in memory that is told the same statements.
    final class Life {
        let number: Int64
        let path: String
        let database: StretchDatabase
        let twin: Connection
        var commitCount: Int64 = 0

        init(_ number: Int64, _ path: String, _ database: StretchDatabase) throws {
            (self.number, self.path, self.database) = (number, path, database)
            twin = try Connection(path: ":memory:", access: .create, routines: .linked)
            try twin.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT)")
        }
    }

    private struct Moment: Hashable {
        let life: Int64
        let commit: Int64
    }

    static let maximumLifeCount = 4

    let sample: TimelineSample
    private(set) var lives: [Life] = []
    private(set) var restoreCount = 0
    private(set) var usedMethods: Set<String> = []
    private var backups: [String] = []
    private var log: [Moment: [[Value]]] = [:]
    private var generator: SeededGenerator
    private var fileCount = 0

    init(_ kind: String, seed: UInt64) throws {
        sample = try TimelineSample(kind)
        generator = SeededGenerator(seed: seed)
        let plain = try Connection(path: sample.path, access: .readWrite, routines: .linked)
        try plain.execute("CREATE TABLE moment(life INT, n INT); INSERT INTO moment VALUES(0, 0)")
        let rows = try plain.rows(TimelineSample.all)
        try begin(sample.path, rows: rows)
    }

    private func integer(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    /// A file begins a life of its own with these rows.
    private func begin(_ path: String, rows: [[Value]]) throws {
        let database = try sample.open(URL(fileURLWithPath: path).lastPathComponent)
        let life = try Life(Int64(fileCount), path, database)
        for row in rows {
            try life.twin.run("INSERT INTO t VALUES(?, ?, ?)", row[0], row[1], row[2])
        }
        try database.execute("UPDATE moment SET life = \(life.number), n = 0")
        log[Moment(life: life.number, commit: 0)] = rows
        lives.append(life)
    }

    /// Does something at random, and restores a backup now and then.
    func step() throws {
        guard let life = lives.randomElement(using: &generator) else { return }
        switch integer(0...11) {
        case 0...4: try write(life)
        case 5...6: try migrate(life)
        case 7: try life.database.bringBack(table: "t", where: "id % 7 = \(integer(0...6))")
        case 8: try life.database.alterTable("t", filter: "n <= \(integer(20...90))")
        case 9...10: try backUp(life)
        default: try restore()
        }
        try compare(life)
    }

    /// One commit, here and in the twin.
    private func write(_ life: Life) throws {
        var script = ""
        for _ in 0..<integer(1...3) {
            let id = integer(1...120)
            switch integer(0...3) {
            case 0:
                let next = 1 + (try life.twin.integer("SELECT max(id) FROM t") ?? 0)
                script = "INSERT INTO t VALUES(\(next), 'new \(id)', \(id));"
            case 1: script = "UPDATE t SET v = v || '!', n = n + 1 WHERE id = \(id);"
            case 2: script = "DELETE FROM t WHERE id = \(id);"
            default: script = "UPDATE t SET v = 'many' WHERE id % 11 = \(id % 11);"
            }
            try life.twin.execute(script)
            life.commitCount += 1
            try life.database.execute("BEGIN; \(script) UPDATE moment SET n = n + 1; COMMIT")
            log[Moment(life: life.number, commit: life.commitCount)] = try life.twin.rows(
                TimelineSample.all)
        }
    }

    /// Moves rows; now and then a backup is made in the middle of a step.
    private func migrate(_ life: Life) throws {
        let migrator = try Migrator(
            path: life.path, configuration: sample.configuration())
        var passesLeft = integer(0...12)
        var failure: (any Error)?
        migrator.atCrashPoint = { [unowned self] _ in
            passesLeft -= 1
            guard passesLeft == 0 else { return }
            do { try backUp(life, besideWriter: true) } catch { failure = error }
        }
        var options = MigrationOptions()
        options.maximumRowCount = integer(3...12)
        try migrator.migrate(options)
        if let failure { throw failure }
    }

    private func backUp(_ life: Life, besideWriter: Bool = false) throws {
        let methods = BackupMethod.allCases.filter { !besideWriter || $0.worksBesideWriter }
        guard let method = methods.randomElement(using: &generator) else { return }
        fileCount += 1
        let target = sample.folder.path("backup-\(fileCount)-\(method.rawValue).db")
        try method.backUp(life.path, to: target, configuration: sample.configuration())
        usedMethods.insert(method.rawValue)
        backups.append(target)
    }

    /// Restores a backup under a new name, connects it, and compares all its rows with the log.
    private func restore() throws {
        guard let backup = backups.randomElement(using: &generator) else { return }
        fileCount += 1
        restoreCount += 1
        let name = "life-\(fileCount).db"
        let path = sample.folder.path(name)
        let report = try StretchDatabase.restore(
            [backup], to: path, configuration: sample.configuration())
        #expect(report.linkState == .disconnected, "\(backup)")
        let file = try sample.open(name)
        let found = try file.query("SELECT life, n FROM moment").rows[0].map {
            $0.integerValue ?? -1
        }
        let expected = try #require(
            log[Moment(life: found[0], commit: found[1])], "\(backup): \(found)")
        if report.content.remoteRows > 0 {
            let error = #expect(throws: StretchError.self, "\(backup)") {
                try file.query(TimelineSample.all)
            }
            #expect(error?.code == .disconnected)
        }
        #expect(try file.reauthorize().action == .fork, "\(backup)")
        #expect(try file.query(TimelineSample.all).rows == expected, "\(backup) at \(found)")
        #expect(try file.verify().isSound, "\(backup)")
        if lives.count == Self.maximumLifeCount {
            lives.remove(at: integer(0...lives.count - 1))
        }
        try begin(path, rows: expected)
    }

    private func compare(_ life: Life) throws {
        #expect(
            try life.database.query(TimelineSample.all).rows
                == life.twin.rows(TimelineSample.all), "life \(life.number)")
    }

    /// Compares every living file with its log.
    func compareAll() throws {
        for life in lives {
            try compare(life)
            #expect(try life.database.verify().isSound, "life \(life.number)")
        }
    }
}
