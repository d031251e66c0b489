import Foundation
import StretchBackup
import Testing

@testable import StretchCore
@testable import StretchEngine

@Suite struct LitestreamReplicaTests {
    /// What the program lists: a state in two levels, at different times, and a later one.
    private static let list = """
        [{"level":0,"min_txid":"0000000000000002","max_txid":"0000000000000002","size":191,
          "timestamp":"2026-11-23T10:00:05Z"},
         {"level":0,"min_txid":"0000000000000010","max_txid":"0000000000000010","size":201,
          "timestamp":"2026-11-23T10:01:00.250Z"},
         {"level":9,"min_txid":"0000000000000001","max_txid":"0000000000000002","size":567,
          "timestamp":"2026-11-23T10:00:30Z"}]
        """

    private func states(_ answer: String) throws -> LitestreamStates {
        let replica = LitestreamReplica(url: "file:///r") { (arguments) throws(StretchError) in
            #expect(arguments == ["ltx", "-json", "-level", "all", "file:///r"])
            return Data(answer.utf8)
        }
        return LitestreamStates(try replica.states())
    }

    @Test(arguments: [
        ("2026-11-23 10:00:05.999", "2", true), ("2026-11-23 10:00:40", "2", true),
        ("2026-11-23 10:01:00.249", "2", true), ("2026-11-23 10:01:00.250", "10", false),
        ("2027-01-01", "10", false),
    ])
    func `the newest state that is not after the time is found`(
        _ time: String, _ transaction: String, _ isProven: Bool
    ) throws {
        let found = try states(Self.list).newest(
            notAfter: Timestamp(parsing: time), replica: "r")
        #expect(found.state.transaction.hasSuffix("0" + transaction))
        #expect(found.isProven == isProven)
    }

    @Test func `a time before the first state, and an empty replica, are refused`() throws {
        // The list has whole seconds: what it calls 10:00:05 may be anything up to 10:00:05.999.
        for (answer, time) in [(Self.list, "2026-11-23 10:00:05"), ("[]", "2027-01-01")] {
            let error = #expect(throws: StretchError.self) {
                try states(answer).newest(notAfter: Timestamp(parsing: time), replica: "r")
            }
            #expect(error?.code == .invalidArgument)
        }
        let error = #expect(throws: StretchError.self) { try states("level min max") }
        #expect(error?.code == .unsupported)
    }
}
