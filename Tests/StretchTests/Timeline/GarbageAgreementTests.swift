import Stretch
import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import StretchTimeline
import Testing

/// The rule of garbage as a function, and as SQL.
@Suite struct GarbageAgreementTests {
    @Test func `both name the same batches on random remotes`() throws {
        let seed = SeededGenerator.seedFromEnvironment(default: .random(in: 1...(1 << 62)))
        var generator = SeededGenerator(seed: seed)
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute(
            """
            CREATE TABLE stretch_branch(
                id INTEGER PRIMARY KEY, database INTEGER, parent INTEGER, fork_epoch INTEGER,
                dropped_at INTEGER);
            CREATE TABLE stretch_batch(
                id INTEGER PRIMARY KEY, branch INTEGER, epoch INTEGER, row_count INTEGER,
                byte_count INTEGER, condemned_at INTEGER, collected_at INTEGER);
            CREATE TABLE stretch_retirement(
                batch INTEGER, branch INTEGER, epoch INTEGER, confirmed_at INTEGER,
                PRIMARY KEY (branch, batch));
            CREATE TABLE stretch_remote(id INTEGER PRIMARY KEY, retention_seconds INTEGER);
            INSERT INTO stretch_remote VALUES (1, 30);
            """)
        var count = 0
        for _ in 0..<400 {
            let remote = RandomRemote(using: &generator).timeline
            let expected = remote.garbage(now: .seconds(100), retention: .seconds(30))
            count += expected.count
            try fill(connection, with: remote)
            let query = GarbageQuery(
                prefix: "", request: GarbageRequest(database: 1),
                dialect: GarbageQuery.Dialect(
                    now: "100", text: { $0 }, ago: { "(100 - \($0))" }, age: { "(100 - \($0))" }))
            try connection.run(query.condemnation(now: "100"))
            let found = try connection.rows(
                "SELECT id FROM stretch_batch WHERE condemned_at = 100 ORDER BY id"
            ).compactMap(\.first?.integerValue)
            #expect(found == expected, "STRETCH_SEED=\(seed)")
        }
        #expect(count > 100, "the random remotes have garbage")
    }

    @Test func `without a retention nothing is garbage`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            let remote = RandomRemote(using: &generator).timeline
            #expect(remote.garbage(now: .seconds(100), retention: nil) == [])
        }
    }

    /// Writes the remote's rows.
    private func fill(_ connection: Connection, with remote: RemoteTimeline) throws {
        for table in ["branch", "batch", "retirement"] {
            try connection.execute("DELETE FROM stretch_\(table)")
        }
        for branch in remote.branches {
            try connection.run(
                "INSERT INTO stretch_branch VALUES (?, 1, ?, ?, ?)", .integer(branch.id),
                branch.parent.map { .integer($0) } ?? .null,
                branch.parent == nil ? .null : .integer(branch.forkEpoch),
                branch.droppedAt.map { .integer($0.components.seconds) } ?? .null)
        }
        for batch in remote.batches {
            try connection.run(
                "INSERT INTO stretch_batch VALUES (?, ?, ?, 1, 1, ?, NULL)", .integer(batch.id),
                .integer(batch.branch), .integer(batch.epoch),
                batch.isCondemned ? .integer(1) : .null)
        }
        for retirement in remote.retirements {
            try insert(retirement, on: connection)
        }
    }

    private func insert(
        _ retirement: RemoteTimeline.Retirement, on connection: Connection
    ) throws {
        try connection.run(
            "INSERT INTO stretch_retirement VALUES (?, ?, ?, ?)", .integer(retirement.batch),
            .integer(retirement.branch), .integer(retirement.epoch),
            retirement.confirmedAt.map { .integer($0.components.seconds) } ?? .null)
    }
}

/// A remote with some branches, batches and retirements, such as files leave it.
private struct RandomRemote {
    var timeline = RemoteTimeline()

    init(using generator: inout SeededGenerator) {
        timeline.branches = [RemoteTimeline.Branch(id: 1, parent: nil, forkEpoch: 0)]
        var batch: Int64 = 0
        for _ in 0..<40 {
            let index = Int.random(in: timeline.branches.indices, using: &generator)
            let branch = timeline.branches[index]
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                timeline.branches[index].headEpoch += 1
                batch += 1
                timeline.batches.append(
                    RemoteTimeline.Batch(
                        id: batch, branch: branch.id, epoch: branch.headEpoch + 1))
            case 4..<8: retire(index, using: &generator)
            case 8:
                timeline.branches.append(
                    RemoteTimeline.Branch(
                        id: Int64(timeline.branches.count + 1), parent: branch.id,
                        forkEpoch: .random(
                            in: branch.forkEpoch...branch.headEpoch, using: &generator)))
            default:
                if Bool.random(using: &generator) {
                    timeline.branches[index].droppedAt = .seconds(
                        Int.random(in: 40...90, using: &generator))
                }
            }
        }
    }

    private mutating func retire(_ index: Int, using generator: inout SeededGenerator) {
        let branch = timeline.branches[index]
        let visible = timeline.batches.filter {
            timeline.sees($0, branch: branch.id, epoch: branch.headEpoch)
        }
        guard let batch = visible.randomElement(using: &generator) else { return }
        timeline.branches[index].headEpoch += 1
        let isConfirmed = Int.random(in: 0..<4, using: &generator) > 0
        timeline.retirements.append(
            RemoteTimeline.Retirement(
                batch: batch.id, branch: branch.id, epoch: branch.headEpoch + 1,
                confirmedAt: isConfirmed
                    ? .seconds(Int.random(in: 40...90, using: &generator)) : nil))
    }
}
