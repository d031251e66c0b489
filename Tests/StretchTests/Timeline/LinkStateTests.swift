import StretchCore
import StretchTimeline
import Testing

@Suite struct LinkStateTests {
    private let here = TimelinePosition(branch: 1, epoch: 4, token: 40)

    private func memory(
        seen: TimelinePosition?, state: BranchMemory.State = .linked, endpoint: String = "file:r"
    ) -> BranchMemory {
        BranchMemory(branch: 1, endpoint: endpoint, state: state, path: "/a.db", seen: seen)
    }

    private func link(
        _ memory: BranchMemory?, pending: PendingStep? = nil, hasOriginal: Bool = false
    ) -> LinkState {
        LinkState(
            position: here, pending: pending, endpoint: "file:r", memory: memory,
            hasOriginal: hasOriginal)
    }

    private func position(_ epoch: Int64, _ token: Int64) -> TimelinePosition {
        TimelinePosition(branch: 1, epoch: epoch, token: token)
    }

    @Test func `a file that is where it was seen, or newer, is connected`() {
        #expect(link(memory(seen: here)) == .connected)
        #expect(link(memory(seen: position(3, 30))) == .connected)
        #expect(link(memory(seen: nil)) == .connected)
    }

    @Test func `an older file, and another one of the same epoch, was restored`() {
        #expect(link(memory(seen: position(5, 50))) == .disconnected(.restored))
        #expect(link(memory(seen: position(4, 41))) == .disconnected(.restored))
    }

    @Test func `a file whose own step leads to what was seen is the same file`() {
        let step = PendingStep(
            kind: .outbound, table: 1, batch: 7, base: here, nextToken: 50, schemaVersion: 0)
        #expect(link(memory(seen: position(5, 50)), pending: step) == .connected)
        #expect(link(memory(seen: position(5, 51)), pending: step) == .disconnected(.restored))
        #expect(link(memory(seen: position(6, 60)), pending: step) == .disconnected(.restored))
        let foreign = PendingStep(
            kind: .outbound, table: 1, batch: 7,
            base: TimelinePosition(branch: 1, epoch: 4, token: 44), nextToken: 50,
            schemaVersion: 0)
        #expect(link(memory(seen: position(5, 50)), pending: foreign) == .disconnected(.restored))
    }

    @Test func `the keystore tells why a file is disconnected`() {
        #expect(link(nil) == .disconnected(.unknownHere))
        let other = BranchMemory(branch: 2, endpoint: "file:r", state: .linked)
        #expect(link(other) == .disconnected(.unknownHere))
        #expect(
            link(memory(seen: here, endpoint: "file:other")) == .disconnected(.repointed))
        #expect(link(memory(seen: here, state: .unfinished)) == .disconnected(.unfinished))
        #expect(link(memory(seen: here, state: .deauthorized)) == .disconnected(.deauthorized))
        #expect(link(memory(seen: here), hasOriginal: true) == .disconnected(.copied))
    }

    @Test func `what was seen goes back by reauthorize only`() {
        var memory = memory(seen: here)
        memory.see(position(3, 30))
        #expect(memory.seen == here)
        memory.see(position(6, 60))
        #expect(memory.seen == position(6, 60))
        memory.link(at: here, path: "/b.db")
        #expect(memory.seen == here)
        #expect(memory.path == "/b.db")
    }
}
