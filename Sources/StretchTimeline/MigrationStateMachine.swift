package import StretchCore
package import StretchEndpoint

/// Decides the migrator's next action on the step in flight, without a clock, input or output.
///
/// A step is recorded locally, executed on the remote, and switched locally. After a crash, or a
/// remote commit in doubt, the fence determines whether the remote has committed the step. The
/// remote advances first, so it is at the file's position or one step ahead. Any other position
/// means that another file extended the branch, or that the remote was rolled back.
package struct MigrationStateMachine {
    /// An event.
    package enum Event {
        /// The file was opened, possibly with a step of an earlier run.
        case started(at: TimelinePosition, pending: PendingStep?)
        /// The remote has no commit in doubt and is at this position; `nil` for an unknown branch.
        case fenced(TimelinePosition?)
        /// The ledger entry of the step's batch was read.
        case found(LedgerEntry?)
        /// The step in flight was removed.
        case dropped
        /// Retirements up to the file's position are confirmed.
        case confirmed
        /// A step was recorded; its rows, if any, are in memory.
        case began(PendingStep)
        /// No work is left.
        case exhausted
        /// The remote committed the batch.
        case sent
        /// The remote's copy was read and equals the sent rows.
        case readBack
        /// The remote's copy was read, and differs.
        case differed
        /// The batch cannot be switched: its rows are unknown, or the table has changed.
        case unprovable
        /// The local switch is complete; the next step may have been recorded in the same
        /// transaction.
        case switched(next: PendingStep?)
        /// The remote recorded the retirement.
        case retired
        /// The time to wait is over.
        case waited
        /// A call of the remote threw.
        case failed(StretchError.Code)
        /// The step in flight is no longer the recorded one.
        case superseded
    }

    /// The next action.
    package enum Action: Hashable {
        case dropPending, fence, lookUp, confirm, read, send, readBack, switchBatch, abandon
        case retire, switchRetirement, narrow, wait(Duration), stop(Stop)
    }

    /// The reason for stopping.
    package enum Stop: Hashable {
        /// All work is complete.
        case finished
        /// The remote is neither at the file's position nor one step of this file ahead.
        case mismatch
        /// The remote's copy of a batch differed from the sent rows; the batch was retired.
        case damaged
        /// The last call of the remote failed permanently.
        case failed
        /// Another migrator or an administrator removed the step.
        case superseded
    }

    /// The maximum number of consecutive failures of the remote that are retried.
    package static let maximumFailureCount = 8

    private var position: TimelinePosition?
    private var step: PendingStep?
    /// The last known position of the remote.
    package private(set) var remote: TimelinePosition?
    private var hasRows = false
    private var isConfirmed = false
    private var isDamaged = false
    private var failureCount = 0
    private var current = Action.fence
    private var afterWait = Action.fence

    package init() {}

    /// Returns the action that follows an event.
    package mutating func handle(_ event: Event) -> Action {
        current = next(after: event)
        return current
    }

    private mutating func next(after event: Event) -> Action {
        switch event {
        case .failed(let code): return failed(code)
        case .waited: return afterWait
        // Only progress resets the count: with a full disk, each batch fails although queries
        // succeed.
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
        // The remote cannot store a row; the batch is made smaller until the row is found.
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
