import Foundation
import Stretch
import StretchCatalog
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import StretchTimeline
import Testing

/// Files that live, are copied, dropped and collected on a real remote, beside its pure model.
///
/// After each step the remote must show each branch what the model shows it, and take as garbage
/// what the model takes.
final class GarbageLife {
    /// A file that was connected, and the rows that it must show.
    private struct File {
        let name: String
        var rows: [[Value]]
    }

    /// A copy of a file, made on a day on which its branch was in use.
    private struct Backup {
        let name: String
        let rows: [[Value]]
        let batches: Set<Int64>
        let day: Int
    }

    private static let retentionDays = 10
    private static let dayLength = 86_400

    private let sample: TimelineSample
    private let recorder = TimelineRecorder()
    private let comment: Comment
    private var generator: SeededGenerator
    private var files: [File] = []
    private var backups: [Backup] = []
    private var fileCount = 0
    private(set) var collectedCount = 0
    private(set) var undropCount = 0
    private(set) var restoreCount = 0

    init(_ kind: String, seed: UInt64) throws {
        let recorder = recorder
        sample = try TimelineSample(kind, wrap: { RecordingEndpoint($0, recorder) })
        comment = "\(kind), STRETCH_SEED=\(seed)"
        generator = SeededGenerator(seed: seed)
        let database = try sample.open()
        try database.remote.setRetention(.seconds(Self.retentionDays * Self.dayLength))
        files = [File(name: "app.db", rows: try TimelineSample.contents(database))]
    }

    // MARK: Steps

    func takeStep() throws {
        let file = random(0...files.count - 1)
        switch random(0...19) {
        case 0...2: try write(file)
        case 3...5: try migrate(file)
        case 6...9: try bringBack(file)
        case 10: try backUp(file)
        case 11: try restore()
        case 12...13: try drop()
        case 14: try undrop()
        case 15...16: try wait(days: random(1...12))
        default: try collect(file, erases: random(0...3) == 0)
        }
        try compareBranches()
        try compareBackups()
    }

    private func random(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

    private func open(_ file: Int) throws -> StretchDatabase { try sample.open(files[file].name) }

    private func write(_ file: Int) throws {
        let database = try open(file)
        guard try !isCollected(database) else { return }
        let id = 100 + random(0...10_000)
        try database.execute(
            """
            INSERT OR REPLACE INTO t VALUES (\(id), 'new', 5), (\(id + 1), 'new', 6);
            UPDATE t SET v = v || '+' WHERE id = \(random(1...60));
            DELETE FROM t WHERE id = \(random(1...60))
            """)
        files[file].rows = try TimelineSample.contents(database)
    }

    /// Runs what extends a branch; it stops on one that was dropped.
    private func extend(_ file: Int, _ body: (StretchDatabase) throws -> Void) throws {
        let database = try open(file)
        let isDropped = try isDropped(database)
        do {
            try body(database)
            #expect(!isDropped, comment)
        } catch let error as StretchError {
            #expect(isDropped && error.code == .remoteMismatch, "\(comment): \(error)")
        }
        try check(file)
    }

    private func migrate(_ file: Int) throws {
        let rowCount = random(3...20)
        try extend(file) { try $0.migrate(batchRowCount: rowCount) }
    }

    private func bringBack(_ file: Int) throws {
        let first = random(0...40)
        let range = "id BETWEEN \(first) AND \(first + random(10...60))"
        try extend(file) { try $0.tables["t"].bringBack(where: range) }
    }

    private func backUp(_ file: Int) throws {
        let database = try open(file)
        guard try !isDropped(database) else { return }
        fileCount += 1
        let name = "backup\(fileCount).db"
        let plain = try Connection(
            path: sample.folder.path(files[file].name), access: .readWrite, routines: .linked)
        try plain.execute("VACUUM INTO '\(sample.folder.path(name))'")
        let batches = try Catalog(plain).batches(table: table(plain)).map(\.visible.id)
        backups.append(
            Backup(
                name: name, rows: files[file].rows, batches: Set(batches), day: recorder.day))
        if backups.count > 5 { backups.removeFirst() }
    }

    private func table(_ plain: Connection) throws -> Int64 {
        try #require(try Catalog(plain).tables().first).id
    }

    /// A backup in the retention attaches, with all its rows; an older one is told what is gone.
    private func restore() throws {
        guard !backups.isEmpty, files.count < 4 else { return }
        let backup = backups[random(0...backups.count - 1)]
        fileCount += 1
        let name = "restored\(fileCount).db"
        try FileManager.default.copyItem(
            atPath: sample.folder.path(backup.name), toPath: sample.folder.path(name))
        let isWhole = !backup.batches.contains(where: recorder.isCondemned)
        do {
            let report = try sample.open(name).remote.reauthorize()
            #expect(report.action == .fork && report.lost.isEmpty && isWhole, comment)
            files.append(File(name: name, rows: backup.rows))
            restoreCount += 1
            try check(files.count - 1)
        } catch let error as StretchError {
            #expect(!isWhole && error.code == .remoteMismatch, "\(comment): \(error)")
        }
    }

    private func drop() throws {
        let branches = recorder.timeline.branches
        let branch = branches[random(0...branches.count - 1)]
        let database = try open(0)
        guard branch.droppedAt == nil else {
            expectError(.wrongState, "dropped already") {
                try database.branches.drop(branch.id, isForced: true)
            }
            return
        }
        try database.branches.drop(branch.id, isForced: true)
    }

    private func undrop() throws {
        let dropped = recorder.timeline.branches.filter { $0.droppedAt != nil }
        guard let branch = dropped.randomElement(using: &generator) else { return }
        let isPossible = recorder.timeline.canUndrop(branch)
        let database = try open(0)
        do {
            try database.branches.undrop(branch.id)
            #expect(isPossible, comment)
            undropCount += 1
        } catch {
            #expect(!isPossible && error.code == .remoteMismatch, "\(comment): \(error)")
        }
    }

    /// Lets days pass: the times of the ledger go back, and the clock stays.
    private func wait(days: Int) throws {
        recorder.day += days
        if let remote = sample.remote {
            let past = "- interval '\(days) days'"
            _ = try remote.psql(
                """
                UPDATE stretch_retirement SET confirmed_at = confirmed_at \(past);
                UPDATE stretch_branch SET dropped_at = dropped_at \(past),
                    last_seen = last_seen \(past)
                """)
            return
        }
        func moved(_ column: String) -> String {
            "\(column) = strftime('%Y-%m-%dT%H:%M:%fZ', \(column), '-\(days) days')"
        }
        try Connection(
            path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked
        ).execute(
            """
            UPDATE stretch_retirement SET \(moved("confirmed_at"));
            UPDATE stretch_branch SET \(moved("dropped_at")), \(moved("last_seen"))
            """)
    }

    private func collect(_ file: Int, erases: Bool) throws {
        let days = Self.retentionDays
        try extend(file) { database in
            let before = recorder.garbage(retentionDays: days)
            let dry = try database.remote.collectGarbage(isDryRun: true)
            #expect(dry.batches == Int64(before.count), comment)
            // The run confirms what the file retired, so that the model is asked after it.
            let report = try database.remote.collectGarbage(erasesHiddenRows: erases)
            let expected = recorder.garbage(retentionDays: days)
            #expect(report.batches == Int64(expected.count), comment)
            #expect(try condemned() == expected.union(alreadyCondemned), comment)
            recorder.condemn(expected)
            collectedCount += expected.count
        }
    }

    // MARK: Comparing

    private var alreadyCondemned: Set<Int64> {
        Set(recorder.timeline.batches.filter(\.isCondemned).map(\.id))
    }

    /// The batches that the remote has condemned and whose rows it deleted.
    private func condemned() throws -> Set<Int64> {
        let sql = """
            SELECT id FROM stretch_batch
            WHERE condemned_at IS NOT NULL AND collected_at IS NOT NULL
            """
        if let remote = sample.remote {
            return Set(try remote.psql(sql).split(separator: "\n").compactMap { Int64($0) })
        }
        let plain = try Connection(
            path: sample.folder.path("cold.db"), access: .readOnly, routines: .linked)
        return Set(try plain.rows(sql).compactMap(\.[0].integerValue))
    }

    private func record(_ database: StretchDatabase) throws -> DatabaseRecord {
        try #require(try Catalog(database.connection).database())
    }

    private func isDropped(_ database: StretchDatabase) throws -> Bool {
        let position = try record(database).position
        return recorder.timeline.branch(position.branch)?.droppedAt != nil
    }

    /// Whether a file's branch was dropped, and rows that it shows were collected.
    private func isCollected(_ database: StretchDatabase) throws -> Bool {
        let position = try record(database).position
        let branch = try #require(recorder.timeline.branch(position.branch))
        return branch.droppedAt != nil && !recorder.timeline.canUndrop(branch)
    }

    /// A file shows all its rows, unless its branch was dropped and collected.
    private func check(_ file: Int) throws {
        let database = try open(file)
        do {
            #expect(try TimelineSample.contents(database) == files[file].rows, comment)
        } catch let error as StretchError {
            #expect(try isCollected(database), "\(comment): \(error)")
            #expect(error.code == .remoteMismatch, "\(comment): \(error)")
        }
    }

    private func compareBranches() throws {
        let database = try sample.open()
        let record = try record(database)
        let endpoint = try sample.configuration().endpoint(of: record, localPath: sample.path)
        let branches = try endpoint.branching().branches(database: record.database)
        #expect(branches.count == recorder.timeline.branches.count, comment)
        for branch in branches {
            let model = try #require(recorder.timeline.branch(branch.id), comment)
            #expect(branch.head.epoch == model.headEpoch, comment)
            #expect((branch.droppedAt != nil) == (model.droppedAt != nil), comment)
            let seen = try endpoint.batches(seenAt: branch.head)
            #expect(Set(seen.keys) == recorder.visible(in: model), comment)
        }
    }

    /// Nothing was condemned that a backup inside the retention names.
    private func compareBackups() throws {
        for backup in backups where recorder.day - backup.day < Self.retentionDays {
            #expect(!backup.batches.contains(where: recorder.isCondemned), comment)
        }
    }

    /// All files show their rows, and all young backups attach.
    func finish() throws {
        for file in files.indices { try check(file) }
        while files.count > 1 { files.removeLast() }
        for backup in backups where recorder.day - backup.day < Self.retentionDays {
            let database = try sample.open(backup.name)
            #expect(try database.remote.reauthorize().lost.isEmpty, comment)
            #expect(try TimelineSample.contents(database) == backup.rows, comment)
        }
    }
}

extension Configuration {
    /// A session of an administrator with a file's remote.
    fileprivate func endpoint(
        of record: DatabaseRecord, localPath: String
    ) throws -> any Endpoint {
        try endpoint(
            at: EndpointAddress(parsing: record.endpoint), localPath: localPath,
            as: .administrator)
    }
}

@Suite struct GarbageLifeTests {
    @Test(arguments: ["file", "postgresql"])
    func `a real remote takes what the model takes, in random lives`(_ kind: String) throws {
        let start = SeededGenerator.seedFromEnvironment(default: .random(in: 1...(1 << 62)))
        var (collected, undropped, restored) = (0, 0, 0)
        let (lifeCount, stepCount) = kind == "file" ? (8, 70) : (3, 60)
        for number in 0..<lifeCount {
            let life = try GarbageLife(kind, seed: start + UInt64(number))
            for _ in 0..<stepCount { try life.takeStep() }
            try life.finish()
            collected += life.collectedCount
            undropped += life.undropCount
            restored += life.restoreCount
        }
        print("\(kind): \(collected) batches collected, \(restored) restores, \(undropped) undrops")
        // Few lives may end without it.
        guard kind == "file" else { return }
        #expect(restored > 0 && collected > 0, "STRETCH_SEED=\(start)")
    }
}
