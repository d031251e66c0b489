internal import StretchCore
internal import StretchEndpoint
internal import StretchTimeline

/// One run of the migrator, in memory.
struct Migration {
    var machine = MigrationStateMachine()
    var action: MigrationStateMachine.Action
    let nonce: Int64
    /// The rows of the step in flight, once they are known.
    var rows: RowSet?
    /// What the ledger answered for a step of an earlier run.
    var entryRows: RowSet?
    var batchesLeft = 3
    /// Whether the step in flight is another branch's: a known-bad variant.
    var isUnderChild = false
    /// Whether the local switch is still to be noted in the keystore.
    var owesNote = false
}

/// Does what ``MigrationStateMachine`` says.
extension World {
    mutating func startMigration(_ place: Int) {
        guard places[place].process == nil, open(place), let entry = entry(place) else { return }
        tell { "\($0.describe(place)) starts to migrate" }
        if places[place].file?.fork != nil {
            change(place, isDurable: true) { $0.fork = nil }
        }
        guard var file = places[place].file else { return }
        var isUnderChild = false
        if variant == .pendingUnderChild, let step = file.pending,
            step.base.branch != file.position.branch
        {
            isUnderChild = remote.stored(step.batch) != nil
            let rebased = step.rebased(to: file.position)
            change(place, isDurable: true) { $0.pending = rebased }
            file.pending = rebased
        }
        var machine = MigrationStateMachine()
        let action = machine.handle(.started(at: file.position, pending: file.pending))
        places[place].process = .migration(
            Migration(
                machine: machine, action: action, nonce: entry.nonce, isUnderChild: isUnderChild))
    }

    /// Takes the next action of a run.
    mutating func proceed(
        _ place: Int, _ migration: Migration, fault: inout Operation.Fault
    ) {
        var run = migration
        if run.owesNote, let position = places[place].file?.position {
            // Whoever claimed the branch meanwhile stays its owner, at its own place.
            if entry(place)?.nonce == run.nonce { note(position, place: place) }
            run.owesNote = false
            places[place].process = .migration(run)
            return
        }
        if case .stop(let stop) = run.action {
            places[place].process = nil
            tell { "\($0.describe(place)) stops: \(stop)" }
            return
        }
        let event = perform(place, &run, fault: &fault)
        run.action = run.machine.handle(event)
        places[place].process = .migration(run)
    }

    private mutating func perform(
        _ place: Int, _ run: inout Migration, fault: inout Operation.Fault
    ) -> MigrationStateMachine.Event {
        guard let file = places[place].file else { return .superseded }
        switch run.action {
        case .dropPending:
            change(place, isDurable: true) { $0.pending = nil }
            tell { "\($0.describe(place)) drops its step in flight" }
            return .dropped
        case .fence:
            if isCut(&fault) { return .failed(.remoteUnavailable) }
            return .fenced(fence(file, run))
        case .lookUp:
            if isCut(&fault) { return .failed(.remoteUnavailable) }
            return lookUp(file, &run)
        case .confirm: return call(&fault) { $0.confirm(file, run.nonce) }
        case .read: return read(place, &run)
        case .send:
            guard let step = file.pending, let rows = run.rows else { return .superseded }
            stage(rows, place: place)
            tell { "\($0.describe(place)) sends batch \(step.batch) \(rows)" }
            return call(&fault) { $0.send(step, rows, run.nonce) }
        case .readBack:
            if fault == .unprovable {
                fault = .none
                return .unprovable
            }
            return readBack(file, &run)
        case .switchBatch: return switchBatch(place, &run)
        case .abandon: return abandon(place, &run)
        case .retire:
            guard let step = file.pending else { return .superseded }
            tell { "\($0.describe(place)) retires batch \(step.batch) on the remote" }
            return call(&fault) { $0.retire(step, run.nonce) }
        case .switchRetirement: return switchRetirement(place, &run)
        case .wait: return .waited
        case .narrow, .stop: return .exhausted
        }
    }

    // MARK: The remote

    private func isCut(_ fault: inout Operation.Fault) -> Bool {
        defer { if fault == .unreachable || fault == .lostReply { fault = .none } }
        return fault == .unreachable || fault == .lostReply
    }

    private mutating func call(
        _ fault: inout Operation.Fault,
        _ body: (inout World) -> MigrationStateMachine.Event
    ) -> MigrationStateMachine.Event {
        switch fault {
        case .unreachable:
            fault = .none
            return .failed(.remoteUnavailable)
        case .lostReply:
            fault = .none
            _ = body(&self)
            return .failed(.remoteUnavailable)
        case .none, .unprovable: return body(&self)
        }
    }

    private func fence(_ file: ModelFile, _ run: Migration) -> TimelinePosition? {
        if run.isUnderChild, let step = file.pending { return step.next }
        return remote.head(file.position.branch)
    }

    private func lookUp(_ file: ModelFile, _ run: inout Migration) -> MigrationStateMachine.Event {
        guard let step = file.pending else { return .superseded }
        guard let stored = remote.stored(step.batch), !remote.isCondemned(step.batch) else {
            return .found(nil)
        }
        run.entryRows = stored.rows
        let position = run.isUnderChild ? step.next : stored.position
        return .found(
            LedgerEntry(
                batch: NewBatch(
                    id: step.batch, relation: 1, columns: [], rowCount: Int64(stored.rows.count),
                    digest: stored.digest), position: position))
    }

    private mutating func confirm(_ file: ModelFile, _ nonce: Int64) -> MigrationStateMachine.Event
    {
        do throws(ModelRemote.Refusal) {
            try remote.confirm(file.position, nonce: nonce, now: serverTime)
            return .confirmed
        } catch { return .failed(.remoteMismatch) }
    }

    private mutating func send(
        _ step: PendingStep, _ rows: RowSet, _ nonce: Int64
    ) -> MigrationStateMachine.Event {
        do throws(ModelRemote.Refusal) {
            try remote.commit(
                step.batch, rows: rows, digest: rows.digest, from: step.base, to: step.next,
                nonce: nonce, now: serverTime)
            return .sent
        } catch { return .failed(.remoteMismatch) }
    }

    private mutating func retire(
        _ step: PendingStep, _ nonce: Int64
    ) -> MigrationStateMachine.Event {
        do throws(ModelRemote.Refusal) {
            try remote.retire(
                step.batch, from: step.base, to: step.next, nonce: nonce, now: serverTime)
            return .retired
        } catch { return .failed(.remoteMismatch) }
    }

    private func readBack(
        _ file: ModelFile, _ run: inout Migration
    ) -> MigrationStateMachine.Event {
        guard let step = file.pending else { return .superseded }
        guard let rows = remote.readableRows(step.batch) else { return .failed(.remoteMismatch) }
        guard let sent = run.rows ?? run.entryRows else { return .unprovable }
        run.rows = sent
        return rows == sent ? .readBack : .differed
    }

    // MARK: The file

    private mutating func read(_ place: Int, _ run: inout Migration) -> MigrationStateMachine.Event
    {
        guard let file = places[place].file, run.batchesLeft > 0 else { return .exhausted }
        guard file.pending == nil else { return .superseded }
        let kind: PendingStep.Kind
        let batch: Int64
        if let hidden = file.manifest.first(where: { $0.visible.isEmpty }) {
            (kind, batch, run.rows) = (.retirement, hidden.id, nil)
        } else {
            // One hot row always stays.
            guard file.hot.count > 1 else { return .exhausted }
            let rows = file.hot.prefix(min(3, file.hot.count - 1))
            (kind, batch, run.rows) = (.outbound, drawBatch(rows), rows)
        }
        run.batchesLeft -= 1
        let step = PendingStep(
            kind: kind, table: 1, batch: batch, base: file.position, nextToken: drawToken(),
            schemaVersion: 0)
        change(place, isDurable: true) { $0.pending = step }
        return .began(step)
    }

    /// The step in flight, when it is still the file's.
    private func ownStep(_ place: Int) -> PendingStep? {
        guard let file = places[place].file, let step = file.pending, step.base == file.position
        else { return nil }
        return step
    }

    private mutating func switchBatch(
        _ place: Int, _ run: inout Migration
    ) -> MigrationStateMachine.Event {
        guard let step = ownStep(place), let rows = run.rows else { return .superseded }
        change(place, isDurable: true) { file in
            let kept = rows.subtracting(file.hot)
            file.hot.subtract(rows)
            file.manifest.append(
                ModelFile.Batch(id: step.batch, rows: rows, hidden: kept, digest: rows.digest))
            file.advance(to: step.next)
        }
        census.migratedBatches += 1
        tell { "\($0.describe(place)) switches to \(step.next.text)" }
        run.owesNote = true
        return .switched(next: nil)
    }

    private mutating func abandon(
        _ place: Int, _ run: inout Migration
    ) -> MigrationStateMachine.Event {
        guard let step = ownStep(place) else { return .superseded }
        let retirement = PendingStep(
            kind: .retirement, table: 1, batch: step.batch, base: step.next,
            nextToken: drawToken(), schemaVersion: 0)
        change(place, isDurable: true) {
            $0.advance(to: step.next)
            $0.pending = retirement
        }
        tell { "\($0.describe(place)) gives batch \(step.batch) up at \(step.next.text)" }
        run.owesNote = true
        return .began(retirement)
    }

    private mutating func switchRetirement(
        _ place: Int, _ run: inout Migration
    ) -> MigrationStateMachine.Event {
        guard let step = ownStep(place) else { return .superseded }
        change(place, isDurable: true) { file in
            file.manifest.removeAll { $0.id == step.batch }
            file.advance(to: step.next)
        }
        census.retiredBatches += 1
        tell { "\($0.describe(place)) switches to \(step.next.text), without batch \(step.batch)" }
        run.owesNote = true
        return .switched(next: nil)
    }

    private mutating func stage(_ rows: RowSet, place: Int) {
        guard stagingBudget > 0, !places[place].staged.contains(rows) else { return }
        places[place].staged.append(rows)
        if places[place].staged.count > stagingBudget { places[place].staged.removeFirst() }
    }
}

extension PendingStep {
    /// The step under another base: what must never be done, for a known-bad variant.
    fileprivate func rebased(to base: TimelinePosition) -> PendingStep {
        PendingStep(
            kind: kind, table: table, batch: batch, base: base, nextToken: nextToken,
            schemaVersion: schemaVersion)
    }
}
