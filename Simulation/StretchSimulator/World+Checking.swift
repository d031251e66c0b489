internal import StretchCore
internal import StretchTimeline

/// The invariants, after every step.
extension World {
    mutating func check() {
        for place in places.indices where places[place].file != nil {
            checkConnection(place)
            guard let version = places[place].file?.version,
                places[place].checked != (version, remote.version)
            else { continue }
            places[place].checked = (version, remote.version)
            refreshMoment(place)
            guard let file = places[place].file else { continue }
            check(file) { $0.describe(place) }
            checkCold(place)
        }
        for shelf in shelves.indices {
            guard let backup = shelves[shelf], backup.checkedRemote != remote.version else {
                continue
            }
            shelves[shelf]?.checkedRemote = remote.version
            check(backup.file) { _ in "backup \(shelf)" }
        }
    }

    // MARK: What every file and backup keeps

    private mutating func check(_ file: ModelFile, _ name: (World) -> String) {
        guard file.visible == file.oracle, !file.isDoubled else {
            fail(.rowsOfFile) {
                "\(name($0)) names rows \(file.visible), doubled: \(file.isDoubled), but its "
                    + "history says \(file.oracle)"
            }
            return
        }
        guard remote.holds(file.position) else {
            if !isDiscarded(file.position) {
                fail(.aheadOfRemote) { "\(name($0)) is at \(file.position.text)" }
            }
            return
        }
        for batch in file.manifest where !remote.isCondemned(batch.id) {
            guard let stored = remote.stored(batch.id), stored.digest == batch.digest,
                stored.rows == batchRows[Int(batch.id)], !stored.isCollected,
                remote.sees(batch.id, at: file.position)
            else {
                fail(.historyProvesLedger) {
                    "\(name($0)) names batch \(batch.id) at \(file.position.text)"
                }
                return
            }
        }
        let isDropped = remote.timeline.branch(file.position.branch)?.droppedAt != nil
        if !isDropped, remote.head(file.position.branch) == file.position,
            let batch = file.manifest.first(where: { remote.isCondemned($0.id) })
        {
            fail(.collectedTip) {
                "\(name($0)) is at its branch's head and names batch \(batch.id)"
            }
        }
    }

    // MARK: What a connected file keeps

    private mutating func checkConnection(_ place: Int) {
        guard let file = places[place].file else { return }
        guard link(place) == .connected else {
            if places[place].mustBeConnected {
                fail(.lostConnection) { "\($0.describe(place)) is \($0.link(place))" }
            }
            return
        }
        let reached = machines[places[place].machine].reached.first {
            $0.branch == file.position.branch
        }
        if let reached, file.position.epoch <= reached.epoch, file.position != reached,
            file.pending?.next != reached
        {
            fail(.olderIsConnected) {
                "\($0.describe(place)) is at \(file.position.text), and \(reached.text) was seen"
            }
        }
        checkOwner(place, file)
    }

    /// While a migrator may extend a branch, no other file of the machine is connected to it.
    private mutating func checkOwner(_ place: Int, _ file: ModelFile) {
        guard rollbackCount == 0 else { return }
        for other in places.indices
        where other != place && places[other].machine == places[place].machine
            && places[other].file?.position.branch == file.position.branch
        {
            guard case .migration(let run) = places[other].process,
                remote.owner(file.position.branch)?.nonce == run.nonce
            else { continue }
            fail(.twoOwners) {
                """
                \($0.describe(place)) is connected while \($0.describe(other)) migrates in its \
                branch
                """
            }
        }
    }

    private mutating func checkCold(_ place: Int) {
        guard let file = places[place].file, link(place) == .connected, isReadable(file) else {
            return
        }
        var answer = file.hot
        for batch in file.readBatches {
            let rows = remote.readableRows(batch.id) ?? []
            answer.formUnion(rows.subtracting(batch.hidden))
        }
        if answer != file.oracle {
            fail(.coldRead) { "\($0.describe(place)) reads \(answer), not \(file.oracle)" }
        }
    }

    // MARK: Garbage

    /// Notes that a file is still a present state of its branch.
    mutating func refreshMoment(_ place: Int) {
        guard let file = places[place].file, file.moment != now,
            let branch = remote.timeline.branch(file.position.branch), branch.droppedAt == nil,
            let head = remote.head(branch.id)
        else { return }
        if head != file.position {
            // A file that sleeps in the middle of its own step.
            guard file.pending?.next == head, file.pending?.base == file.position,
                link(place) == .connected,
                // When a file came to the step's end, this one is a backup of it.
                !isReached(head),
                entry(place)?.nonce == remote.owner(branch.id)?.nonce
            else { return }
        }
        places[place].file?.moment = now
    }

    /// Checks what garbage collection has just condemned.
    mutating func checkCondemned(_ garbage: [Int64]) {
        for place in places.indices {
            guard let file = places[place].file else { continue }
            checkCondemned(garbage, file) { $0.describe(place) }
        }
        for shelf in shelves.indices {
            guard let backup = shelves[shelf] else { continue }
            checkCondemned(garbage, backup.file) { _ in "backup \(shelf)" }
        }
    }

    private mutating func checkCondemned(
        _ garbage: [Int64], _ file: ModelFile, _ name: (World) -> String
    ) {
        guard remote.holds(file.position), let retention = remote.retention,
            now - file.moment < retention,
            let batch = file.manifest.first(where: { garbage.contains($0.id) })
        else { return }
        fail(.collectedInRetention) {
            "\(name($0)), \($0.now - file.moment) days old, names batch \(batch.id)"
        }
    }

    // MARK: Losses

    /// Checks that rows reported as lost are nowhere.
    mutating func checkLosses(_ lost: [NamedBatch], _ place: Int) {
        for batch in lost {
            let rows = batchRows[Int(batch.id)]
            let isReadable = remote.timeline.batches.contains {
                remote.readableRows($0.id) == rows
            }
            if isReadable || places[place].staged.contains(rows) {
                fail(.falseLoss) { "\($0.describe(place)) reports batch \(batch.id) as lost" }
            }
        }
    }
}
