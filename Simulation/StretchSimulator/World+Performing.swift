extension World {
    /// Takes one step of a walk; one that cannot be done changes nothing.
    mutating func perform(_ operation: Operation) {
        switch operation {
        case .insert(let place, let count): insert(place, count: count)
        case .delete(let place, let choice): delete(place, choice: choice, isUpdate: false)
        case .update(let place, let choice): delete(place, choice: choice, isUpdate: true)
        case .recall(let place, let choice): recall(place, choice: choice)
        case .migrate(let place, let actions):
            startMigration(place)
            proceed(place, actions: actions, fault: .none)
        case .reauthorize(let place, let options, let actions):
            startReauthorization(place, options)
            proceed(place, actions: actions, fault: .none)
        case .proceed(let place, let actions, let fault):
            proceed(place, actions: actions, fault: fault)
        case .kill(let place): kill(place)
        case .powerCut(let machine, let loses): powerCut(machine, loses: loses)
        case .backUp(let place, let shelf): backUp(place, shelf: shelf)
        case .restore(let shelf, let place): restore(shelf, place: place)
        case .copy(let place, let target): copy(place, to: target)
        case .move(let place, let target): move(place, to: target)
        case .remove(let place): remove(place)
        case .deauthorize(let place): deauthorize(place)
        case .saveKeystore(let machine): saveKeystore(machine)
        case .rollBackKeystore(let machine):
            replaceKeystore(machine, by: machines[machine].saved)
        case .loseKeystore(let machine): replaceKeystore(machine, by: ModelKeystore())
        case .saveRemote(let shelf): saveRemote(shelf)
        case .rollBackRemote(let shelf): rollBackRemote(shelf)
        case .wait(let days): wait(days)
        case .setClockBack(let days): setClockBack(days)
        case .condemn: condemn()
        case .collect: collect()
        case .drop(let branch): setDropped(true, branch: branch)
        case .undrop(let branch): setDropped(false, branch: branch)
        }
    }

    /// Lets the process of a file take its next actions, and checks after each.
    private mutating func proceed(_ place: Int, actions: Int, fault: Operation.Fault) {
        var fault = fault
        for _ in 0..<actions {
            guard let process = places[place].process, violation == nil else { return }
            switch process {
            case .migration(let run): proceed(place, run, fault: &fault)
            case .reauthorization(let run): proceed(place, run, fault: &fault)
            }
            check()
        }
    }
}
