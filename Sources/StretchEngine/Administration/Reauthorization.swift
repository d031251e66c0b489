internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

/// One reauthorization: gathers the state, decides by ``ReauthorizePlan``, and acts.
final class Reauthorization {
    let database: StretchDatabase
    let keystore: Keystore
    let options: ReauthorizeOptions
    private(set) var configuration: Configuration
    let link: FileLink
    let record: DatabaseRecord
    let address: EndpointAddress
    let pending: PendingStep?
    let fork: PendingFork?
    let attachments: [Attachment]
    let linkState: LinkState
    /// Whether a file that is connected gets another address of its remote.
    private let isMoving: Bool
    let given: RemoteCredential?
    /// The master key and credentials prepared for the file's path.
    let prepared: Attachment?
    /// The staging file with rows that the remote lost, or the reason why it cannot be read.
    private(set) lazy var staging = openStaging()
    /// The manifest at the start, by batch id.
    private(set) lazy var manifest = Result { try catalog.manifest() }
    /// The batches of the manifest and their hidden rows at the start.
    private(set) lazy var named = Result { try catalog.namedBatches() }

    init(
        _ database: StretchDatabase, _ keystore: Keystore, _ options: ReauthorizeOptions
    ) throws {
        self.database = database
        self.keystore = keystore
        self.options = options
        let record = try database.enabledDatabase()
        self.record = record
        let present = try EndpointAddress(parsing: record.endpoint)
        let address =
            if let server = options.server {
                try EndpointAddress(parsing: server)
                    .completed(from: present, forDatabase: record.database)
            } else {
                present
            }
        self.address = address
        pending = try database.catalog.pending()
        fork = try database.catalog.pendingFork()
        attachments = try keystore.attachments(database: record.database)
        guard let link = FileLink(database.configuration, path: database.path) else {
            throw StretchError(.wrongState, "there is no keystore")
        }
        self.link = link
        // Whether the file is connected but for its address; a move that was cut off left it with
        // the former one.
        var known = record
        let own = attachments.first { $0.branch == record.position.branch }
        if options.server != nil, let own { known.endpoint = own.server }
        let state = try link.state(of: known, pending: pending).0
        linkState = state
        isMoving =
            state == .connected
            && [record.endpoint, known.endpoint].contains {
                !$0.isSameText(as: address.description)
            }
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

    var catalog: Catalog { database.catalog }

    private func endpoint(owner: OwnerProof? = nil) throws(StretchError) -> any Endpoint {
        try configuration.endpoint(
            at: address, localPath: database.path, as: .administrator, owner: owner)
    }

    func run() throws -> ReauthorizeReport {
        let endpoint = try endpoint()
        do throws(StretchError) {
            try endpoint.authorize()
        } catch {
            throw located(error)
        }
        let branches = try endpoint.branching().branches(database: record.database)
        let isHeld = try endpoint.holds(record.position)
        let common = isHeld ? record.position : try newestCommon(endpoint)
        let known = try branches.first { $0.id == record.position.branch }.map {
            ReauthorizePlan.Branch(
                head: $0.head, owner: try owner(of: $0), isDropped: $0.droppedAt != nil)
        }
        let point = try forkPoint(branches, common, endpoint)
        let comparison = try compare(
            at: isHeld && !options.withCopy ? record.position : point?.attachment ?? common,
            point, endpoint)
        var asked = ReauthorizePlan.Options()
        asked.withCopy = options.withCopy
        asked.takesOver = options.takesOver
        asked.acceptedLosses =
            options.acceptsAllLosses
            ? Set(comparison.lost.map(\.id)) : options.acceptedLosses
        let plan = ReauthorizePlan(
            file: ReauthorizePlan.File(
                position: record.position, pending: pending, link: linkState, isMoving: isMoving,
                place: OwnerProof.place(ofFile: link.path)),
            branch: known, isHeld: isHeld, point: point, comparison: comparison, options: asked)
        switch plan {
        case .nothing: return try report(.nothing, record.position)
        case .link:
            if !options.isDryRun { try finish(attachment(of: record.position.branch)) }
            return try report(.continue, record.position)
        case .move:
            return try move(to: endpoint)
        case .proceed(let owner):
            return try proceed(from: owner, branches)
        case .fork(let point, let comparison):
            let report = try fork(point, comparison, endpoint)
            if !options.isDryRun { try removeOrphans(branches) }
            return report
        case .refused(let refusal): throw try error(refusal, isHeld ? endpoint : nil)
        }
    }

    // MARK: Asking

    func attachment(of branch: Int64) -> Attachment? {
        attachments.first { $0.branch == branch }
    }

    func owner(of branch: RemoteBranch) throws -> ReauthorizePlan.Owner {
        guard let hash = branch.ownerHash else { return .formerlyHere }
        if let own = attachment(of: branch.id) {
            if try keystore.owner(of: own)?.hash == hash { return .here }
            if try keystore.formerOwner(of: own)?.hash == hash { return .formerlyHere }
        }
        return .other(branch.ownerName ?? "an unnamed file")
    }

    /// Returns the newest position that file and remote share; they share all earlier ones too.
    private func newestCommon(_ endpoint: any Endpoint) throws -> TimelinePosition? {
        let positions = try catalog.history().positions
        var (low, high) = (0, positions.count)
        while low < high {
            let middle = (low + high) / 2
            if try endpoint.holds(positions[middle]) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low > 0 ? positions[low - 1] : nil
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
        let former = try owner == .here ? keystore.owner(of: own) : keystore.formerOwner(of: own)
        try resealCredentials(of: &own, for: address.description)
        // The nonce is always new, because a migrator of the file's previous incarnation may still
        // run.
        let proof = OwnerProof(name: OwnerProof.name(ofFile: link.path))
        own.server = address.description
        own.state = .unfinished
        own.formerOwner = try former.map { try keystore.seal($0, for: own) }
        own.owner = try keystore.seal(proof, for: own)
        take(from: prepared, into: &own)
        try keystore.save(own)
        let session = try endpoint(owner: proof)
        try session.branching().takeOver(known.head, from: known.ownerHash)
        let advice = try database.keepLogins(
            of: session, at: address, given: given, branch: branch, owner: proof)
        try connect(at: record.position, removing: [])
        try finish(own)
        return try report(.continue, record.position, advice: advice)
    }

    /// Stores another address of the remote; the branch and its owner stay.
    ///
    /// The keystore's record is written first. After an interruption the file is disconnected, and
    /// the same call completes the move.
    private func move(to endpoint: any Endpoint) throws -> ReauthorizeReport {
        guard var own = attachment(of: record.position.branch) else {
            return try report(.nothing, record.position)
        }
        try requireSameRemote(endpoint)
        guard !options.isDryRun else { return try report(.move, record.position) }
        let proof = try keystore.owner(of: own)
        try resealCredentials(of: &own, for: address.description)
        own.server = address.description
        own.owner = try proof.map { try keystore.seal($0, for: own) }
        let advice = try database.keepLogins(
            of: try self.endpoint(owner: proof), at: address, given: given,
            branch: record.position.branch, owner: proof)
        try keystore.save(own)
        try connect(at: record.position, removing: [])
        try finish(own)
        return try report(.move, record.position, advice: advice)
    }

    /// Throws unless the address leads to the remote that the file is attached to.
    ///
    /// The plan has shown already that the remote holds the file's position at the head of its
    /// branch, and that this keystore's nonce owns the branch.
    private func requireSameRemote(_ endpoint: any Endpoint) throws {
        guard let expected = attachment(of: record.position.branch)?.remote,
            try endpoint.identity() != expected
        else { return }
        throw StretchError(
            .remoteMismatch,
            "server \"\(address)\" is another remote than the one that file \"\(link.path)\" is "
                + "connected to",
            hint: "Name the address of the same remote. The file was not changed.")
    }

    /// Seals the secrets of an attachment's credentials for another address of its remote.
    private func resealCredentials(of attachment: inout Attachment, for server: String) throws {
        guard !attachment.server.isSameText(as: server),
            attachment.credentials.contains(where: { $0.secret != nil })
        else { return }
        let key = try database.openKey(of: attachment)
        for index in attachment.credentials.indices {
            let secret = try attachment.credentials[index].open(
                under: key, server: attachment.server
            ).password
            try attachment.credentials[index].seal(secret, under: key, server: server)
        }
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
        // The nonce is stored first, then the child's id, and the child is created last, so that an
        // interruption leaves no unusable branch.
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
        // The child does not see batches that the manifest does not name, so they can be collected.
        // It sees batches that are sent again under another id.
        let removed = comparison.lost.map(\.id) + comparison.forgotten
        try session.branching().fork(
            fork.first, of: fork.base, database: record.database,
            without: removed + comparison.resent + comparison.resending.map(\.batch)
                + comparison.unnamed)
        var advice = try resend(comparison, fork, session)
        advice += try database.keepLogins(
            of: session, at: address, given: given, branch: fork.child, owner: proof)
        let entries = try resentEntries(comparison, fork, session)
        let position = entries.last?.entry.position ?? fork.first
        // The remote may have been rolled back since.
        guard try session.position(branch: fork.child) == position else { throw lostChild(fork) }
        let told = try report(
            .fork, position, parent: fork.base.branch, comparison, advice: advice)
        try connect(at: position, fork: fork, resent: entries, removing: removed)
        try finish(own)
        return told
    }

    /// Moves the credentials prepared for the file's path into the branch's attachment.
    private func take(from prepared: Attachment?, into attachment: inout Attachment) {
        guard let prepared, prepared.id != attachment.id else { return }
        guard prepared.server.isSameText(as: attachment.server) else { return }
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

    /// Switches the local file to the new position.
    private func connect(
        at position: TimelinePosition, fork: PendingFork? = nil,
        resent: [(batch: Int64, entry: LedgerEntry)] = [], removing batches: [Int64]
    ) throws {
        try database.connection.transaction(.immediate) {
            try requireUnchanged()
            if let fork {
                try catalog.removeBatches(batches)
                for (batch, entry) in resent { try catalog.rename(batch: batch, to: entry) }
                try catalog.fork(
                    at: fork.base, child: [fork.first] + resent.map(\.entry.position))
            }
            try catalog.removeFork()
            try catalog.setQueryMode(.localAndRemote)
            try catalog.setEndpoint(address.description)
            let what = fork.map { "branch \(position.branch) begins at epoch \($0.base.epoch)" }
            try catalog.insertEvent(
                time: configuration.now(), table: nil, kind: .reauthorize,
                message: "connected to server \(address): "
                    + (what ?? "branch \(position.branch) continues")
                    + (resent.isEmpty ? "" : "; \(resent.count) batches were sent again")
                    + (batches.isEmpty ? "" : "; \(batches.count) lost batches were given up"))
        }
    }

    /// Writes the keystore's record, after which the file is connected.
    private func finish(_ attachment: Attachment?) throws {
        guard let attachment, let record = try catalog.database() else { return }
        try keystore.setSeen(record.position, attachment)
        try keystore.update(attachment) {
            ($0.state, $0.replacement) = (.linked, nil)
            $0.path = link.path
            $0.formerOwner = nil
            $0.usedCredential = options.credential ?? $0.usedCredential
        }
        if let prepared, prepared.branch == nil { try keystore.remove(prepared) }
    }

    /// Removes the nonces of children of this file that earlier runs never created.
    ///
    /// - Parameter branches: The remote's branches before this run created its child.
    private func removeOrphans(_ branches: [RemoteBranch]) throws {
        let made = Set(branches.map(\.id) + [try catalog.database()?.position.branch ?? 0])
        for orphan in attachments
        where orphan.state == .unfinished && orphan.path.isSameText(as: link.path)
            && orphan.server.isSameText(as: address.description)
            && orphan.branch.map({ !made.contains($0) }) ?? false
        {
            try keystore.remove(orphan)
        }
    }
}

extension Attachment {
    /// Creates an attachment of a branch.
    fileprivate init(_ record: DatabaseRecord, path: String, branch: Int64) {
        self.init(database: record.database, path: path, server: record.endpoint)
        self.branch = branch
    }
}
