public import StretchCore
public import StretchEndpoint
internal import StretchText

extension PostgresEndpoint {
    /// Waits until no commit on the branch is in doubt, and returns the branch's position.
    public func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try unlessMissing { () throws(StretchError) in
            try ask { connection in
                let tables = try run(
                    """
                    \(lockSQL(branch));
                    UPDATE \(schema).stretch_branch SET last_seen = \(monotoneNow)
                    WHERE id = \(branch) AND owner IS NOT DISTINCT FROM \(ownerHashSQL);
                    COMMIT
                    """, on: connection, expecting: 2)
                return try head(branch, in: tables[0], tables[1])
            }
        }
    }

    /// Returns the branch's position after the last commit.
    public func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try unlessMissing { () throws(StretchError) in
            try ask { connection in
                let row = try run(
                    """
                    SELECT b.id, h.epoch, h.token FROM \(schema).stretch_branch AS b
                    JOIN \(schema).stretch_history AS h ON h.branch = b.id
                    WHERE b.id = \(branch) ORDER BY h.epoch DESC LIMIT 1
                    """, on: connection, expecting: 1)[0]
                guard row.rowCount == 1 else { return nil }
                guard let epoch = row.count(0, 1), let token = row.integer(0, 2) else {
                    throw DamagedRow()
                }
                return TimelinePosition(branch: branch, epoch: epoch, token: token)
            }
        }
    }

    /// Returns the ledger entry of a batch, or `nil`.
    public func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try unlessMissing { () throws(StretchError) in
            try ask { connection in
                try entry(of: batch, in: run(entrySQL(batch), on: connection, expecting: 1)[0])
            }
        }
    }

    /// Retires a batch, which is invisible from `position` on, and moves the branch to `position`.
    public func retire(
        batch: Int64, from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        requireNext(base, position)
        try ask { connection in
            let tables = try run(
                """
                \(lockSQL(base.branch));
                SELECT r.epoch, h.token FROM \(schema).stretch_retirement AS r
                LEFT JOIN \(schema).stretch_history AS h
                    ON h.branch = r.branch AND h.epoch = r.epoch
                WHERE r.branch = \(position.branch) AND r.batch = \(batch);
                SELECT 1 FROM \(schema).stretch_batch
                WHERE id = \(batch) AND condemned_at IS NULL
                """, on: connection, expecting: 4)
            if tables[2].rowCount == 1 {
                guard tables[2].integer(0, 0) == position.epoch,
                    tables[2].integer(0, 1) == position.token
                else { throw mismatch("has retired batch \(batch) already") }
                connection.rollBack()
                return
            }
            try compare(base, to: head(base.branch, in: tables[0], tables[1]))
            guard tables[3].rowCount == 1 else { throw mismatch("has no batch \(batch)") }
            try run(
                """
                INSERT INTO \(schema).stretch_retirement(batch, branch, epoch)
                VALUES (\(batch), \(position.branch), \(position.epoch));
                \(moveSQL(from: base, to: position))
                """, on: connection, expecting: 0)
        }
    }

    /// Confirms the branch's retirements up to a position that the file has reached.
    public func confirm(_ position: TimelinePosition) throws(StretchError) {
        try ask { connection in
            let tables = try run(
                """
                \(lockSQL(position.branch));
                SELECT token FROM \(schema).stretch_history
                WHERE branch = \(position.branch) AND epoch = \(position.epoch)
                """, on: connection, expecting: 3)
            _ = try head(position.branch, in: tables[0], tables[1])
            guard tables[2].rowCount == 1, tables[2].integer(0, 0) == position.token else {
                throw refusal(position)
            }
            try run(
                """
                UPDATE \(schema).stretch_retirement SET confirmed_at = \(monotoneNow)
                WHERE branch = \(position.branch) AND epoch <= \(position.epoch)
                    AND confirmed_at IS NULL; COMMIT
                """, on: connection, expecting: 0)
        }
    }

    // MARK: History

    func requireNext(_ base: TimelinePosition, _ position: TimelinePosition) {
        precondition(
            position.branch == base.branch && position.epoch == base.epoch + 1,
            "a change of the manifest adds one epoch to one branch")
    }

    /// Returns statements that start a transaction and wait for all others of the branch.
    ///
    /// The statement after the lock sees their commits.
    func lockSQL(_ branch: Int64) -> String {
        "\(PostgresSchema.begin) \(branchSQL(branch))"
    }

    /// Returns the statements of ``lockSQL(_:)`` after the start of the transaction.
    func branchSQL(_ branch: Int64) -> String {
        """
        SELECT id, owner, owner_name, dropped_at IS NOT NULL
        FROM \(schema).stretch_branch WHERE id = \(branch) FOR UPDATE;
        SELECT epoch, token FROM \(schema).stretch_history WHERE branch = \(branch)
        ORDER BY epoch DESC LIMIT 1
        """
    }

    /// Returns the newest position of a branch, from the results of ``lockSQL(_:)``.
    ///
    /// - Throws: `remoteMismatch` if the branch belongs to another owner.
    func head(
        _ branch: Int64, in lock: PostgresResult, _ history: PostgresResult
    ) throws -> TimelinePosition? {
        if lock.rowCount == 1 {
            try RemoteBranch.requireOwner(
                owner, hash: lock.bytes(0, 1), name: lock.text(0, 2), isDropped: lock.bool(0, 3),
                branch: branch, remote: remoteName)
        }
        guard lock.rowCount == 1, history.rowCount == 1 else { return nil }
        guard let epoch = history.count(0, 0), let token = history.integer(0, 1) else {
            throw DamagedRow()
        }
        return TimelinePosition(branch: branch, epoch: epoch, token: token)
    }

    /// Throws unless the branch is at `base`.
    func compare(_ base: TimelinePosition, to head: TimelinePosition?) throws {
        guard let head else { throw mismatch("does not know branch \(base.branch)") }
        guard head != base else { return }
        throw mismatch(
            head.epoch == base.epoch
                ? "holds another epoch \(base.epoch) of branch \(base.branch)"
                : "is at epoch \(head.epoch) of branch \(base.branch), not at epoch "
                    + "\(base.epoch) as this file is")
    }

    /// Returns statements that advance a branch and commit; they fail unless it is at `base`.
    func moveSQL(from base: TimelinePosition, to position: TimelinePosition) -> String {
        """
        UPDATE \(schema).stretch_branch
        SET head_epoch = \(position.epoch), last_seen = \(monotoneNow)
        WHERE id = \(position.branch);
        INSERT INTO \(schema).stretch_history(branch, epoch, token)
        VALUES ((SELECT branch FROM \(schema).stretch_history
                WHERE branch = \(base.branch) AND epoch = \(base.epoch) AND token = \(base.token)),
            \(position.epoch), \(position.token));
        COMMIT
        """
    }

    // MARK: Ledger

    func entrySQL(_ batch: Int64) -> String {
        """
        SELECT b.relation, b.row_count, b.branch, b.epoch, h.token, b.digest,
            array_to_string(b.columns, ',')
        FROM \(schema).stretch_batch AS b
        LEFT JOIN \(schema).stretch_history AS h ON h.branch = b.branch AND h.epoch = b.epoch
        WHERE b.id = \(batch) AND b.condemned_at IS NULL
        """
    }

    func entry(of batch: Int64, in table: PostgresResult) throws -> LedgerEntry? {
        guard table.rowCount == 1 else { return nil }
        guard let relation = table.integer(0, 0), let rowCount = table.integer(0, 1),
            Self.rowCounts.contains(rowCount), let branch = table.integer(0, 2),
            let epoch = table.count(0, 3), let token = table.integer(0, 4),
            let digest = table.bytes(0, 5), let columns = table.text(0, 6).flatMap(IDList.ids)
        else { throw DamagedRow() }
        return LedgerEntry(
            batch: NewBatch(
                id: batch, relation: relation, columns: columns, rowCount: rowCount,
                digest: digest),
            position: TimelinePosition(branch: branch, epoch: epoch, token: token))
    }

    /// Returns the result of a query, or `nil` in a database without a remote.
    private func unlessMissing<Result>(
        _ body: () throws(StretchError) -> Result?
    ) throws(StretchError) -> Result? {
        do throws(StretchError) {
            return try body()
        } catch {
            let isMissing = (error.cause as? PostgresError)?.isMissingObject ?? false
            guard error.code == .remoteMismatch, isMissing else { throw error }
            return nil
        }
    }
}
