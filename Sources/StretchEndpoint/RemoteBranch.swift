public import StretchCore

/// A branch as the remote records it.
public struct RemoteBranch: Hashable, Sendable {
    /// The branch's id.
    public let id: Int64
    /// The database to which the branch belongs.
    public let database: Int64
    /// The branch that it was forked from, or `nil` for the first one.
    public let parent: Int64?
    /// The epoch of the fork: the newest epoch of the parent that this branch sees.
    public let forkEpoch: Int64?
    /// The SHA-256 of the owner's nonce, or `nil` if the branch has no owner.
    public let ownerHash: [UInt8]?
    /// The name that the owner registered: `user@machine:/path/app.db`.
    public let ownerName: String?
    /// The time of the owner's last session, by the remote's clock: `2026-11-22T10:00:00.000Z`.
    public let lastSeen: String
    /// The current position of the branch.
    public let head: TimelinePosition
    /// The time of the drop, or `nil`.
    public let droppedAt: String?

    /// Creates a record.
    public init(
        id: Int64, database: Int64, parent: Int64?, forkEpoch: Int64?, ownerHash: [UInt8]?,
        ownerName: String?, lastSeen: String, head: TimelinePosition, droppedAt: String?
    ) {
        self.id = id
        self.database = database
        self.parent = parent
        self.forkEpoch = forkEpoch
        self.ownerHash = ownerHash
        self.ownerName = ownerName
        self.lastSeen = lastSeen
        self.head = head
        self.droppedAt = droppedAt
    }

    /// Whether this branch was forked by a session's owner at a position of another branch.
    package func isFork(
        of position: TimelinePosition, database: Int64, owner: OwnerProof?
    ) -> Bool {
        parent == position.branch && forkEpoch == position.epoch && self.database == database
            && ownerHash == owner?.hash
    }

    /// Throws unless a session's owner may extend a branch; any owner may extend a branch without
    /// one.
    package static func requireOwner(
        _ owner: OwnerProof?, hash: [UInt8]?, name: String?, isDropped: Bool, branch: Int64,
        remote: String
    ) throws(StretchError) {
        guard !isDropped else {
            throw StretchError(
                .remoteMismatch, "branch \(branch) of remote \"\(remote)\" was dropped",
                hint: "Undo the drop, or give this file its own branch: "
                    + "\(advice: .reauthorize).")
        }
        guard let hash, owner?.hash != hash else { return }
        throw StretchError(
            .remoteMismatch,
            "branch \(branch) of remote \"\(remote)\" belongs to \(name ?? "another file")",
            hint: "All rows stay readable. For a branch of this file's own: "
                + "\(advice: .reauthorize).")
    }
}

/// Queries for the branches that share a relation, in SQL that SQLite and PostgreSQL share.
package enum RelationSharing {
    /// Returns a query for the number of branches that may still need what a relation has.
    ///
    /// - Parameter prefix: The schema with a period, or empty.
    package static func branchCountSQL(relation: Int64, prefix: String = "") -> String {
        """
        SELECT count(*) FROM \(prefix)stretch_branch WHERE dropped_at IS NULL AND database = (
            SELECT b.database FROM \(prefix)stretch_batch AS t
            JOIN \(prefix)stretch_branch AS b ON b.id = t.branch
            WHERE t.relation = \(relation) LIMIT 1)
        """
    }
}

/// Queries for the ancestors of a branch, in SQL that SQLite and PostgreSQL share.
///
/// A branch sees its own batches and those that its parent saw at the fork.
package struct LineageQuery {
    /// The prefix of each table's name: empty, or a schema and a period.
    let prefix: String

    /// Creates the queries.
    package init(prefix: String) { self.prefix = prefix }

    /// Returns the start of a statement that reads `line(branch, epoch)`.
    ///
    /// The rows are the position's branch and its ancestors, each with the last epoch that counts.
    /// The recursion also ends at a cycle, which ``cycle(above:)`` finds.
    private func line(_ position: TimelinePosition) -> String {
        """
        WITH RECURSIVE line(branch, epoch) AS (
            SELECT CAST(\(position.branch) AS bigint), CAST(\(position.epoch) AS bigint)
            UNION
            SELECT b.parent, b.fork_epoch FROM line AS l
            JOIN \(prefix)stretch_branch AS b ON b.id = l.branch WHERE b.parent IS NOT NULL
        )
        """
    }

    /// Returns a query that has a row if the ancestors of a position form a cycle.
    ///
    /// A line without a cycle has at most as many steps as there are branches.
    package func cycle(above position: TimelinePosition) -> String {
        """
        WITH RECURSIVE line(branch, step) AS (
            SELECT CAST(\(position.branch) AS bigint), 0
            UNION ALL
            SELECT b.parent, l.step + 1 FROM line AS l
            JOIN \(prefix)stretch_branch AS b ON b.id = l.branch
            WHERE b.parent IS NOT NULL
                AND l.step <= (SELECT count(*) FROM \(prefix)stretch_branch)
        )
        SELECT 1 FROM line WHERE step > (SELECT count(*) FROM \(prefix)stretch_branch) LIMIT 1
        """
    }

    /// The error for a cycle of ancestors.
    package static func damage(branch: Int64, remote: String) -> StretchError {
        StretchError(
            .damaged, "remote \"\(remote)\": branch \(branch) descends from itself",
            hint: "Put the remote back from its backup, then: \(advice: .reauthorize).")
    }

    /// The batches that the line sees, as the end of a query to which conditions can be appended.
    private var visible: String {
        """
        FROM \(prefix)stretch_batch AS b
        JOIN line AS l ON l.branch = b.branch AND b.epoch <= l.epoch
        WHERE NOT EXISTS (
            SELECT 1 FROM \(prefix)stretch_retirement AS r
            JOIN line AS m ON m.branch = r.branch AND r.epoch <= m.epoch
            WHERE r.batch = b.id)
        """
    }

    /// Returns a query for a condemned batch that a position sees and that was not accepted as
    /// lost.
    package func condemned(
        seenAt position: TimelinePosition, without lost: [Int64] = []
    ) -> String {
        """
        \(line(position))
        SELECT min(b.id) \(visible) AND b.condemned_at IS NOT NULL
            AND b.id NOT IN (\(lost.isEmpty ? "0" : lost.map(String.init).joined(separator: ",")))
        """
    }

    /// A query for the batches that a position sees: id and digest.
    package func batches(seenAt position: TimelinePosition) -> String {
        """
        \(line(position))
        SELECT b.id, b.digest \(visible) AND b.condemned_at IS NULL ORDER BY b.id
        """
    }
}
