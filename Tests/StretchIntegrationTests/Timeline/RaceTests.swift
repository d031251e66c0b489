import Foundation
import StretchCore
import StretchEngine
import StretchKeystore
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

/// Files and people that want one branch at the same time: one of them gets it.
@Suite struct RaceTests {
    private typealias Sample = TimelineSample

    /// What came of one of the competitors.
    private typealias Outcome = Result<ReauthorizeReport.Action, StretchError>

    /// Reauthorizes files at the same time, each with its own keystore.
    private func race(
        _ sample: Sample, _ files: [(name: String, keystore: Keystore)],
        _ options: ReauthorizeOptions
    ) throws -> [Outcome] {
        let databases = try files.map { try sample.open($0.name, keystore: $0.keystore) }
        nonisolated(unsafe) var outcomes: [Outcome?] = files.map { _ in nil }
        let lock = NSLock()
        let threads = databases.enumerated().map { index, database in
            OtherThread {
                let outcome = Outcome { () throws(StretchError) in
                    try database.remote.reauthorize(options).action
                }
                lock.withLock { outcomes[index] = outcome }
            }
        }
        for thread in threads { try thread.join() }
        return outcomes.compactMap { $0 }
    }

    private func stranger(_ sample: Sample, _ name: String) -> Keystore {
        Keystore(path: sample.folder.path("keystore-\(name)"))
    }

    /// A sample with a moved file and copies of it: nobody but they can go on in its branch.
    private func sampleOfCopies(_ kind: String, _ names: [String]) throws -> (Sample, [[Value]]) {
        let sample = try Sample(kind)
        let rows = try { () throws in
            let database = try sample.open()
            try database.migrate(batchRowCount: 10)
            try database.execute("DELETE FROM t WHERE id IN (11, 51)")
            return try Sample.contents(database)
        }()
        for name in names { try sample.backUp(to: name) }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.path + suffix)
        }
        return (sample, rows)
    }

    /// Checks that a file that lost the branch is told so, moves no row, and can go on in a branch
    /// of its own with all its rows.
    private func checkLoser(
        _ sample: Sample, _ name: String, _ keystore: Keystore, _ rows: [[Value]]
    ) throws {
        let loser = try sample.open(name, keystore: keystore)
        do throws(StretchError) {
            try loser.migrate()
            Issue.record("\(name) moved rows in a branch that it lost")
        } catch {
            #expect([.disconnected, .remoteMismatch].contains(error.code), "\(error)")
        }
        #expect(try loser.remote.reauthorize().action == .fork)
        #expect(try Sample.contents(loser) == rows)
        try sample.live(loser, from: 300)
        #expect(try loser.verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `of two users who take over one branch, one gets it`(_ kind: String) throws {
        let names = ["a.db", "b.db"]
        let (sample, rows) = try sampleOfCopies(kind, names)
        let files = names.map { (name: $0, keystore: stranger(sample, $0)) }
        var options = ReauthorizeOptions()
        options.withCopy = false
        let first = try sample.open("a.db")
        options.takesOver = try #require(try first.branches.all().first?.owner)
        let outcomes = try race(sample, files, options)
        let winners = outcomes.indices.filter { (try? outcomes[$0].get()) == .continue }
        try #require(winners.count == 1, "\(outcomes)")
        let (winner, loser) = (files[winners[0]], files[1 - winners[0]])
        if case .failure(let error) = outcomes[1 - winners[0]] {
            #expect(error.code == .remoteMismatch, "\(error)")
            #expect(error.hint?.lowercased().contains("reauthorize") == true, "\(error)")
        }
        let database = try sample.open(winner.name, keystore: winner.keystore)
        #expect(try Sample.contents(database) == rows)
        try sample.live(database, from: 100)
        let later = try Sample.contents(database)
        try checkLoser(sample, loser.name, loser.keystore, rows)
        #expect(try Sample.contents(database) == later)
        #expect(try database.verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `of two copies of one user, the last one has the branch`(_ kind: String) throws {
        let names = ["a.db", "b.db"]
        let (sample, rows) = try sampleOfCopies(kind, names)
        var options = ReauthorizeOptions()
        options.withCopy = false
        let outcomes = try race(sample, names.map { ($0, sample.keystore) }, options)
        for outcome in outcomes {
            if case .failure(let error) = outcome { #expect(error.code == .remoteMismatch) }
        }
        let connected = try names.filter {
            try sample.open($0).status().database.linkState == .connected
        }
        try #require(connected.count == 1, "\(outcomes)")
        let winner = try sample.open(connected[0])
        #expect(try Sample.contents(winner) == rows)
        try sample.live(winner, from: 100)
        let later = try Sample.contents(winner)
        try checkLoser(sample, names.first { $0 != connected[0] } ?? "", sample.keystore, rows)
        #expect(try Sample.contents(winner) == later)
        #expect(try winner.verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"], [true, false])
    func `two processes that reauthorize one file make one branch`(
        _ kind: String, _ isOneUser: Bool
    ) throws {
        let (sample, rows) = try sampleOfCopies(kind, ["a.db"])
        let keystores =
            isOneUser
            ? [sample.keystore, sample.keystore]
            : ["first", "second"].map { stranger(sample, $0) }
        let login = sample.remote.map { _ in
            "\(PrivatePostgres.login):\(PrivatePostgres.password)"
        }
        let processes = try keystores.map {
            try WorkerProcess(
                "reauthorize", sample.folder.path("a.db"), ["keystore=\($0.path)"], login: login)
        }
        let results = processes.map { $0.wait() }
        // Another user does not take a file away from the one who has just got it.
        #expect(results.count { $0.status == 0 } == (isOneUser ? 2 : 1), "\(results)")
        let states = try keystores.map {
            try sample.open("a.db", keystore: $0).status().database.linkState
        }
        let winner = try #require(keystores.indices.last { states[$0] == .connected })
        let database = try sample.open("a.db", keystore: keystores[winner])
        #expect(try Sample.contents(database) == rows)
        if isOneUser {
            // The moved file's first branch was continued, or left for one other.
            #expect(try database.branches.all().count <= 2)
        } else {
            #expect(states.filter { $0 == .connected }.count == 1)
        }
        try sample.live(database, from: 100)
        #expect(try database.verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a migrator that runs while another file takes its branch over stops, and loses no row`(
        _ kind: String
    ) throws {
        for delay in [0, 15, 60] {
            let sample = try Sample(kind)
            try sample.open().migrate(tables: ["t"], batchRowCount: 30)
            let rows = try Sample.contents(sample.open())
            try sample.backUp(to: "copy.db")
            let stranger = stranger(sample, "other")
            let copy = try sample.open("copy.db", keystore: stranger)
            var options = ReauthorizeOptions()
            options.withCopy = false
            options.takesOver = try #require(try copy.branches.all().first?.owner)
            let original = try sample.open()
            try original.tables["t"].alter(filter: "n <= 55")
            nonisolated(unsafe) var stop: StretchError?
            let migrator = OtherThread {
                do throws(StretchError) {
                    try original.migrate(batchRowCount: 1)
                } catch {
                    stop = error
                }
            }
            Thread.sleep(forTimeInterval: Double(delay) / 1_000)
            var refusal: StretchError?
            do throws(StretchError) {
                #expect(try copy.remote.reauthorize(options).action == .continue)
            } catch {
                refusal = error
            }
            try migrator.join()
            let comment: Comment = "\(kind), \(delay) ms: \(stop as Any), \(refusal as Any)"
            // Either the copy came first, or a batch of the migrator's.
            #expect((stop == nil) != (refusal == nil), comment)
            for error in [stop, refusal].compactMap({ $0 }) {
                #expect(error.code == .remoteMismatch, comment)
                #expect(error.hint?.lowercased().contains("reauthorize") == true, comment)
            }
            let (winner, loser) = refusal == nil ? (copy, original) : (original, copy)
            #expect(try Sample.contents(winner) == rows, comment)
            try sample.live(winner, from: 100)
            let later = try Sample.contents(winner)
            #expect(try loser.remote.reauthorize().action == .fork, comment)
            #expect(try Sample.contents(loser) == rows, comment)
            try sample.live(loser, from: 200)
            #expect(try Sample.contents(winner) == later, comment)
            for database in [winner, loser] { #expect(try database.verify().isSound, comment) }
        }
    }
}
