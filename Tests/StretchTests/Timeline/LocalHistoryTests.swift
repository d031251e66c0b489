import StretchCore
import StretchTimeline
import Testing

@Suite struct LocalHistoryTests {
    private func position(_ branch: Int64, _ epoch: Int64, _ token: Int64) -> TimelinePosition {
        TimelinePosition(branch: branch, epoch: epoch, token: token)
    }

    @Test func `the newest common position has the same token, not only the same epoch`() {
        var history = LocalHistory(position(1, 0, 10))
        for epoch in 1...4 { history.append(position(1, Int64(epoch), 10 + Int64(epoch))) }
        // The remote was rolled back to 2, and another file went on.
        let tokens: [Int64: Int64] = [0: 10, 1: 11, 2: 12, 3: 93, 4: 94]
        #expect(history.newestCommon { $0 == 1 ? tokens[$1] : nil } == position(1, 2, 12))
        #expect(history.newestCommon { _, _ in nil } == nil)
    }

    @Test func `a fork forgets what came after it, and goes on under the child`() {
        var history = LocalHistory(position(1, 0, 10))
        history.append(position(1, 1, 11))
        history.append(position(1, 2, 12))
        history.fork(at: position(1, 1, 11), child: [position(2, 1, 21), position(2, 2, 22)])
        history.append(position(2, 3, 23))
        #expect(
            history.positions == [
                position(1, 0, 10), position(1, 1, 11), position(2, 1, 21), position(2, 2, 22),
                position(2, 3, 23),
            ])
        // A remote that never had the child.
        let tokens: [Int64: Int64] = [0: 10, 1: 11, 2: 12]
        #expect(history.newestCommon { $0 == 1 ? tokens[$1] : nil } == position(1, 1, 11))
    }
}
