internal import StretchCore
internal import StretchTimeline

/// What administrators and accidents do to files, keystores and the remote.
extension World {
    // MARK: Files

    mutating func backUp(_ place: Int, shelf: Int) {
        guard let file = places[place].file else { return }
        shelves[shelf] = Backup(file: file)
        tell { "backup \(shelf) is made of \($0.describe(place)) at \(file.position.text)" }
    }

    mutating func restore(_ shelf: Int, place: Int) {
        guard let backup = shelves[shelf] else { return }
        // No process may have the file open.
        arrive(backup.file, at: place)
        census.restores += 1
        tell {
            "backup \(shelf), \(backup.file.position.text), is restored to \($0.describe(place))"
        }
    }

    mutating func copy(_ place: Int, to target: Int) {
        guard place != target, let file = places[place].file else { return }
        arrive(file, at: target)
        tell { "\($0.describe(place)) is copied to \($0.describe(target))" }
    }

    mutating func move(_ place: Int, to target: Int) {
        guard place != target, let file = places[place].file,
            places[place].machine == places[target].machine
        else { return }
        let mustBeConnected = places[place].mustBeConnected
        remove(place)
        arrive(file, at: target)
        places[target].mustBeConnected = mustBeConnected
        tell { "\($0.describe(place)) is moved to \($0.describe(target))" }
    }

    mutating func remove(_ place: Int) {
        guard places[place].file != nil else { return }
        places[place].file = nil
        places[place].synced = nil
        places[place].process = nil
        places[place].staged = []
        places[place].mustBeConnected = false
        tell { "\($0.describe(place)) is removed" }
    }

    private mutating func arrive(_ file: ModelFile, at target: Int) {
        put(file, at: target)
        // A moved file whose old place is taken is a copy by what can be known.
        for other in places.indices
        where other != target && places[other].machine == places[target].machine
            && places[other].file?.position.branch == file.position.branch
            && entry(other)?.memory.path != places[other].path
        {
            places[other].mustBeConnected = false
        }
    }

    // MARK: Machines

    mutating func kill(_ place: Int) {
        guard places[place].process != nil else { return }
        places[place].process = nil
        tell { "the process of \($0.describe(place)) is killed" }
    }

    /// Cuts the power of a machine.
    ///
    /// - Parameter loses: Whether what was not synced is lost; the disk may have been faster.
    mutating func powerCut(_ machine: Int, loses: Bool) {
        tell { _ in
            "the \(World.name(machine: machine)) machine loses power"
                + (loses ? ", and what was not synced" : "")
        }
        for place in places.indices where places[place].machine == machine {
            places[place].process = nil
            guard loses, places[place].file != nil else { continue }
            let synced = places[place].synced
            change(place, isDurable: true) { if let synced { $0 = synced } }
        }
        guard loses else { return }
        machines[machine].keystore.loseNotes()
        machines[machine].reached = machines[machine].keystore.entries.compactMap(\.memory.seen)
        for place in places.indices
        where places[place].machine == machine
            && entry(place)?.memory.path != places[place].path
        {
            places[place].mustBeConnected = false
        }
    }

    mutating func deauthorize(_ place: Int) {
        let machine = places[place].machine
        guard open(place), var entry = entry(place) else { return }
        entry.memory.state = .deauthorized
        machines[machine].keystore.write(entry)
        places[place].process = nil
        places[place].mustBeConnected = false
        distrustOthers(of: entry.memory.branch, than: place)
        tell { "\($0.describe(place)) is deauthorized" }
    }

    mutating func saveKeystore(_ machine: Int) {
        machines[machine].saved = machines[machine].keystore
        tell { _ in "the keystore of the \(World.name(machine: machine)) machine is saved" }
    }

    mutating func replaceKeystore(_ machine: Int, by keystore: ModelKeystore?) {
        guard let keystore else { return }
        machines[machine].keystore = keystore
        machines[machine].reached = keystore.entries.compactMap(\.memory.seen)
        for place in places.indices where places[place].machine == machine {
            places[place].process = nil
            places[place].mustBeConnected = false
        }
        let what = keystore.entries.isEmpty ? "lost" : "put back from an older copy"
        tell { _ in "the keystore of the \(World.name(machine: machine)) machine is \(what)" }
    }

    // MARK: The remote

    mutating func saveRemote(_ shelf: Int) {
        remote.savedAt = now
        remoteShelves[shelf] = remote
        tell { _ in "the server is backed up as \(shelf)" }
    }

    mutating func rollBackRemote(_ shelf: Int) {
        guard var older = remoteShelves[shelf] else { return }
        older.version = remote.version + 1
        let kept = Set(older.allTokens())
        let current = remote.allTokens()
        for token in current { discarded[Int(token) - 1] = true }
        for token in kept { discarded[Int(token) - 1] = false }
        remote = older
        rollbackCount += 1
        census.rollbacks += 1
        forgetMoments(since: older.savedAt)
        tell { _ in "the server is rolled back to its backup \(shelf)" }
    }

    /// What was a present state after the server's backup was one of a timeline that is gone.
    private mutating func forgetMoments(since day: Int) {
        for place in places.indices {
            if let moment = places[place].file?.moment, moment >= day {
                places[place].file?.moment = 0
                places[place].checked = (-1, -1)
            }
            if let moment = places[place].synced?.moment, moment >= day {
                places[place].synced?.moment = 0
            }
        }
        for shelf in shelves.indices {
            if let moment = shelves[shelf]?.file.moment, moment >= day {
                shelves[shelf]?.file.moment = 0
            }
        }
    }

    mutating func wait(_ days: Int) {
        for place in places.indices { refreshMoment(place) }
        now += days
        tell { _ in "\(days) days pass" }
    }

    mutating func setClockBack(_ days: Int) {
        clockError += days
        tell { _ in "the server's clock goes back by \(days) days" }
    }

    mutating func condemn() {
        for place in places.indices { refreshMoment(place) }
        let garbage = remote.condemn(now: serverTime)
        guard !garbage.isEmpty else { return }
        census.condemnedBatches += garbage.count
        tell { _ in "garbage collection condemns batches \(garbage)" }
        checkCondemned(garbage)
    }

    mutating func collect() {
        let count = remote.collect()
        if count > 0 { tell { _ in "garbage collection deletes the rows of \(count) batches" } }
    }

    mutating func setDropped(_ isDropped: Bool, branch: Int64) {
        for place in places.indices { refreshMoment(place) }
        guard remote.setDropped(isDropped, branch: branch, now: serverTime) else { return }
        tell { _ in "branch \(branch) is \(isDropped ? "dropped" : "undropped")" }
    }
}
