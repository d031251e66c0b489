internal import StretchCore
internal import StretchTimeline

/// Machines with files and keystores, backups on shelves, and one remote: everything that a walk
/// changes, as one value.
struct World {
    static let machineCount = 2
    static let placesPerMachine = 3
    static let shelfCount = 4
    static let remoteShelfCount = 2
    static let endpoint = "remote"

    /// A path on a machine, and what is there.
    struct Place {
        let machine: Int
        let path: String
        var file: ModelFile?
        /// The file as a power cut would leave it.
        var synced: ModelFile?
        var process: Process?
        /// Rows of batches that were sent, beside the file.
        var staged: [RowSet] = []
        /// The batches of the last refusal.
        var refusedLosses: Set<Int64> = []
        /// Whether nothing happened that could disconnect the file.
        var mustBeConnected = false
        /// The versions of file and remote that were checked last.
        var checked = (file: -1, remote: -1)
    }

    /// What works on a file.
    enum Process {
        case migration(Migration)
        case reauthorization(Reauthorization)
    }

    struct Machine {
        var keystore = ModelKeystore()
        var saved: ModelKeystore?
        /// The newest position of each branch that the keystore must have seen.
        var reached: [TimelinePosition] = []
    }

    /// A backup, and the versions that were checked last.
    struct Backup {
        var file: ModelFile
        var checkedRemote = -1
    }

    let variant: Variant
    /// How many batches the staging beside each file holds.
    let stagingBudget: Int

    var places: [Place]
    var machines = [Machine](repeating: Machine(), count: machineCount)
    var shelves = [Backup?](repeating: nil, count: shelfCount)
    var remote = ModelRemote()
    var remoteShelves = [ModelRemote?](repeating: nil, count: remoteShelfCount)
    /// The day, which never goes back.
    var now = 100
    /// How far the remote's clock is behind.
    var clockError = 0
    /// The rows of each batch that was ever made.
    var batchRows: [RowSet] = [[]]
    /// Whether a token was in a history that a rollback of the remote took away.
    var discarded: [Bool] = []
    /// Whether a file ever came to the position of a token.
    private var reachedTokens: [Bool] = []
    var rollbackCount = 0
    /// The ids that batches have which were sent to a child again.
    var resentIDs: [(child: Int64, batch: Int64, id: Int64)] = []

    private(set) var rowCount = 0
    private var lastToken: Int64 = 0
    private var lastBranch: Int64 = 0
    private var lastVersion = 0
    private var lastNonce: Int64 = 0

    var violation: Violation?
    var census = Census()
    /// What happened, when it is to be told.
    var narration: [String]?

    init(variant: Variant, retention: Int?, stagingBudget: Int) {
        self.variant = variant
        self.stagingBudget = stagingBudget
        places = (0..<World.machineCount).flatMap { machine in
            ["a.db", "b.db", "c.db"].map { Place(machine: machine, path: $0) }
        }
        remote.retention = retention
        remote.countsFromRetirement = variant == .retentionFromRetirement
        remote.forksByEpoch = variant == .forkByEpoch
        let position = TimelinePosition(branch: drawBranch(), epoch: 0, token: drawToken())
        let nonce = drawNonce()
        remote.register(position, nonce: nonce, name: World.name(machine: 0))
        var memory = BranchMemory(
            branch: position.branch, endpoint: World.endpoint, state: .unfinished)
        memory.link(at: position, path: places[0].path)
        machines[0].keystore.write(
            ModelKeystore.Entry(memory: memory, nonce: nonce, synced: memory))
        put(ModelFile(position: position, now: now), at: 0)
        places[0].mustBeConnected = true
        reach(position, machine: 0)
    }

    static func name(machine: Int) -> String { machine == 0 ? "first" : "second" }

    // MARK: Chance, from outside

    mutating func drawToken() -> Int64 {
        lastToken += 1
        discarded.append(false)
        reachedTokens.append(false)
        return lastToken
    }

    mutating func drawBranch() -> Int64 {
        lastBranch += 1
        return lastBranch
    }

    mutating func drawNonce() -> Int64 {
        lastNonce += 1
        return lastNonce
    }

    mutating func drawBatch(_ rows: RowSet) -> Int64 {
        batchRows.append(rows)
        return Int64(batchRows.count - 1)
    }

    /// New rows, or `nil` when the walk has made all that it can.
    mutating func drawRows(_ count: Int) -> RowSet? {
        guard rowCount + count <= RowSet.capacity else { return nil }
        defer { rowCount += count }
        return RowSet(from: rowCount, count: count)
    }

    /// Whether a rollback of the remote took this position away.
    func isDiscarded(_ position: TimelinePosition) -> Bool { discarded[Int(position.token) - 1] }

    /// Whether a file ever came to this position, whatever keystores remember.
    func isReached(_ position: TimelinePosition) -> Bool {
        reachedTokens[Int(position.token) - 1]
    }

    /// The remote's clock.
    var serverTime: Int { now - clockError }

    // MARK: Files

    /// Changes a file in one transaction.
    ///
    /// - Parameter isDurable: Whether it is synced, and all before it with it.
    mutating func change(_ place: Int, isDurable: Bool, _ body: (inout ModelFile) -> Void) {
        guard places[place].file != nil else { return }
        lastVersion += 1
        body(&places[place].file!)
        places[place].file!.version = lastVersion
        reachedTokens[Int(places[place].file!.position.token) - 1] = true
        if isDurable { places[place].synced = places[place].file }
    }

    /// Puts a file somewhere, in place of what is there.
    mutating func put(_ file: ModelFile, at place: Int) {
        lastVersion += 1
        var file = file
        file.version = lastVersion
        places[place].file = file
        places[place].synced = file
        places[place].process = nil
        places[place].refusedLosses = []
        places[place].mustBeConnected = false
    }

    // MARK: The link

    func entry(_ place: Int) -> ModelKeystore.Entry? {
        guard let file = places[place].file else { return nil }
        return machines[places[place].machine].keystore.entry(file.position.branch)
    }

    /// Whether the file is connected, as it would find at its next opening.
    func link(_ place: Int) -> LinkState {
        guard let file = places[place].file else { return .disconnected(.unknownHere) }
        var memory = entry(place)?.memory
        if variant == .ignoringSeen, let known = memory {
            memory = BranchMemory(
                branch: known.branch, endpoint: known.endpoint, state: known.state,
                path: known.path)
        }
        return LinkState(
            position: file.position, pending: file.pending, endpoint: World.endpoint,
            memory: memory, hasOriginal: hasOriginal(place, memory))
    }

    private func hasOriginal(_ place: Int, _ memory: BranchMemory?) -> Bool {
        guard let memory, let path = memory.path, path != places[place].path else { return false }
        return places.contains {
            $0.machine == places[place].machine && $0.path == path
                && $0.file?.position.branch == memory.branch
        }
    }

    /// Opens a connected file, and notes that it was here.
    ///
    /// - Returns: Whether it is connected.
    mutating func open(_ place: Int) -> Bool {
        guard let file = places[place].file, link(place) == .connected else { return false }
        note(file.position, place: place)
        return true
    }

    /// Writes into the keystore where a file is, and how far it came.
    mutating func note(_ position: TimelinePosition, place: Int) {
        let machine = places[place].machine
        let path = places[place].path
        machines[machine].keystore.note(position.branch) {
            $0.see(position)
            $0.path = path
        }
        reach(position, machine: machine)
        distrustOthers(of: position.branch, than: place)
    }

    /// Other files of the branch on the same machine may be disconnected from now on.
    mutating func distrustOthers(of branch: Int64, than place: Int) {
        for other in places.indices
        where other != place && places[other].machine == places[place].machine
            && places[other].file?.position.branch == branch
        {
            places[other].mustBeConnected = false
        }
    }

    mutating func reach(_ position: TimelinePosition, machine: Int, isNew: Bool = false) {
        let index = machines[machine].reached.firstIndex { $0.branch == position.branch }
        guard let index else {
            machines[machine].reached.append(position)
            return
        }
        if isNew || machines[machine].reached[index].epoch < position.epoch {
            machines[machine].reached[index] = position
        }
    }

    /// Whether the remote answers a cold read of a file.
    func isReadable(_ file: ModelFile) -> Bool {
        remote.holds(file.position) && !file.readBatches.contains { remote.isCondemned($0.id) }
    }

    // MARK: Telling

    mutating func tell(_ text: (World) -> String) {
        guard narration != nil else { return }
        let text = text(self)
        narration?.append(text)
    }

    func describe(_ place: Int) -> String {
        "\(places[place].path) of the \(World.name(machine: places[place].machine)) machine"
    }

    mutating func fail(_ rule: Violation.Rule, _ detail: (World) -> String) {
        guard violation == nil else { return }
        violation = Violation(rule: rule, detail: detail(self))
    }
}

extension TimelinePosition {
    var text: String { "branch \(branch) epoch \(epoch) token \(token)" }
}
