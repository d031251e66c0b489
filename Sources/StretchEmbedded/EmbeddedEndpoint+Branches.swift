public import StretchCore
public import StretchEndpoint
internal import StretchSQLite
internal import StretchText

extension EmbeddedEndpoint {
    /// Returns the remote's id.
    public func identity() throws(StretchError) -> String {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            let ids = try connection.stored(
                "stretch_remote", of: .remote(path), "SELECT remote FROM stretch_remote"
            ) { try $0.integer(0, in: 0...Int64.max) }
            guard let id = ids.first else { throw file.missingRemote }
            return String(id, radix: 16)
        }
    }

    /// Returns whether the remote's history holds exactly this position.
    public func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try ask {
            guard let connection = try file.openRemote() else { return false }
            return try token(of: position, on: connection) == position.token
        }
    }

    /// Returns the branches of a database, in the order of their forks.
    public func branches(database: Int64) throws(StretchError) -> [RemoteBranch] {
        try ask {
            guard let connection = try file.openRemote() else { return [] }
            return try branches("b.database = ?", .integer(database), on: connection)
        }
    }

    private func branches(
        _ condition: String, _ value: Value, on connection: Connection
    ) throws -> [RemoteBranch] {
        try connection.stored(
            "stretch_branch", of: .remote(path),
            """
            SELECT b.id, b.database, b.parent, b.fork_epoch, b.owner, b.owner_name, b.last_seen,
                b.dropped_at, h.branch, h.epoch, h.token
            FROM stretch_branch AS b JOIN stretch_history AS h ON h.branch = b.id
                AND h.epoch = (SELECT max(epoch) FROM stretch_history WHERE branch = b.id)
            WHERE \(condition) ORDER BY coalesce(b.fork_epoch, -1), b.id
            """, value
        ) { row in
            RemoteBranch(
                id: try row.integer(0, in: .ids), database: try row.integer(1, in: .ids),
                parent: try row.optionalInteger(2, in: .ids),
                forkEpoch: try row.optionalInteger(3, in: .epochs),
                ownerHash: try row.optionalBlob(4), ownerName: try row.optionalString(5),
                lastSeen: try row.string(6), head: try row.position(at: 8),
                droppedAt: try row.optionalString(7))
        }
    }

    /// Returns the digests of the batches that a position sees.
    public func batches(
        seenAt position: TimelinePosition
    ) throws(StretchError) -> [Int64: [UInt8]] {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            var digests: [Int64: [UInt8]] = [:]
            let lineage = try self.lineage(of: position, on: connection)
            let batches = try connection.stored(
                "stretch_batch", of: .remote(path), lineage.batches(seenAt: position)
            ) { (id: try $0.integer(0, in: .ids), digest: try $0.blob(1)) }
            for batch in batches { digests[batch.id] = batch.digest }
            return digests
        }
    }

    /// Returns whether a position sees a batch that garbage collection has condemned.
    public func hasCollectedBatch(seenAt position: TimelinePosition) throws(StretchError) -> Bool {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            let lineage = try self.lineage(of: position, on: connection)
            return try connection.integer(lineage.condemned(seenAt: position)) != nil
        }
    }

    /// Returns queries on the ancestors of a position, after checking for a cycle.
    private func lineage(
        of position: TimelinePosition, on connection: Connection
    ) throws -> LineageQuery {
        let lineage = LineageQuery(prefix: "")
        guard try connection.integer(lineage.cycle(above: position)) == nil else {
            throw LineageQuery.damage(branch: position.branch, remote: path)
        }
        return lineage
    }

    /// Returns the batches of a relation that have a digest.
    public func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64] {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try connection.stored(
                "stretch_batch", of: .remote(path),
                """
                SELECT id FROM stretch_batch
                WHERE relation = ? AND digest = ? AND condemned_at IS NULL ORDER BY id
                """, .integer(relation), .blob(digest)
            ) { try $0.integer(0, in: .ids) }
        }
    }

    /// Forks a branch at a position of another branch.
    public func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try ask {
            try write { connection in
                if let known = try branches("b.id = ?", .integer(child.branch), on: connection)
                    .first
                {
                    guard known.isFork(of: parent, database: database, owner: owner),
                        try token(of: child, on: connection) == child.token
                    else { throw mismatch("branch \(child.branch) of remote \"\(path)\" is taken") }
                    return
                }
                guard try token(of: parent, on: connection) == parent.token else {
                    throw mismatch(
                        "remote \"\(path)\" does not hold epoch \(parent.epoch) of branch "
                            + "\(parent.branch) as this file does")
                }
                let lineage = try self.lineage(of: parent, on: connection)
                if let batch = try connection.integer(
                    lineage.condemned(seenAt: parent, without: lost))
                {
                    throw try collected(batch, on: connection)
                }
                try connection.run(
                    """
                    INSERT INTO stretch_branch(id, database, parent, fork_epoch, owner, owner_name,
                        last_seen, head_epoch)
                    VALUES (?, ?, ?, ?, ?, ?, \(EmbeddedSchema.monotoneNow), ?)
                    """, .integer(child.branch), .integer(database), .integer(parent.branch),
                    .integer(parent.epoch), owner.map { .blob($0.hash) } ?? .null,
                    owner.map { .text($0.name) } ?? .null, .integer(child.epoch))
                try insert(child, on: connection)
                for batch in lost {
                    try connection.run(
                        """
                        INSERT INTO stretch_retirement(batch, branch, epoch, confirmed_at)
                        VALUES (?, ?, ?, \(EmbeddedSchema.monotoneNow))
                        """, .integer(batch), .integer(child.branch), .integer(child.epoch))
                }
            }
        }
    }

    /// Makes this session's owner the owner of a branch.
    public func takeOver(
        _ position: TimelinePosition, from hash: [UInt8]?
    ) throws(StretchError) {
        try ask {
            try write { connection in
                try compare(position, on: connection)
                let current = try ownerRecord(of: position.branch, on: connection)?.hash
                guard current != owner?.hash else { return }
                guard current == hash else {
                    throw mismatch(
                        "branch \(position.branch) of remote \"\(path)\" has another owner by now")
                }
                try connection.run(
                    """
                    UPDATE stretch_branch SET owner = ?, owner_name = ?,
                        last_seen = \(EmbeddedSchema.monotoneNow) WHERE id = ?
                    """, owner.map { .blob($0.hash) } ?? .null,
                    owner.map { .text($0.name) } ?? .null, .integer(position.branch))
            }
        }
    }

    /// Drops a branch, or undoes the drop.
    public func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError) {
        try ask {
            try write { connection in
                guard try ownerRecord(of: branch, on: connection) != nil else {
                    throw mismatch("remote \"\(path)\" does not know branch \(branch)")
                }
                if !isDropped {
                    guard
                        let head = try branches("b.id = ?", .integer(branch), on: connection).first?
                            .head
                    else { return }
                    let lineage = try self.lineage(of: head, on: connection)
                    if let batch = try connection.integer(lineage.condemned(seenAt: head)) {
                        throw try collected(batch, on: connection)
                    }
                }
                let time =
                    isDropped ? "coalesce(dropped_at, \(EmbeddedSchema.monotoneNow))" : "NULL"
                try connection.run(
                    "UPDATE stretch_branch SET dropped_at = \(time) WHERE id = ?",
                    .integer(branch))
            }
        }
    }

    private func collected(_ batch: Int64, on connection: Connection) throws -> StretchError {
        try Self.missing(
            batch, on: connection, path: path,
            otherwise: mismatch("remote \"\(path)\" has lost batch \(batch)"))
    }

    // MARK: Owners

    /// Returns the recorded owner of a branch, or `nil` for an unknown branch.
    func ownerRecord(
        of branch: Int64, on connection: Connection
    ) throws -> (hash: [UInt8]?, name: String?, isDropped: Bool)? {
        try connection.stored(
            "stretch_branch", of: .remote(path),
            "SELECT id, owner, owner_name, dropped_at FROM stretch_branch WHERE id = ?",
            .integer(branch)
        ) { row in
            (try row.optionalBlob(1), try row.optionalString(2), !row.isNull(3))
        }.first
    }

    /// Throws unless this session's owner may extend the branch.
    func requireOwner(of branch: Int64, on connection: Connection) throws {
        guard let record = try ownerRecord(of: branch, on: connection) else { return }
        try RemoteBranch.requireOwner(
            owner, hash: record.hash, name: record.name, isDropped: record.isDropped,
            branch: branch, remote: path)
    }

    // MARK: The administrator

    /// Throws unless the session's login administers this remote.
    ///
    /// A remote created without a password allows every user with write access to its file.
    public func authorize() throws(StretchError) {
        let given = try credential()
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            try requireLogin(given, on: connection)
        }
    }

    func requireLogin(_ given: RemoteCredential?, on connection: Connection) throws {
        let kept = try connection.stored(
            "stretch_remote", of: .remote(path), "SELECT login, verifier FROM stretch_remote"
        ) { (login: try $0.optionalString(0), verifier: try $0.optionalString(1)) }.first
        guard let kept else { throw file.missingRemote }
        guard let login = kept.login else { return }
        guard let verifier = kept.verifier.flatMap({ PasswordKey(text: $0) }) else {
            throw StretchError(
                .damaged, "the login of remote \"\(path)\" was changed",
                hint: "Put the remote's file back from its backup.")
        }
        guard let given, given.login.isEqualFoldingCase(login), let password = given.password,
            try verifier.key(of: password) != nil
        else {
            throw StretchError(
                .notPermitted,
                "remote \"\(path)\" refuses login \"\(given?.login ?? "")\" or its password",
                hint: "The remote was created with an administrator: \(advice: .nameLogin)."
            )
        }
    }

    /// Stores the administrator's login in a new remote, if one was given.
    func keepLogin(_ given: RemoteCredential?, on connection: Connection) throws {
        guard let given, let password = given.password else { return }
        let verifier = try PasswordKey.make(of: password).0
        try connection.run(
            "UPDATE stretch_remote SET login = ?, verifier = ? WHERE login IS NULL",
            .text(given.login), .text(verifier.text))
    }
}

extension EmbeddedEndpoint: LoginlessEndpoint {
    /// Returns whether the file was created without a login.
    package func ignoresLogins() throws(StretchError) -> Bool {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try connection.integer(
                "SELECT 1 FROM stretch_remote WHERE login IS NOT NULL") == nil
        }
    }
}
