import StretchCore
import StretchTimeline
import Testing

@Suite struct ReauthorizePlanTests {
    private let here = TimelinePosition(branch: 1, epoch: 4, token: 40)
    private let next = TimelinePosition(branch: 1, epoch: 5, token: 50)
    private var step: PendingStep {
        PendingStep(
            kind: .outbound, table: 1, batch: 7, base: here, nextToken: 50, schemaVersion: 0)
    }

    private func plan(
        link: LinkState = .disconnected(.restored), isMoving: Bool = false, place: String? = nil,
        pending: PendingStep? = nil,
        head: TimelinePosition?, owner: ReauthorizePlan.Owner = .here, isDropped: Bool = false,
        isHeld: Bool = true, point: ForkPoint? = nil,
        comparison: ManifestComparison = ManifestComparison(),
        _ change: (inout ReauthorizePlan.Options) -> Void = { _ in }
    ) -> ReauthorizePlan {
        var options = ReauthorizePlan.Options()
        change(&options)
        return ReauthorizePlan(
            file: ReauthorizePlan.File(
                position: here, pending: pending, link: link, isMoving: isMoving,
                place: place),
            branch: head.map {
                ReauthorizePlan.Branch(head: $0, owner: owner, isDropped: isDropped)
            }, isHeld: isHeld, point: point ?? .new(here), comparison: comparison,
            options: options)
    }

    private func comparison(_ facts: ManifestComparison.Facts, hidden: Int64 = 0)
        -> ManifestComparison
    {
        ManifestComparison(
            manifest: [NamedBatch(id: 7, rowCount: 10, hiddenRowCount: hidden, digest: [1])],
            facts: [facts], unnamed: [])
    }

    private var gone: ManifestComparison.Facts {
        ManifestComparison.Facts(
            digest: nil, isVisible: false, isCondemned: false, isResent: false, copy: nil,
            isStaged: false)
    }

    // MARK: With copy

    @Test func `a connected file at its branch's head has nothing to do`() {
        #expect(plan(link: .connected, head: here) == .nothing)
        #expect(plan(link: .connected, pending: step, head: next) == .nothing)
    }

    @Test(arguments: [true, false])
    func `a connected file at its branch's head keeps its branch at another address`(
        withCopy: Bool
    ) {
        func plan(_ link: LinkState, owner: ReauthorizePlan.Owner = .here) -> ReauthorizePlan {
            self.plan(link: link, isMoving: true, head: here, owner: owner) {
                $0.withCopy = withCopy
            }
        }
        #expect(plan(.connected) == .move)
        #expect(plan(.connected, owner: .other("x")) != .move)
        #expect(plan(.disconnected(.copied)) != .move)
    }

    @Test func `a file that another user works with is not taken away`() {
        func plan(_ owner: String, at head: TimelinePosition) -> ReauthorizePlan {
            self.plan(
                link: .disconnected(.unknownHere), place: "@vm:/app.db", head: head,
                owner: .other(owner))
        }
        #expect(plan("anna@vm:/app.db", at: here) == .refused(.inUse(by: "anna@vm:/app.db")))
        // A restored file, and one of another place.
        let fork = ReauthorizePlan.fork(.new(here), ManifestComparison())
        #expect(plan("anna@vm:/app.db", at: next) == fork)
        #expect(plan("anna@vm:/other.db", at: here) == fork)
        #expect(
            self.plan(link: .disconnected(.copied), head: here) { $0.withCopy = false }
                == .refused(.copied))
    }

    @Test func `a restored file begins a child where it is`() {
        let expected = ReauthorizePlan.fork(.new(here), ManifestComparison())
        #expect(plan(head: here) == expected)
        #expect(plan(head: next) == expected)
        #expect(plan(link: .connected, head: next) == expected)
        #expect(plan(link: .connected, head: here, owner: .other("x")) == expected)
        #expect(plan(head: here, isDropped: true) == expected)
        #expect(plan(link: .disconnected(.deauthorized), head: here) == expected)
    }

    @Test func `a run that was killed before its last note only repeats the note`() {
        #expect(plan(link: .disconnected(.unfinished), head: here) == .link)
        let claimed = plan(link: .disconnected(.unfinished), head: here, owner: .formerlyHere)
        #expect(claimed == .fork(.new(here), ManifestComparison()))
    }

    @Test func `lost batches are refused until each is accepted by name`() {
        let lost = comparison(gone)
        #expect(plan(head: here, comparison: lost) == .refused(.lost(lost.lost)))
        #expect(
            plan(head: here, comparison: lost) { $0.acceptedLosses = [8] }
                == .refused(.lost(lost.lost)))
        #expect(
            plan(head: here, comparison: lost) { $0.acceptedLosses = [7] }
                == .fork(.new(here), lost))
    }

    // MARK: Without copy

    @Test func `the same branch goes on from its head alone`() {
        #expect(plan(head: here) { $0.withCopy = false } == .proceed(from: .here))
        #expect(plan(pending: step, head: next) { $0.withCopy = false } == .proceed(from: .here))
        #expect(plan(head: next) { $0.withCopy = false } == .refused(.movedOn(to: next)))
        #expect(
            plan(head: here, isHeld: false) { $0.withCopy = false } == .refused(.rolledBack))
        #expect(plan(head: nil) { $0.withCopy = false } == .refused(.rolledBack))
        #expect(plan(head: here, isDropped: true) { $0.withCopy = false } == .refused(.dropped))
    }

    @Test func `another's branch is taken over by name`() {
        let refused = plan(head: here, owner: .other("office")) { $0.withCopy = false }
        #expect(refused == .refused(.owned(by: "office")))
        let wrong = plan(head: here, owner: .other("office")) {
            $0.withCopy = false
            $0.takesOver = "home"
        }
        #expect(wrong == refused)
        let named = plan(head: here, owner: .other("office")) {
            $0.withCopy = false
            $0.takesOver = "office"
        }
        #expect(named == .proceed(from: .other("office")))
    }

    @Test func `only a child can have missing batches again`() {
        let missing = comparison(gone)
        #expect(
            plan(head: here, comparison: missing) { $0.withCopy = false }
                == .refused(.incomplete(missing)))
    }

    // MARK: The manifest and the ledger

    @Test func `a batch is kept, sent again, forgotten or lost`() {
        var facts = gone
        facts.digest = [1]
        facts.isVisible = true
        #expect(comparison(facts).isComplete)
        facts.isCondemned = true
        #expect(comparison(facts).lost.map(\.id) == [7])
        facts = gone
        facts.digest = [2]
        facts.isVisible = true
        #expect(comparison(facts).lost.map(\.id) == [7])
        facts.copy = 9
        #expect(comparison(facts).resending.map(\.source) == [.remote(9)])
        facts.isStaged = true
        #expect(comparison(facts).resending.map(\.source) == [.staging])
        #expect(comparison(facts, hidden: 10).forgotten == [7])
        facts.isResent = true
        #expect(comparison(facts).resent == [7])
    }

    // MARK: The point

    @Test func `a child of an earlier run serves until a file is linked to it`() {
        let fork = PendingFork(child: 2, token: 99, base: here, origin: here)
        let child = ForkPoint.Child(head: fork.first, isOwn: true, resentCount: 0)
        func point(
            _ memory: BranchMemory.State?, _ child: ForkPoint.Child?,
            origin: TimelinePosition? = nil
        ) -> ForkPoint? {
            ForkPoint(
                position: origin ?? here, fork: fork, memory: memory, child: child, common: here)
        }
        #expect(point(.unfinished, child) == .resumed(fork, head: fork.first))
        #expect(point(.unfinished, nil) == .repeated(fork))
        #expect(point(.linked, child) == .new(here))
        #expect(point(nil, child) == .new(here))
        #expect(point(.unfinished, child, origin: next) == .new(here))
        var moved = child
        moved.head = fork.first.next(token: 100)
        #expect(point(.unfinished, moved) == .new(here))
        moved.resentCount = 1
        #expect(point(.unfinished, moved) == .resumed(fork, head: moved.head))
        moved.isOwn = false
        #expect(point(.unfinished, moved) == .new(here))
    }

    @Test func `a file without a position in common with the remote is refused`() {
        let file = ReauthorizePlan.File(
            position: here, pending: nil, link: .disconnected(.unknownHere))
        let plan = ReauthorizePlan(
            file: file, branch: nil, isHeld: false, point: nil, comparison: comparison(gone),
            options: ReauthorizePlan.Options())
        #expect(plan == .refused(.unrelated))
    }
}
