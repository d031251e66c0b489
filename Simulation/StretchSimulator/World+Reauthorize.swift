internal import StretchCore
internal import StretchTimeline

/// One run of reauthorize, in memory.
struct Reauthorization {
    enum Stage {
        case plan
        /// Writes the nonce of a branch that is claimed, then claims it.
        case claim(ReauthorizePlan.Owner, isWritten: Bool)
        /// Writes the nonce of a new child.
        case draw(TimelinePosition)
        case writeFork(PendingFork)
        case forkRemote(PendingFork)
        case resend(PendingFork, Int)
        case switchLocal(PendingFork)
        case note
    }

    let options: Operation.ReauthorizeOptions
    var stage = Stage.plan
    var comparison = ManifestComparison()
}

/// Does what ``ReauthorizePlan`` says.
extension World {
    mutating func startReauthorization(_ place: Int, _ options: Operation.ReauthorizeOptions) {
        guard places[place].process == nil, places[place].file != nil,
            !isReauthorizing(places[place].machine)
        else { return }
        tell {
            "\($0.describe(place)) starts to reauthorize, \(options.withCopy ? "with" : "without") "
                + "copy\(options.takesOver ? ", taking over" : "")"
                + "\(options.accepts ? ", accepting the loss" : "")"
        }
        places[place].process = .reauthorization(Reauthorization(options: options))
    }

    /// Whether a run holds the keystore's lock: two copies of a file may have one fork in flight.
    private func isReauthorizing(_ machine: Int) -> Bool {
        places.contains { place in
            if place.machine == machine, case .reauthorization = place.process {
                true
            } else {
                false
            }
        }
    }

    /// Takes the next action of a run.
    mutating func proceed(
        _ place: Int, _ reauthorization: Reauthorization, fault: inout Operation.Fault
    ) {
        var run = reauthorization
        // A failure ends the run; running it again goes on.
        if fault == .unreachable {
            fault = .none
            places[place].process = nil
            return
        }
        let next = perform(place, &run)
        guard let next, fault != .lostReply else {
            if fault == .lostReply { fault = .none }
            places[place].process = nil
            return
        }
        run.stage = next
        places[place].process = .reauthorization(run)
    }

    private mutating func perform(
        _ place: Int, _ run: inout Reauthorization
    ) -> Reauthorization.Stage? {
        switch run.stage {
        case .plan: return plan(place, &run)
        case .claim(let owner, let isWritten): return claim(place, owner, isWritten: isWritten)
        case .draw(let base): return draw(place, base)
        case .writeFork(let fork):
            let drops = variant != .pendingUnderChild
            change(place, isDurable: true) {
                if drops { $0.pending = nil }
                $0.fork = fork
            }
            return .forkRemote(fork)
        case .forkRemote(let fork): return forkRemote(place, fork, run.comparison)
        case .resend(let fork, let index): return resend(place, fork, run.comparison, index)
        case .switchLocal(let fork): return switchLocal(place, fork, run.comparison)
        case .note:
            noteLinked(place)
            return nil
        }
    }

    // MARK: The plan

    private mutating func plan(
        _ place: Int, _ run: inout Reauthorization
    ) -> Reauthorization.Stage? {
        guard let file = places[place].file else { return nil }
        let branch = remote.head(file.position.branch).flatMap { branchFacts($0, place) }
        let point = forkPoint(file, place)
        let isHeld = remote.holds(file.position)
        let attachment =
            !run.options.withCopy && isHeld ? file.position : point?.attachment
        let comparison = attachment.map { compare(file, place, at: $0, point) }
        var options = ReauthorizePlan.Options()
        options.withCopy = run.options.withCopy
        if run.options.takesOver { options.takesOver = remote.owner(file.position.branch)?.name }
        if run.options.accepts { options.acceptedLosses = places[place].refusedLosses }
        let plan = ReauthorizePlan(
            file: ReauthorizePlan.File(
                position: file.position, pending: file.pending, link: link(place)),
            branch: branch, isHeld: isHeld, point: point,
            comparison: comparison ?? ManifestComparison(), options: options)
        if let comparison { checkLosses(comparison.lost, place) }
        return begin(plan, place, &run)
    }

    private mutating func begin(
        _ plan: ReauthorizePlan, _ place: Int, _ run: inout Reauthorization
    ) -> Reauthorization.Stage? {
        switch plan {
        case .nothing, .move:
            // The model's remote has one address.
            tell { "\($0.describe(place)) has nothing to do" }
            return nil
        case .link: return .note
        case .proceed(let owner): return .claim(owner, isWritten: false)
        case .refused(let refusal):
            census.refusals += 1
            tell { "\($0.describe(place)) is refused: \(refusal)" }
            if case .lost(let batches) = refusal {
                places[place].refusedLosses = Set(batches.map(\.id))
            }
            return nil
        case .fork(let point, let comparison):
            run.comparison = comparison
            tell {
                """
                \($0.describe(place)) plans to fork at \(point.attachment.text), to send \
                \(comparison.resending.map(\.batch)) again, to lose \
                \(comparison.lost.map(\.id))
                """
            }
            switch point {
            case .resumed(let fork, _): return .resend(fork, 0)
            case .repeated(let fork): return .forkRemote(fork)
            case .new(let base): return .draw(base)
            }
        }
    }

    // MARK: The same branch

    private mutating func claim(
        _ place: Int, _ owner: ReauthorizePlan.Owner, isWritten: Bool
    ) -> Reauthorization.Stage? {
        guard let file = places[place].file, let head = remote.head(file.position.branch),
            let recorded = remote.owner(file.position.branch)
        else { return nil }
        let machine = places[place].machine
        let branch = file.position.branch
        if !isWritten {
            let known = machines[machine].keystore.entry(branch)
            let memory = BranchMemory(
                branch: branch, endpoint: World.endpoint, state: .unfinished)
            let former: Int64? =
                switch owner {
                case .here: known?.nonce
                case .formerlyHere: known?.formerNonce
                case .other: recorded.nonce
                }
            machines[machine].keystore.write(
                ModelKeystore.Entry(
                    memory: memory, nonce: drawNonce(), formerNonce: former, synced: memory))
            distrustOthers(of: branch, than: place)
            places[place].mustBeConnected = false
            return .claim(owner, isWritten: true)
        }
        guard let entry = machines[machine].keystore.entry(branch), let former = entry.formerNonce,
            head == file.position || head == file.pending?.next
        else { return nil }
        do throws(ModelRemote.Refusal) {
            try remote.claim(
                head, from: former, nonce: entry.nonce, name: World.name(machine: machine))
        } catch { return nil }
        census.claims += 1
        tell { "\($0.describe(place)) claims branch \(branch)" }
        return .note
    }

    // MARK: A child

    private mutating func draw(
        _ place: Int, _ base: TimelinePosition
    ) -> Reauthorization.Stage? {
        guard let file = places[place].file else { return nil }
        let fork = PendingFork(
            child: drawBranch(), token: drawToken(), base: base, origin: file.position)
        let memory = BranchMemory(
            branch: fork.child, endpoint: World.endpoint, state: .unfinished)
        machines[places[place].machine].keystore.write(
            ModelKeystore.Entry(memory: memory, nonce: drawNonce(), synced: memory))
        return .writeFork(fork)
    }

    private mutating func forkRemote(
        _ place: Int, _ fork: PendingFork, _ comparison: ManifestComparison
    ) -> Reauthorization.Stage? {
        guard let file = places[place].file, file.fork == fork,
            let entry = machines[places[place].machine].keystore.entry(fork.child)
        else { return nil }
        let missing =
            comparison.resending.map(\.batch) + comparison.resent + comparison.forgotten
            + comparison.lost.map(\.id)
        let kept = file.manifest.map(\.id).filter { !missing.contains($0) }
        do throws(ModelRemote.Refusal) {
            try remote.fork(
                fork, kept: kept, unnamed: comparison.unnamed, nonce: entry.nonce,
                name: World.name(machine: places[place].machine), now: serverTime)
        } catch {
            tell { "\($0.describe(place)) cannot fork: \(error)" }
            return nil
        }
        tell { _ in "the remote makes branch \(fork.child) at \(fork.base.text)" }
        return .resend(fork, 0)
    }

    private mutating func resend(
        _ place: Int, _ fork: PendingFork, _ comparison: ManifestComparison, _ index: Int
    ) -> Reauthorization.Stage? {
        guard comparison.resending.indices.contains(index) else { return .switchLocal(fork) }
        let resending = comparison.resending[index]
        guard let file = places[place].file,
            let batch = file.manifest.first(where: { $0.id == resending.batch }),
            let entry = machines[places[place].machine].keystore.entry(fork.child),
            let head = remote.head(fork.child)
        else { return nil }
        let rows: RowSet? =
            switch resending.source {
            case .staging: places[place].staged.first { $0.digest == batch.digest }
            case .remote(let copy): remote.readableRows(copy)
            }
        guard let rows, rows.digest == batch.digest else { return nil }
        let id = resentID(batch.id, fork.child) ?? drawBatch(rows)
        if resentID(batch.id, fork.child) == nil {
            resentIDs.append((child: fork.child, batch: batch.id, id: id))
        }
        do throws(ModelRemote.Refusal) {
            try remote.commit(
                id, rows: rows, digest: rows.digest, from: head, to: head.next(token: drawToken()),
                nonce: entry.nonce, now: serverTime)
        } catch { return nil }
        tell { "\($0.describe(place)) sends batch \(batch.id) again as batch \(id)" }
        return .resend(fork, index + 1)
    }

    private mutating func switchLocal(
        _ place: Int, _ fork: PendingFork, _ comparison: ManifestComparison
    ) -> Reauthorization.Stage? {
        guard let file = places[place].file, file.fork == fork, file.position == fork.origin,
            let head = remote.head(fork.child),
            // A rollback of the remote took none of what was sent.
            head.epoch == fork.base.epoch
                + Int64(comparison.resent.count + comparison.resending.count)
        else { return nil }
        let positions = (fork.base.epoch...head.epoch).compactMap { epoch in
            remote.token(fork.child, epoch).map {
                TimelinePosition(branch: fork.child, epoch: epoch, token: $0)
            }
        }
        let gone = comparison.forgotten + comparison.lost.map(\.id)
        let resent = comparison.resent + comparison.resending.map(\.batch)
        let ids = resent.map { ($0, resentID($0, fork.child)) }
        change(place, isDurable: true) { file in
            for batch in file.manifest where gone.contains(batch.id) {
                file.oracle.subtract(batch.visible)
            }
            file.manifest.removeAll { gone.contains($0.id) }
            for (batch, id) in ids {
                guard let id, let index = file.manifest.firstIndex(where: { $0.id == batch })
                else { continue }
                file.manifest[index].id = id
            }
            file.history.fork(at: fork.base, child: positions)
            file.position = head
            file.fork = nil
        }
        places[place].mustBeConnected = false
        census.forks += 1
        census.resentBatches += resent.count
        census.acceptedLosses += comparison.lost.count
        tell { "\($0.describe(place)) switches to \(head.text)" }
        return .note
    }

    /// Notes in the keystore that the file is linked.
    private mutating func noteLinked(_ place: Int) {
        guard let file = places[place].file, var entry = entry(place) else { return }
        let machine = places[place].machine
        entry.memory.link(at: file.position, path: places[place].path)
        entry.formerNonce = nil
        machines[machine].keystore.write(entry)
        reach(file.position, machine: machine, isNew: true)
        distrustOthers(of: file.position.branch, than: place)
        places[place].mustBeConnected = true
        places[place].refusedLosses = []
        tell { "\($0.describe(place)) is linked at \(file.position.text)" }
    }
}
