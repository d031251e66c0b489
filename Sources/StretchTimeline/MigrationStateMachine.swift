package import StretchCore
package import StretchEndpoint

/// Decides what the migrator does next with the one step in flight: no clock, no input or output.
///
/// A step is written down locally, done on the remote, and switched locally; after a crash, or a
/// remote commit in doubt, the fence tells on which side of the remote's commit the step is. The
/// remote moves first, so that it is at the file's position or one step ahead; anything else means
/// that another file extended the branch, or that the remote was rolled back.
package struct MigrationStateMachine {
    /// What happened.
    package enum Event {
        /// The file was opened, with the step that an earlier run left.
        case started(at: TimelinePosition, pending: PendingStep?)
        /// The remote has no commit in doubt and stands here; `nil` for an unknown branch.
        case fenced(TimelinePosition?)
        /// What the ledger knows of the step's batch.
        case found(LedgerEntry?)
        /// The step in flight was forgotten.
        case dropped
        /// Retirements up to the file's position are confirmed.
        case confirmed
        /// A step was written down; its rows, if it has any, are in memory.
        case began(PendingStep)
        /// There is nothing left to do.
        case exhausted
        /// The remote committed the batch.
        case sent
        /// The remote's copy was read, and equals what was sent.
        case readBack
        /// The remote's copy was read, and differs.
        case differed
        /// The batch cannot be switched: its rows are not known, or the table changed since.
        case unprovable
        /// The local switch is done; the next step may be written in the same transaction.
        case switched(next: PendingStep?)
        /// The remote recorded the retirement.
        case retired
        /// The time to wait is over.
        case waited
        /// A call of the remote threw.
        case failed(StretchError.Code)
        /// The step in flight is no longer the one that was written.
        case superseded
    }

    /// What to do.
    package enum Action: Hashable {
        case dropPending, fence, lookUp, confirm, read, send, readBack, switchBatch, abandon
        case retire, switchRetirement, narrow, wait(Duration), stop(Stop)
    }

    /// Why nothing more is done.
    package enum Stop: Hashable {
        /// All is done.
        case finished
        /// The remote is neither at the file's position nor one own step ahead.
        case mismatch
        /// The remote's copy of a batch differed from what was sent; the batch was retired.
        case damaged
        /// The last call of the remote failed for good.
        case failed
        /// Another migrator or an administrator took the step away.
        case superseded
    }

    /// The most failures of the remote in a row that are waited for.
    package static let maximumFailureCount = 8

    private var position: TimelinePosition?
    private var step: PendingStep?
    /// Where the remote stood when it was last asked.
    package private(set) var remote: TimelinePosition?
    private var hasRows = false
    private var isConfirmed = false
    private var isDamaged = false
    private var failureCount = 0
    private var current = Action.fence
    private var afterWait = Action.fence

    package init() {}

    /// The action that follows an event.
    package mutating func handle(_ event: Event) -> Action {
        current = next(after: event)
        return current
    }

    private mutating func next(after event: Event) -> Action {
        switch event {
        case .failed(let code): return failed(code)
        case .waited: return afterWait
        // Only progress counts: a full disk fails each batch, and answers each question.
        case .sent, .readBack, .switched, .retired, .confirmed: failureCount = 0
        default: break
        }
        switch event {
        case .started(let position, let pending):
            self.position = position
            step = pending
            // A step of another branch, or of another epoch, belongs to another timeline.
            return pending.map { $0.base != position } ?? false ? .dropPending : .fence
        case .fenced(let position): return fenced(position)
        case .found(let entry): return found(entry)
        case .dropped:
            step = nil
            return remote == position ? idle() : .fence
        case .confirmed:
            isConfirmed = true
            return .read
        case .began(let step): return began(step)
        case .exhausted: return .stop(.finished)
        case .sent: return .readBack
        case .readBack: return .switchBatch
        case .differed:
            isDamaged = true
            return .abandon
        case .unprovable: return .abandon
        case .switched(let next): return switched(next)
        case .retired: return .switchRetirement
        case .superseded: return .stop(.superseded)
        case .failed, .waited: return .stop(.failed)
        }
    }

    private func idle() -> Action { isConfirmed ? .read : .confirm }

    private mutating func fenced(_ remote: TimelinePosition?) -> Action {
        self.remote = remote
        guard let remote else { return .stop(.mismatch) }
        guard let step else { return remote == position ? idle() : .stop(.mismatch) }
        if remote == step.base {
            switch step.kind {
            case .outbound: return hasRows ? .send : .lookUp
            case .retirement: return .retire
            }
        }
        guard remote == step.next else { return .stop(.mismatch) }
        return step.kind == .outbound ? .lookUp : .switchRetirement
    }

    private func found(_ entry: LedgerEntry?) -> Action {
        guard let step else { return .stop(.mismatch) }
        guard let entry else { return remote == step.base ? .dropPending : .stop(.mismatch) }
        let isOurs = remote == step.next && entry.position == step.next
        return isOurs ? .readBack : .stop(.mismatch)
    }

    private mutating func began(_ step: PendingStep) -> Action {
        position = step.base
        self.step = step
        hasRows = step.kind == .outbound
        return step.kind == .outbound ? .send : .retire
    }

    private mutating func switched(_ next: PendingStep?) -> Action {
        position = step?.next
        remote = position
        step = nil
        hasRows = false
        if isDamaged { return .stop(.damaged) }
        guard let next else { return .read }
        return began(next)
    }

    private mutating func failed(_ code: StretchError.Code) -> Action {
        // A row that the remote cannot hold: the batch is made smaller until the row is found.
        if current == .send, code == .unsupported { return .narrow }
        failureCount += 1
        guard code.isRetryable, failureCount < Self.maximumFailureCount else {
            return .stop(.failed)
        }
        switch current {
        // The commit is in doubt.
        case .send, .retire, .lookUp: afterWait = .fence
        default: afterWait = current
        }
        return .wait(.milliseconds(50 << failureCount))
    }
}
