internal import StretchTimeline

/// Chooses the next step of a walk: mostly one that can be done.
struct OperationChoice {
    var chance: Chance
    private var last = Kind.insert

    /// How often each kind of step is chosen, in the order of ``Kind``.
    private enum Kind: CaseIterable {
        case insert, delete, update, recall, migrate, reauthorize, proceed, kill, powerCut
        case backUp, restore, copy, move, remove, deauthorize, saveKeystore, rollBackKeystore
        case loseKeystore, saveRemote, rollBackRemote, wait, setClockBack, condemn, collect, drop
        case undrop

        var weight: Int {
            switch self {
            case .insert: 110
            case .delete: 60
            case .update: 30
            case .recall: 50
            case .migrate: 200
            case .reauthorize: 110
            case .proceed: 180
            case .kill: 30
            case .powerCut: 15
            case .backUp: 55
            case .restore: 50
            case .copy: 12
            case .move: 12
            case .remove: 6
            case .deauthorize: 6
            case .saveKeystore: 4
            case .rollBackKeystore: 4
            case .loseKeystore: 3
            case .saveRemote: 20
            case .rollBackRemote: 14
            case .wait: 45
            case .setClockBack: 2
            case .condemn: 40
            case .collect: 15
            case .drop: 6
            case .undrop: 5
            }
        }
    }

    /// Each kind as often as its weight.
    private static let wheel: [Kind] = Kind.allCases.flatMap {
        [Kind](repeating: $0, count: $0.weight)
    }

    init(seed: UInt64) { chance = Chance(seed: seed) }

    mutating func next(in world: World) -> Operation {
        let kind = nextKind()
        last = kind
        let place = occupied(world)
        switch kind {
        case .insert: return .insert(place: place, count: 1 + chance.number(3))
        case .delete: return .delete(place: place, choice: chance.number(64))
        case .update: return .update(place: place, choice: chance.number(64))
        case .recall: return .recall(place: place, choice: chance.number(16))
        case .migrate: return .migrate(place: place, actions: actions())
        case .reauthorize: return reauthorize(world, place)
        case .proceed: return proceed(world)
        case .kill: return .kill(place: busy(world))
        case .powerCut:
            return .powerCut(
                machine: chance.number(World.machineCount), loses: chance.happens(70))
        case .backUp: return .backUp(place: place, shelf: chance.number(World.shelfCount))
        case .restore:
            let target = chance.happens(50) ? place : anyPlace()
            return .restore(shelf: chance.number(World.shelfCount), place: target)
        case .copy: return .copy(place: place, to: anyPlace())
        case .move: return .move(place: place, to: anyPlace())
        case .remove: return .remove(place: place)
        case .deauthorize: return .deauthorize(place: place)
        case .saveKeystore: return .saveKeystore(machine: chance.number(World.machineCount))
        case .rollBackKeystore:
            return .rollBackKeystore(machine: chance.number(World.machineCount))
        case .loseKeystore: return .loseKeystore(machine: chance.number(World.machineCount))
        case .saveRemote: return .saveRemote(shelf: chance.number(World.remoteShelfCount))
        case .rollBackRemote:
            return .rollBackRemote(shelf: chance.number(World.remoteShelfCount))
        case .wait: return .wait(days: 1 + chance.number(chance.happens(50) ? 30 : 5))
        case .setClockBack: return .setClockBack(days: 1 + chance.number(20))
        case .condemn: return .condemn
        case .collect: return .collect
        case .drop: return .drop(branch: branch(world))
        case .undrop: return .undrop(branch: branch(world))
        }
    }

    /// Some steps come in pairs, or hardly ever meet.
    private mutating func nextKind() -> Kind {
        switch last {
        case .wait where chance.happens(40): .condemn
        case .condemn where chance.happens(30): .collect
        case .rollBackRemote where chance.happens(40): .restore
        case .restore where chance.happens(30): .reauthorize
        default: OperationChoice.wheel[chance.number(OperationChoice.wheel.count)]
        }
    }

    private mutating func anyPlace() -> Int {
        chance.number(World.machineCount * World.placesPerMachine)
    }

    private mutating func occupied(_ world: World) -> Int {
        place(world) { $0.file != nil }
    }

    private mutating func busy(_ world: World) -> Int {
        place(world) { $0.process != nil }
    }

    /// The first place after a random one where something holds, or else the random one.
    private mutating func place(_ world: World, _ holds: (World.Place) -> Bool) -> Int {
        let first = anyPlace()
        for offset in world.places.indices {
            let place = (first + offset) % world.places.count
            if holds(world.places[place]) { return place }
        }
        return first
    }

    private mutating func branch(_ world: World) -> Int64 {
        let branches = world.remote.timeline.branches
        return branches.isEmpty ? 1 : branches[chance.number(branches.count)].id
    }

    /// Often to the end, else somewhere in the middle.
    private mutating func actions() -> Int {
        chance.happens(40) ? 40 : 1 + chance.number(10)
    }

    private mutating func reauthorize(_ world: World, _ place: Int) -> Operation {
        var target = place
        // Mostly a file that needs it.
        if chance.happens(80) {
            let first = anyPlace()
            for offset in world.places.indices {
                let other = (first + offset) % world.places.count
                if world.places[other].file != nil, world.link(other) != .connected {
                    target = other
                    break
                }
            }
        }
        let options = Operation.ReauthorizeOptions(
            withCopy: chance.happens(70), takesOver: chance.happens(60),
            accepts: chance.happens(40))
        return .reauthorize(place: target, options, actions: actions())
    }

    private mutating func proceed(_ world: World) -> Operation {
        let fault: Operation.Fault =
            switch chance.number(12) {
            case 0: .unreachable
            case 1: .lostReply
            case 2: .unprovable
            default: .none
            }
        return .proceed(place: busy(world), actions: actions(), fault: fault)
    }
}
