/// One step of a walk.
///
/// Places, shelves and machines have fixed numbers, so that a step keeps its meaning when others
/// are left out; one that cannot be done changes nothing.
enum Operation: Hashable, Sendable {
    /// What goes wrong at the first remote call of some actions.
    enum Fault: Hashable, Sendable {
        case none
        /// The remote cannot be reached.
        case unreachable
        /// The remote does it, and the answer is lost.
        case lostReply
        /// The table's definition changed while the batch travelled.
        case unprovable
    }

    struct ReauthorizeOptions: Hashable, Sendable {
        var withCopy = true
        /// Whether the recorded owner is named.
        var takesOver = false
        /// Whether the losses of the last refusal are accepted.
        var accepts = false
    }

    case insert(place: Int, count: Int)
    case delete(place: Int, choice: Int)
    case update(place: Int, choice: Int)
    case recall(place: Int, choice: Int)
    case migrate(place: Int, actions: Int)
    case reauthorize(place: Int, ReauthorizeOptions, actions: Int)
    case proceed(place: Int, actions: Int, fault: Fault)
    case kill(place: Int)
    case powerCut(machine: Int, loses: Bool)
    case backUp(place: Int, shelf: Int)
    case restore(shelf: Int, place: Int)
    case copy(place: Int, to: Int)
    case move(place: Int, to: Int)
    case remove(place: Int)
    case deauthorize(place: Int)
    case saveKeystore(machine: Int)
    case rollBackKeystore(machine: Int)
    case loseKeystore(machine: Int)
    case saveRemote(shelf: Int)
    case rollBackRemote(shelf: Int)
    case wait(days: Int)
    case setClockBack(days: Int)
    case condemn
    case collect
    case drop(branch: Int64)
    case undrop(branch: Int64)

    /// Smaller forms of the step, for shorter stories.
    var simplified: [Operation] {
        switch self {
        case .insert(let place, let count) where count > 1: [.insert(place: place, count: 1)]
        case .migrate(let place, let actions) where actions > 1:
            [.migrate(place: place, actions: 1), .migrate(place: place, actions: actions - 1)]
        case .reauthorize(let place, let options, let actions) where actions > 1:
            [.reauthorize(place: place, options, actions: actions - 1)]
        case .proceed(let place, let actions, let fault) where actions > 1 || fault != .none:
            [
                .proceed(place: place, actions: 1, fault: fault),
                .proceed(place: place, actions: max(actions - 1, 1), fault: fault),
                .proceed(place: place, actions: actions, fault: .none),
            ].filter { $0 != self }
        case .wait(let days) where days > 1: [.wait(days: 1), .wait(days: days / 2)]
        default: []
        }
    }
}
