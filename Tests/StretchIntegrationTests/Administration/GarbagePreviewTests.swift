import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// A dry run of a collection gives the numbers that the collection then gives.
@Suite struct GarbagePreviewTests {
    /// What is done before the collection.
    enum Before: String, CaseIterable {
        case nothing, migration, bringBack, deletion, changes, fork, abandoning
    }

    /// The numbers of a report that do not depend on the second in which it is made.
    private func numbers(_ report: GarbageCollection) -> [Int64] {
        [
            report.batches, report.rows, report.bytes, report.keptBatches,
            report.rewrittenBatches, report.hiddenRows, report.completeSince == nil ? 0 : 1,
        ]
    }

    private func prepare(_ before: Before, _ database: StretchDatabase) throws {
        switch before {
        case .nothing: break
        case .migration: try database.migrate(tables: [])
        case .bringBack: try database.tables["t"].bringBack()
        case .deletion:
            try database.execute("DELETE FROM t WHERE n BETWEEN 1 AND 20")
            try database.migrate()
            try database.execute("DELETE FROM t WHERE n BETWEEN 21 AND 25")
        case .changes: try database.execute("UPDATE t SET v = 'new' WHERE n % 7 = 0")
        case .fork:
            try database.tables["t"].bringBack(where: "n <= 20")
            try database.remote.deauthorize()
            try database.remote.reauthorize()
            try database.tables["t"].bringBack()
        case .abandoning: try database.tables["t"].disable(.abandon)
        }
    }

    @Test(arguments: Before.allCases, ["file", "postgresql"])
    func `a preview gives the numbers of the collection`(
        _ before: Before, _ kind: String
    ) throws {
        for erases in [false, true] {
            let sample = try TimelineSample(kind)
            let database = try sample.open()
            try database.migrate(batchRowCount: 9)
            try prepare(before, database)
            let retention = try database.remote.setRetention(.zero)
            for _ in 0..<3 {
                let preview = try database.remote.collectGarbage(
                    erasesHiddenRows: erases, isDryRun: true)
                let said = try database.remote.retention()
                let real = try database.remote.collectGarbage(erasesHiddenRows: erases)
                #expect(numbers(preview) == numbers(real), "\(before), erases: \(erases)")
                #expect(said.batches == real.batches && said.rows == real.rows)
            }
            if before == .bringBack { #expect(retention.rows == 40) }
        }
    }

    @Test(arguments: 1...12)
    func `a preview after a crash gives the numbers of the collection`(failingCall: Int) throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try database.execute("DELETE FROM t WHERE n BETWEEN 1 AND 20")
        try database.remote.setRetention(.zero)
        // Every crash of a run leaves one step in flight at most.
        var configuration = sample.configuration()
        let calls = CallCount(failing: failingCall)
        configuration.wrapSessions { LosingEndpoint($0, calls) }
        let cut = try StretchDatabase(path: sample.path, configuration: configuration)
        _ = try? cut.migrate()
        let preview = try sample.open().remote.collectGarbage(isDryRun: true)
        let real = try sample.open().remote.collectGarbage()
        #expect(numbers(preview) == numbers(real))
    }
}

/// Counts the calls of all sessions, on one thread.
private final class CallCount: @unchecked Sendable {
    let failing: Int
    var count = 0

    init(failing: Int) { self.failing = failing }
}

/// Loses the answer of one call, and fails all later ones.
private final class LosingEndpoint: ForwardingEndpoint {
    private let calls: CallCount

    init(_ base: any Endpoint, _ calls: CallCount) {
        self.calls = calls
        super.init(base)
    }

    override func around<Result>(
        _ call: String, _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        calls.count += 1
        let cut = StretchError(.notPermitted, "cut off")
        guard calls.count <= calls.failing else { throw cut }
        let result = try body()
        guard calls.count < calls.failing else { throw cut }
        return result
    }
}
