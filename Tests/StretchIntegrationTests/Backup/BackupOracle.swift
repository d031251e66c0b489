import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchMigration
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

    /// What a file contained after a commit, and when that was.
    struct Entry {
        let rows: [[Value]]
        let time: Timestamp
    }

    private struct Moment: Hashable {
        let life: Int64
        let commit: Int64
    }

    static let maximumLifeCount = 4

    let sample: TimelineSample
    private(set) var lives: [Life] = []
    /// How often a file was restored from a backup of each method.
    var restoreCounts: [String: Int] = [:]
    var backups: [(path: String, method: String)] = []
    /// The last step, for people who look for the cause of a failure.
    var lastStep = "begin"
    /// The replica of the first life, which lives until the end.
    private(set) var replica: OracleReplica?
    private var log: [Moment: Entry] = [:]
    private var generator: SeededGenerator
    private var fileCount = 0

    init(_ kind: String, seed: UInt64) throws {
        sample = try TimelineSample(kind)
        generator = SeededGenerator(seed: seed)
        let plain = try Connection(path: sample.path, access: .readWrite, routines: .linked)
        try plain.execute("CREATE TABLE moment(life INT, n INT); INSERT INTO moment VALUES(0, 0)")
        try begin(sample.path, rows: try plain.rows(TimelineSample.all))
        replica = try OracleReplica(of: sample.path, in: sample.folder)
    }

    var restoreCount: Int { restoreCounts.values.reduce(0, +) }

    // MARK: Chance

    func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    func isOne(in count: Int) -> Bool { integer(1...count) == 1 }

    func choice<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &generator)
    }

    /// The path of a new file.
    func newPath(_ name: String) -> String {
        fileCount += 1
        return sample.folder.path("\(fileCount)-\(name).db")
    }

    // MARK: Lives

    /// A file begins a life of its own with these rows.
    func begin(_ path: String, rows: [[Value]]) throws {
        let database = try sample.open(URL(fileURLWithPath: path).lastPathComponent)
        fileCount += 1
        let life = try Life(Int64(fileCount), path, database)
        for row in rows {
            try life.twin.run("INSERT INTO t VALUES(?, ?, ?)", row[0], row[1], row[2])
        }
        try database.execute("UPDATE moment SET life = \(life.number), n = 0")
        log[Moment(life: life.number, commit: 0)] = Entry(rows: rows, time: .now)
        lives.append(life)
    }

    /// Lets a life end, but never the first one, which is replicated.
    ///
    /// - Returns: The number of the life, and its file.
    func endLife() -> (number: Int64, path: String)? {
        guard lives.count > 1 else { return nil }
        let life = lives.remove(at: integer(1...lives.count - 1))
        return (life.number, life.path)
    }

    /// What a file contained when it was copied.
    func entry(of file: StretchDatabase) throws -> (life: Int64, entry: Entry?) {
        let found = try file.query("SELECT life, n FROM moment").rows[0].map {
            $0.integerValue ?? -1
        }
        return (found[0], log[Moment(life: found[0], commit: found[1])])
    }

    // MARK: Steps

    /// Does something at random with one of the files, or restores a backup.
    func step() throws {
        if integer(0...13) > 10 {
            try restore()
        } else if let life = choice(lives) {
            try change(life)
        }
        if let life = choice(lives) { try compare(life) }
    }

    private func change(_ life: Life) throws {
        let number = integer(0...10)
        lastStep = "change \(number) of life \(life.number) at \(life.path)"
        switch number {
        case 0...3: try write(life)
        case 4...5: try migrate(life)
        case 6: try migrateMeanwhile(life)
        case 7: try life.database.tables["t"].bringBack(where: "id % 7 = \(integer(0...6))")
        case 8: try life.database.tables["t"].alter(filter: "n <= \(integer(20...90))")
        default: try backUp(life)
        }
    }

    /// One commit, here and in the twin.
    private func write(_ life: Life) throws {
        for _ in 0..<integer(1...3) {
            let id = integer(1...120)
            let script: String
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
            let time = Timestamp.now
            try life.database.execute(
                "BEGIN; \(script) UPDATE moment SET n = n + 1; COMMIT")
            log[Moment(life: life.number, commit: life.commitCount)] = Entry(
                rows: try life.twin.rows(TimelineSample.all), time: time)
        }
    }

    private func migrator(_ life: Life) throws -> (Migrator, MigrationOptions) {
        let migrator = try Migrator(path: life.path, configuration: sample.configuration())
        var options = MigrationOptions()
        options.maximumRowCount = integer(3...12)
        return (migrator, options)
    }

    /// Moves rows; now and then a backup is made between two steps.
    private func migrate(_ life: Life) throws {
        let (migrator, options) = try migrator(life)
        var passesLeft = integer(0...12)
        var failure: (any Error)?
        migrator.atCrashPoint = { [unowned self] _ in
            passesLeft -= 1
            guard passesLeft == 0 else { return }
            do { try backUp(life, besideWriter: true) } catch { failure = error }
        }
        try migrator.migrate(options)
        if let failure { throw failure }
    }

    /// Backups and commits while another thread moves rows.
    private func migrateMeanwhile(_ life: Life) throws {
        let (migrator, options) = try migrator(life)
        let other = OtherThread { _ = try migrator.migrate(options) }
        do {
            for _ in 0..<integer(1...3) {
                if isOne(in: 2) { try write(life) } else { try backUp(life, besideWriter: true) }
            }
        } catch {
            try? other.join()
            throw error
        }
        lastStep += ", end of the migration"
        try other.join()
    }

    private func backUp(_ life: Life, besideWriter: Bool = false) throws {
        // Litestream holds the WAL of the file that it replicates.
        let isReplicated = life.path == sample.path
        let methods = BackupMethod.allCases.filter {
            $0.worksBesideWriter || !besideWriter && !isReplicated
        }
        guard let method = choice(methods) else { return }
        let target = newPath(method.rawValue)
        lastStep += ", backup \(method)"
        try method.backUp(life.path, to: target, configuration: sample.configuration())
        backups.append((target, method.rawValue))
    }

    // MARK: Comparing

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

extension Timestamp {
    /// The present time.
    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}

/// Work on a thread of its own.
final class OtherThread: @unchecked Sendable {
    // Written before the signal, and read after it.
    private var failure: (any Error)?
    private let end = DispatchSemaphore(value: 0)
    private var body: (() throws -> Void)?

    init(_ body: @escaping () throws -> Void) {
        self.body = body
        Thread.detachNewThread { [self] in
            run()
            end.signal()
        }
    }

    /// Lets go of what the work holds, such as an open file, before anybody hears of its end.
    private func run() {
        guard let work = body else { return }
        body = nil
        do { try work() } catch { failure = error }
    }

    /// Waits for the end of the work.
    ///
    /// - Throws: What the work threw.
    func join() throws {
        end.wait()
        if let failure { throw failure }
    }
}
