internal import Foundation
internal import StretchSQLite

/// One reauthorization: asks, decides by ``ReauthorizePlan``, and acts.
struct Reauthorization {
    private let database: StretchDatabase
    private let keystore: Keystore
    private let options: ReauthorizeOptions
    private var configuration: Configuration
    private let link: FileLink
    private let record: DatabaseRecord
    private let address: EndpointAddress
    private let pending: PendingStep?
    private let fork: PendingFork?
    private let attachments: [Attachment]
    private let linkState: LinkState
    private let given: RemoteCredential?
    /// What was prepared for the file's place: its master key and credentials.
    private let prepared: Attachment?

    init(
        _ database: StretchDatabase, _ keystore: Keystore, _ options: ReauthorizeOptions
    ) throws {
        self.database = database
        self.keystore = keystore
        self.options = options
        record = try database.enabledDatabase()
        address = try EndpointAddress(parsing: options.server ?? record.endpoint)
        pending = try database.catalog.pending()
        fork = try database.catalog.pendingFork()
        attachments = try keystore.attachments(database: record.database)
        guard let link = FileLink(database.configuration, path: database.path) else {
            throw StretchError(.wrongState, "there is no keystore")
        }
        self.link = link
        linkState = try link.state(of: record, pending: pending).0
        prepared = try database.fileAttachment(record)
        configuration = database.configuration
        if let name = options.credential {
            let given = try database.credential(named: name)
            self.given = given
            configuration.credential = { _, _ in given }
        } else {
            given = try configuration.credential(address, .administrator)
        }
    }

    private var catalog: Catalog { database.catalog }

    private func endpoint(owner: OwnerProof? = nil) throws(StretchError) -> any Endpoint {
        try configuration.endpoint(
            at: address, localPath: database.path, as: .administrator, owner: owner)
    }

    func run() throws -> ReauthorizeReport {
        let endpoint = try endpoint()
        try endpoint.authorize()
        let branches = try endpoint.branches(database: record.database)
        let isHeld = try endpoint.holds(record.position)
        let common = isHeld ? record.position : try newestCommon(endpoint)
        let known = try branches.first { $0.id == record.position.branch }.map {
            ReauthorizePlan.Branch(
                head: $0.head, owner: try owner(of: $0), isDropped: $0.droppedAt != nil)
        }
        let point = try forkPoint(branches, common)
        let comparison = try compare(
            isHeld && !options.withCopy ? record.position : point?.attachment ?? common, endpoint)
        var asked = ReauthorizePlan.Options()
        asked.withCopy = options.withCopy
        asked.takesOver = options.takesOver
        asked.acceptedLosses =
            options.acceptsAllLosses
            ? Set(comparison.lost.map(\.id)) : options.acceptedLosses
        let plan = ReauthorizePlan(
            file: ReauthorizePlan.File(
                position: record.position, pending: pending, link: linkState),
            branch: known, isHeld: isHeld, point: point, comparison: comparison, options: asked)
        switch plan {
        case .nothing: return try report(.nothing, record.position)
        case .link:
            if !options.isDryRun { try finish(attachment(of: record.position.branch)) }
            return try report(.continue, record.position)
        case .proceed(let owner):
            return try proceed(from: owner, branches)
        case .fork(let point, let comparison):
            return try fork(point, comparison, endpoint)
        case .refused(let refusal): throw try error(refusal, isHeld ? endpoint : nil)
        }
    }

    // MARK: Asking

    private func attachment(of branch: Int64) -> Attachment? {
        attachments.first { $0.branch == branch }
    }

    private func owner(of branch: RemoteBranch) throws -> ReauthorizePlan.Owner {
        guard let hash = branch.ownerHash else { return .formerlyHere }
        if let own = attachment(of: branch.id) {
            if try keystore.owner(of: own)?.hash == hash { return .here }
            if try keystore.formerOwner(of: own)?.hash == hash { return .formerlyHere }
        }
        return .other(branch.ownerName ?? "an unnamed file")
    }

    /// The newest position that file and remote have in common: up to it, all of them are.
    private func newestCommon(_ endpoint: any Endpoint) throws -> TimelinePosition? {
        let positions = try catalog.history().positions
        var (low, high) = (0, positions.count)
        while low < high {
            let middle = (low + high) / 2
            if try endpoint.holds(positions[middle]) { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? positions[low - 1] : nil
    }

    private func forkPoint(
        _ branches: [RemoteBranch], _ common: TimelinePosition?
    ) throws -> ForkPoint? {
        let child = try branches.first { $0.id == fork?.child }.map {
            ForkPoint.Child(head: $0.head, isOwn: try owner(of: $0) == .here, resentCount: 0)
        }
        return ForkPoint(
            position: record.position, fork: fork,
            memory: fork.flatMap { attachment(of: $0.child)?.state }, child: child, common: common)
    }

    /// What the remote lacks of the manifest at a position.
    private func compare(
        _ position: TimelinePosition?, _ endpoint: any Endpoint
    ) throws -> ManifestComparison {
        guard let position else { return ManifestComparison() }
        let manifest = try catalog.namedBatches()
        let visible = try endpoint.batches(seenAt: position)
        let facts = manifest.map { batch in
            let digest = visible[batch.id]
            return ManifestComparison.Facts(
                digest: digest, isVisible: digest != nil, isCondemned: false, isResent: false,
                copy: nil, isStaged: false)
        }
        let named = Set(manifest.map(\.id))
        return ManifestComparison(
            manifest: manifest, facts: facts, unnamed: visible.keys.filter { !named.contains($0) })
    }

    // MARK: Acting

    private func proceed(
        from owner: ReauthorizePlan.Owner, _ branches: [RemoteBranch]
    ) throws -> ReauthorizeReport {
        let branch = record.position.branch
        guard !options.isDryRun else { return try report(.continue, record.position) }
        guard let known = branches.first(where: { $0.id == branch }) else {
            return try report(.continue, record.position)
        }
        var own = attachment(of: branch) ?? Attachment(record, path: link.path, branch: branch)
        // Always a new nonce: a migrator of the file's former life may still run.
        let proof = OwnerProof(name: OwnerProof.name(ofFile: link.path))
        own.server = address.description
        own.state = .unfinished
        if owner == .here { own.formerOwner = own.owner }
        own.owner = try keystore.seal(proof, for: own)
        take(from: prepared, into: &own)
        try keystore.save(own)
        let session = try endpoint(owner: proof)
        try session.takeOver(known.head, from: known.ownerHash)
        let advice = try database.keepLogins(
            of: session, at: address, given: given, branch: branch, owner: proof)
        try connect(at: record.position, removing: [])
        try finish(own)
        return try report(.continue, record.position, advice: advice)
    }

    private func fork(
        _ point: ForkPoint, _ comparison: ManifestComparison, _ endpoint: any Endpoint
    ) throws -> ReauthorizeReport {
        let fork: PendingFork
        switch point {
        case .resumed(let earlier, _), .repeated(let earlier): fork = earlier
        case .new(let base):
            fork = PendingFork(
                child: configuration.randomID(), token: configuration.randomID(), base: base,
                origin: record.position)
        }
        guard !options.isDryRun else {
            return try report(.fork, fork.first, parent: fork.base.branch, comparison)
        }
        // The nonce first, the child's id second, the child last: whatever is cut off, nothing is
        // made that nobody can use.
        var own = attachment(of: fork.child)
        let proof: OwnerProof
        if let known = own, let kept = try keystore.owner(of: known) {
            proof = kept
        } else {
            var made = Attachment(record, path: link.path, branch: fork.child)
            made.server = address.description
            proof = OwnerProof(name: OwnerProof.name(ofFile: link.path))
            made.owner = try keystore.seal(proof, for: made)
            take(from: prepared, into: &made)
            made.remote = try endpoint.identity()
            try keystore.save(made)
            own = made
        }
        try database.connection.transaction(.immediate) {
            try requireUnchanged()
            try catalog.insert(fork)
        }
        let session = try self.endpoint(owner: proof)
        // What the manifest does not name, the child does not see, so that it can be collected.
        let removed = comparison.lost.map(\.id) + comparison.forgotten
        try session.fork(
            fork.first, of: fork.base, database: record.database,
            without: removed + comparison.unnamed)
        let advice = try database.keepLogins(
            of: session, at: address, given: given, branch: fork.child, owner: proof)
        // The remote may have been rolled back since.
        guard try session.position(branch: fork.child) == fork.first else {
            throw StretchError(
                .remoteMismatch, "the remote lost branch \(fork.child) while it was opened",
                hint: "Run the command again.")
        }
        try connect(at: fork.first, fork: fork, removing: removed)
        try finish(own)
        return try report(
            .fork, fork.first, parent: fork.base.branch, comparison, advice: advice)
    }

    /// What the file's place was prepared with goes with the branch.
    private func take(from prepared: Attachment?, into attachment: inout Attachment) {
        guard let prepared, prepared.id != attachment.id else { return }
        guard prepared.server == attachment.server else { return }
        attachment.masterKey = prepared.masterKey
        attachment.credentials = prepared.credentials
    }

    private func requireUnchanged() throws {
        guard try catalog.database()?.position == record.position else {
            throw StretchError(
                .busy, "another program changed the file's place in the timeline",
                hint: "Run the command again.")
        }
    }

    /// The local switch.
    private func connect(
        at position: TimelinePosition, fork: PendingFork? = nil, removing batches: [Int64]
    ) throws {
        try database.connection.transaction(.immediate) {
            try requireUnchanged()
            if let fork {
                try catalog.removeBatches(batches)
                try catalog.fork(at: fork.base, to: position)
            }
            try catalog.removeFork()
            try catalog.setQueryMode(.localAndRemote)
            try catalog.setEndpoint(address.description)
            let what = fork.map { "branch \(position.branch) begins at epoch \($0.base.epoch)" }
            try catalog.insertEvent(
                time: configuration.now(), table: nil, kind: "reauthorize",
                message: "connected to server \(address): "
                    + (what ?? "branch \(position.branch) goes on")
                    + (batches.isEmpty ? "" : "; \(batches.count) lost batches were given up"))
        }
    }

    /// The keystore's note, after which the file is connected.
    private func finish(_ attachment: Attachment?) throws {
        guard let attachment, let record = try catalog.database() else { return }
        try keystore.setSeen(record.position, attachment)
        try keystore.update(attachment) {
            $0.state = .linked
            $0.path = link.path
            $0.formerOwner = nil
            $0.usedCredential = options.credential ?? $0.usedCredential
        }
        if let prepared, prepared.branch == nil { try keystore.remove(prepared) }
    }

    // MARK: Telling

    private func report(
        _ action: ReauthorizeReport.Action, _ position: TimelinePosition, parent: Int64? = nil,
        _ comparison: ManifestComparison = ManifestComparison(), advice: [String] = []
    ) throws -> ReauthorizeReport {
        let gone = Set(comparison.lost.map(\.id) + comparison.forgotten)
        let kept = try catalog.namedBatches().filter { !gone.contains($0.id) }
        return ReauthorizeReport(
            action: action, server: address.description, branch: "\(position.branch)",
            parent: parent.map { "\($0)" }, epoch: position.epoch, batches: Int64(kept.count),
            rows: kept.reduce(0) { $0 + $1.rowCount - $1.hiddenRowCount },
            lost: try comparison.lost.map(loss), advice: advice)
    }

    private func loss(_ batch: NamedBatch) throws -> ReauthorizeReport.Loss {
        let found = try catalog.describe(batch: batch.id)
        return ReauthorizeReport.Loss(
            batch: "\(batch.id)", table: found?.table ?? "",
            rows: batch.rowCount - batch.hiddenRowCount, keyRange: found?.keyRange)
    }

    /// - Parameter endpoint: The remote when it holds the file's position: garbage collection took
    ///   what it lacks then.
    private func error(
        _ refusal: ReauthorizePlan.Refusal, _ endpoint: (any Endpoint)?
    ) throws -> StretchError {
        func mismatch(_ message: String, _ hint: String) -> StretchError {
            StretchError(.remoteMismatch, message, hint: hint)
        }
        let branch = record.position.branch
        switch refusal {
        case .unrelated:
            return mismatch(
                "server \"\(address)\" has nothing in common with this file",
                "Name the server that has its cold rows, or put that remote back from a backup.")
        case .movedOn(let head):
            return mismatch(
                "branch \(branch) has moved on to epoch \(head.epoch), beyond this file's "
                    + "\(record.position.epoch)",
                "Reauthorize with a copy: the file then gets a branch of its own.")
        case .rolledBack:
            return mismatch(
                "the remote does not hold epoch \(record.position.epoch) of this file",
                "It was rolled back: reauthorize with a copy, which tells what is missing.")
        case .dropped:
            return mismatch(
                "branch \(branch) was dropped", "Reauthorize with a copy, or take the drop back.")
        case .owned(let name):
            return mismatch(
                "branch \(branch) belongs to \(name)",
                "Reauthorize with a copy; or, when that file is gone: --take-over '\(name)'.")
        case .incomplete(let comparison):
            return try lostError(comparison.lost, endpoint)
        case .lost(let batches): return try lostError(batches, endpoint)
        }
    }

    private func lostError(
        _ batches: [NamedBatch], _ endpoint: (any Endpoint)?
    ) throws -> StretchError {
        let list = try batches.map(loss).prefix(20).map { loss in
            let range = loss.keyRange.map { ", keys \($0.joined(separator: " to "))" } ?? ""
            return "batch \(loss.batch) of table \"\(loss.table)\": \(loss.rows) rows\(range)"
        }
        let more = batches.count > 20 ? "; and \(batches.count - 20) more batches" : ""
        let accept = "or accept the loss with --accept-loss BATCH for each, or --accept-loss all."
        let names = list.joined(separator: "; ") + more
        guard let endpoint else {
            return StretchError(
                .remoteMismatch, "the remote has lost what this file names: \(names)",
                hint: "Restore the remote to a later state; \(accept)")
        }
        let since = try endpoint.collectGarbage(
            GarbageRequest(database: record.database, isDryRun: true)
        ).completeSince
        return StretchError(
            .remoteMismatch, "the remote collected what this file names as garbage: \(names)",
            hint: "Use a backup made after \(since ?? "the collection"); \(accept)")
    }
}

extension Attachment {
    /// A new attachment of a branch.
    fileprivate init(_ record: DatabaseRecord, path: String, branch: Int64) {
        self.init(database: record.database, path: path, server: record.endpoint)
        self.branch = branch
    }
}
