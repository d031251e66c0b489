import StretchCore
import StretchEndpoint
import StretchTimeline
import Testing

@Suite struct MigrationStateMachineTests {
    private let base = TimelinePosition(branch: 1, epoch: 4, token: 40)

    private func step(_ kind: PendingStep.Kind = .outbound) -> PendingStep {
        PendingStep(kind: kind, table: 1, batch: 7, base: base, nextToken: 50, schemaVersion: 0)
    }

    private func entry(at position: TimelinePosition) -> LedgerEntry {
        LedgerEntry(
            batch: NewBatch(id: 7, relation: 1, columns: [1], rowCount: 1, digest: []),
            position: position)
    }

    private func resumed(
        _ kind: PendingStep.Kind, remote: TimelinePosition?
    ) -> (MigrationStateMachine, MigrationStateMachine.Action) {
        var machine = MigrationStateMachine()
        #expect(machine.handle(.started(at: base, pending: step(kind))) == .fence)
        let action = machine.handle(.fenced(remote))
        return (machine, action)
    }

    @Test func `a batch is sent, read back, and switched`() {
        var machine = MigrationStateMachine()
        #expect(machine.handle(.started(at: base, pending: nil)) == .fence)
        #expect(machine.handle(.fenced(base)) == .confirm)
        #expect(machine.handle(.confirmed) == .read)
        #expect(machine.handle(.began(step())) == .send)
        #expect(machine.handle(.sent) == .readBack)
        #expect(machine.handle(.readBack) == .switchBatch)
        #expect(machine.handle(.switched(next: nil)) == .read)
        #expect(machine.handle(.exhausted) == .stop(.finished))
    }

    @Test func `a remote that fails each commit and answers each question ends the run`() {
        var machine = MigrationStateMachine()
        _ = machine.handle(.started(at: base, pending: nil))
        _ = machine.handle(.fenced(base))
        _ = machine.handle(.confirmed)
        #expect(machine.handle(.began(step())) == .send)
        for _ in 1..<MigrationStateMachine.maximumFailureCount {
            guard case .wait = machine.handle(.failed(.remoteUnavailable)) else {
                Issue.record("a failure is waited for")
                return
            }
            #expect(machine.handle(.waited) == .fence)
            #expect(machine.handle(.fenced(base)) == .send)
        }
        #expect(machine.handle(.failed(.remoteUnavailable)) == .stop(.failed))
    }

    @Test func `a batch that never reached the remote is dropped`() {
        var (machine, action) = resumed(.outbound, remote: base)
        #expect(action == .lookUp)
        #expect(machine.handle(.found(nil)) == .dropPending)
        #expect(machine.handle(.dropped) == .confirm)
    }

    @Test func `a batch that reached the remote is read back`() {
        var (machine, action) = resumed(.outbound, remote: step().next)
        #expect(action == .lookUp)
        #expect(machine.handle(.found(entry(at: step().next))) == .readBack)
        #expect(machine.handle(.readBack) == .switchBatch)
    }

    @Test func `a batch known under another epoch stops the run`() {
        var (machine, _) = resumed(.outbound, remote: step().next)
        let other = TimelinePosition(branch: 1, epoch: 5, token: 51)
        #expect(machine.handle(.found(entry(at: other))) == .stop(.mismatch))
    }

    @Test func `the remote must be at the file's position or one own step ahead`() {
        let strangers = [
            TimelinePosition(branch: 1, epoch: 3, token: 30),
            TimelinePosition(branch: 1, epoch: 5, token: 51),
            TimelinePosition(branch: 1, epoch: 6, token: 60), nil,
        ]
        for remote in strangers {
            #expect(resumed(.outbound, remote: remote).1 == .stop(.mismatch))
            var machine = MigrationStateMachine()
            _ = machine.handle(.started(at: base, pending: nil))
            #expect(machine.handle(.fenced(remote)) == .stop(.mismatch))
        }
    }

    @Test func `a retirement is repeated or finished, never dropped`() {
        #expect(resumed(.retirement, remote: base).1 == .retire)
        #expect(resumed(.retirement, remote: step().next).1 == .switchRetirement)
    }

    @Test func `a step of another timeline is dropped before the remote is asked`() {
        var machine = MigrationStateMachine()
        let here = TimelinePosition(branch: 2, epoch: 4, token: 44)
        #expect(machine.handle(.started(at: here, pending: step())) == .dropPending)
        #expect(machine.handle(.dropped) == .fence)
        #expect(machine.handle(.fenced(here)) == .confirm)
    }

    @Test func `a commit in doubt is fenced before it is repeated`() {
        var machine = MigrationStateMachine()
        _ = machine.handle(.started(at: base, pending: nil))
        _ = machine.handle(.fenced(base))
        _ = machine.handle(.confirmed)
        _ = machine.handle(.began(step()))
        guard case .wait = machine.handle(.failed(.remoteUnavailable)) else {
            Issue.record("no wait")
            return
        }
        #expect(machine.handle(.waited) == .fence)
        var other = machine
        #expect(machine.handle(.fenced(base)) == .send)
        #expect(other.handle(.fenced(step().next)) == .lookUp)
    }

    @Test func `failures in a row are bounded`() {
        var machine = MigrationStateMachine()
        var action = machine.handle(.started(at: base, pending: nil))
        for _ in 0..<100 {
            action = machine.handle(.failed(.remoteUnavailable))
            if action == .stop(.failed) { return }
            #expect(machine.handle(.waited) == .fence)
        }
        Issue.record("never stopped: \(action)")
    }

    @Test func `a failure that waiting does not heal stops at once`() {
        var machine = MigrationStateMachine()
        _ = machine.handle(.started(at: base, pending: nil))
        #expect(machine.handle(.failed(.remoteMismatch)) == .stop(.failed))
    }

    @Test func `a differing copy is given up, and then the run stops`() {
        var (machine, _) = resumed(.outbound, remote: step().next)
        _ = machine.handle(.found(entry(at: step().next)))
        #expect(machine.handle(.differed) == .abandon)
        let retirement = PendingStep(
            kind: .retirement, table: 1, batch: 7, base: step().next, nextToken: 60,
            schemaVersion: 0)
        #expect(machine.handle(.began(retirement)) == .retire)
        #expect(machine.handle(.retired) == .switchRetirement)
        #expect(machine.handle(.switched(next: nil)) == .stop(.damaged))
    }
}
