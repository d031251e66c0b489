import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchTestSupport
import Synchronization
import Testing

/// What writers do during a verification is no finding of it.
@Suite struct VerificationUnderWritersTests {
    /// Runs a body once, when a ledger entry is asked for.
    private final class Meanwhile: Sendable {
        let body = Mutex<(@Sendable () -> Void)?>(nil)

        func run() {
            let found = body.withLock { body in
                defer { body = nil }
                return body
            }
            found?()
        }
    }

    private final class WatchedEndpoint: ForwardingEndpoint {
        private let meanwhile: Meanwhile

        init(_ base: any Endpoint, _ meanwhile: Meanwhile) {
            self.meanwhile = meanwhile
            super.init(base)
        }

        override func around<Result>(
            _ call: String, _ body: () throws(StretchError) -> Result
        ) throws(StretchError) -> Result {
            if call == "ledgerEntry" { meanwhile.run() }
            return try body()
        }
    }

    @Test(arguments: ["wal", "delete"])
    func `a row that becomes hot is not shadowed`(_ mode: String) throws {
        let meanwhile = Meanwhile()
        let sample = try TimelineSample { WatchedEndpoint($0, meanwhile) }
        try sample.open().migrate()
        try sample.open().execute("PRAGMA journal_mode = \(mode)")
        meanwhile.body.withLock { body in
            body = {
                _ = try? sample.open().execute("UPDATE t SET v = 'hot now' WHERE id = 3")
            }
        }
        let report = try sample.open().verify()
        #expect(meanwhile.body.withLock { $0 == nil })
        #expect(report.tables[0].shadowedRowCount == 0)
        #expect(try sample.open().query("SELECT v FROM main.t WHERE id = 3").rows == [["hot now"]])
    }
}
