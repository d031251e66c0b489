public import StretchCore
public import StretchEndpoint

extension PostgresEndpoint {
    /// The hash of this session's owner in SQL, or NULL.
    var ownerHashSQL: String { owner.map { ServerSQL.literal($0.hash) } ?? "NULL::bytea" }
    /// The values of `owner` and `owner_name` in SQL; the latter is a parameter.
    var ownerSQL: String { "\(ownerHashSQL), \(owner == nil ? "NULL" : "$1::text")" }
    /// The parameters of ``ownerSQL``.
    var ownerParameters: [String] { owner.map { [$0.name] } ?? [] }

    /// Throws unless the session's login owns the remote's schema, or may act for its owner.
    ///
    /// - Throws: Also `wrongState` for a schema in which code of another role can run.
    public func authorize() throws(StretchError) {
        try ask { connection in
            let tables = try run(
                """
                SELECT pg_has_role(nspowner, 'USAGE'), current_user FROM pg_namespace
                WHERE nspname = '\(schemaName)'; \(SchemaInspection.query(schema: schemaName))
                """, on: connection, expecting: 2)
            let row = tables[0]
            guard row.rowCount == 1 else {
                throw StretchError(
                    .remoteMismatch,
                    "remote \"\(remoteName)\" does not exist: the database has no schema of that "
                        + "name",
                    hint: "Name the database that has the file's cold rows, and the schema if it "
                        + "was renamed: postgresql://HOST/DATABASE?schema=NAME.")
            }
            guard let login = row.text(0, 1) else { throw DamagedRow() }
            guard row.bool(0, 0) else {
                throw StretchError(
                    .notPermitted,
                    "login \"\(login)\" does not administer remote \"\(remoteName)\"",
                    hint: "The login that owns the schema is needed: \(advice: .nameLogin).")
            }
            try SchemaInspection.check(tables[1], remote: remoteName)
        }
    }

    /// Returns the remote's id.
    ///
    /// It is read before rows are migrated; the same round trip checks whether the schema is safe.
    ///
    /// - Throws: Also `wrongState` for a schema in which code of another role can run.
    public func identity() throws(StretchError) -> String {
        try ask { connection in
            let inspection = SchemaInspection.query(schema: schemaName, trustsOwner: true)
            let tables = try run(
                "\(inspection); SELECT remote FROM \(schema).stretch_remote", on: connection,
                expecting: 2)
            try SchemaInspection.check(tables[0], remote: remoteName)
            guard tables[1].rowCount == 1, let id = tables[1].text(0, 0) else {
                throw DamagedRow()
            }
            return id
        }
    }

    /// Returns whether the remote's history holds exactly this position.
    public func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try ask { connection in
            try run(historySQL(position), on: connection, expecting: 1)[0].rowCount == 1
        }
    }

    func historySQL(_ position: TimelinePosition) -> String {
        """
        SELECT 1 FROM \(schema).stretch_history WHERE branch = \(position.branch)
            AND epoch = \(position.epoch) AND token = \(position.token)
        """
    }

    /// Returns the branches of a database, in the order of their forks.
    public func branches(database: Int64) throws(StretchError) -> [RemoteBranch] {
        try ask { connection in
            let sql = branchesSQL("b.database = \(database)")
            return try branches(in: run(sql, on: connection, expecting: 1)[0])
        }
    }

    private func branchesSQL(_ condition: String) -> String {
        """
        SELECT b.id, b.database, b.parent, b.fork_epoch, b.owner, b.owner_name,
            \(Self.timeText("b.last_seen")), \(Self.timeText("b.dropped_at")), h.epoch, h.token
        FROM \(schema).stretch_branch AS b JOIN \(schema).stretch_history AS h
            ON h.branch = b.id AND h.epoch = (
                SELECT max(epoch) FROM \(schema).stretch_history WHERE branch = b.id)
        WHERE \(condition) ORDER BY coalesce(b.fork_epoch, -1), b.id
        """
    }

    private func branches(in result: PostgresResult) throws -> [RemoteBranch] {
        try (0..<result.rowCount).map { row in
            let (parent, forkEpoch) = (result.integer(row, 2), result.count(row, 3))
            guard let id = result.integer(row, 0), let database = result.integer(row, 1),
                parent != nil || result.isNull(row, 2),
                forkEpoch != nil || result.isNull(row, 3), let lastSeen = result.text(row, 6),
                let epoch = result.count(row, 8), let token = result.integer(row, 9)
            else { throw DamagedRow() }
            return RemoteBranch(
                id: id, database: database, parent: parent, forkEpoch: forkEpoch,
                ownerHash: result.bytes(row, 4), ownerName: result.text(row, 5),
                lastSeen: lastSeen,
                head: TimelinePosition(branch: id, epoch: epoch, token: token),
                droppedAt: result.text(row, 7))
        }
    }

    /// Returns the digests of the batches that a position sees.
    public func batches(
        seenAt position: TimelinePosition
    ) throws(StretchError) -> [Int64: [UInt8]] {
        try ask { connection in
            let table = try run(
                lineage.batches(seenAt: position), behind: position, on: connection)
            var digests: [Int64: [UInt8]] = [:]
            for row in 0..<table.rowCount {
                guard let id = table.integer(row, 0), let digest = table.bytes(row, 1) else {
                    throw DamagedRow()
                }
                digests[id] = digest
            }
            return digests
        }
    }

    /// Returns whether a position sees a batch that garbage collection has condemned.
    public func hasCollectedBatch(seenAt position: TimelinePosition) throws(StretchError) -> Bool {
        try ask { connection in
            try run(
                lineage.condemned(seenAt: position), behind: position, on: connection
            ).integer(0, 0) != nil
        }
    }

    private var lineage: LineageQuery { LineageQuery(prefix: "\(schema).") }

    /// Runs a query on the ancestors of a position, unless they form a cycle.
    private func run(
        _ sql: String, behind position: TimelinePosition, on connection: PostgresConnection
    ) throws -> PostgresResult {
        let tables = try run(
            "\(lineage.cycle(above: position)); \(sql)", on: connection, expecting: 2)
        guard tables[0].rowCount == 0 else {
            throw LineageQuery.damage(branch: position.branch, remote: remoteName)
        }
        return tables[1]
    }

    /// Returns the batches of a relation that have a digest.
    public func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64] {
        try ask { connection in
            let table = try run(
                """
                SELECT id FROM \(schema).stretch_batch WHERE relation = \(relation)
                    AND digest = \(ServerSQL.literal(digest)) AND condemned_at IS NULL ORDER BY id
                """, on: connection, expecting: 1)[0]
            return try table.integers()
        }
    }

    /// Forks a branch at a position of another branch.
    public func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try ask { connection in
            // Garbage collection locks the same row before it condemns batches.
            let tables = try run(
                """
                \(PostgresSchema.begin)
                SELECT 1 FROM \(schema).stretch_remote WHERE id = 1 FOR UPDATE;
                \(branchesSQL("b.id = \(child.branch)")); \(historySQL(parent));
                \(lineage.cycle(above: parent));
                \(lineage.condemned(seenAt: parent, without: lost))
                """, on: connection, expecting: 5)
            if let known = try branches(in: tables[1]).first {
                guard known.isFork(of: parent, database: database, owner: owner) else {
                    throw mismatch("knows branch \(child.branch) as another one")
                }
                connection.rollBack()
                return
            }
            guard tables[2].rowCount == 1 else { throw refusal(parent) }
            guard tables[3].rowCount == 0 else {
                throw LineageQuery.damage(branch: parent.branch, remote: remoteName)
            }
            if let batch = tables[4].integer(0, 0) {
                throw try missing(batch, on: connection, otherwise: "has lost batch \(batch)")
            }
            let retirements = lost.map { batch in
                ServerStatement(
                    """
                    INSERT INTO \(schema).stretch_retirement(batch, branch, epoch, confirmed_at)
                    VALUES (\(batch), \(child.branch), \(child.epoch), \(monotoneNow))
                    """)
            }
            let insertion = ServerStatement(
                """
                INSERT INTO \(schema).stretch_branch(
                    id, database, parent, fork_epoch, owner, owner_name, head_epoch)
                VALUES (\(child.branch), \(database), \(parent.branch), \(parent.epoch),
                    \(ownerSQL), \(child.epoch))
                """, ownerParameters)
            let history = ServerStatement(
                """
                INSERT INTO \(schema).stretch_history(branch, epoch, token)
                VALUES (\(child.branch), \(child.epoch), \(child.token))
                """)
            try run(
                [insertion, history] + retirements + [ServerStatement("COMMIT")],
                on: connection, expecting: 0)
        }
    }

    /// Makes this session's owner the owner of a branch.
    public func takeOver(
        _ position: TimelinePosition, from hash: [UInt8]?
    ) throws(StretchError) {
        try ask { connection in
            let tables = try run(lockSQL(position.branch), on: connection, expecting: 2)
            let current = tables[0].bytes(0, 1)
            guard tables[0].rowCount == 1, tables[1].rowCount == 1,
                tables[1].integer(0, 0) == position.epoch,
                tables[1].integer(0, 1) == position.token
            else {
                throw mismatch("is not at epoch \(position.epoch) of branch \(position.branch)")
            }
            guard current != owner?.hash else { return connection.rollBack() }
            guard current == hash else {
                throw mismatch("has another owner of branch \(position.branch) by now")
            }
            let update = ServerStatement(
                """
                UPDATE \(schema).stretch_branch SET (owner, owner_name, last_seen)
                    = (\(ownerSQL), \(monotoneNow))
                WHERE id = \(position.branch)
                """, ownerParameters)
            try run([update, ServerStatement("COMMIT")], on: connection, expecting: 0)
        }
    }

    /// Drops a branch, or undoes the drop.
    public func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError) {
        try ask { connection in
            let tables = try run(
                """
                \(PostgresSchema.begin)
                SELECT 1 FROM \(schema).stretch_remote WHERE id = 1 FOR UPDATE;
                \(branchesSQL("b.id = \(branch)"))
                """, on: connection, expecting: 2)
            guard let known = try branches(in: tables[1]).first else {
                throw mismatch("does not know branch \(branch)")
            }
            if !isDropped {
                let condemned = try run(
                    lineage.condemned(seenAt: known.head), behind: known.head, on: connection)
                if let batch = condemned.integer(0, 0) {
                    throw try missing(batch, on: connection, otherwise: "has lost batch \(batch)")
                }
            }
            try run(
                """
                UPDATE \(schema).stretch_branch SET dropped_at =
                    \(isDropped ? "coalesce(dropped_at, \(monotoneNow))" : "NULL")
                WHERE id = \(branch); COMMIT
                """, on: connection, expecting: 0)
        }
    }
}
