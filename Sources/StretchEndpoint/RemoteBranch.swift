public import StretchCore

/// A branch as the remote records it.
public struct RemoteBranch: Hashable, Sendable {
    /// The branch's id.
    public let id: Int64
    /// The database whose timeline it is.
    public let database: Int64
    /// The branch that it was forked from, or `nil` for the first one.
    public let parent: Int64?
    /// The epoch of the fork, the newest of the parent that this branch sees.
    public let forkEpoch: Int64?
    /// The SHA-256 of the owner's nonce, or `nil` when nobody owns it.
    public let ownerHash: [UInt8]?
    /// The owner as they named themselves: `user@machine:/path/app.db`.
    public let ownerName: String?
    /// When the owner was here last, by the remote's clock: `2026-11-22T10:00:00.000Z`.
    public let lastSeen: String
    /// Where the branch stands.
    public let head: TimelinePosition
    /// When it was dropped, or `nil`.
    public let droppedAt: String?

    /// Makes a record.
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

    /// Whether it is the branch that a session's owner opened at a position of another one.
    package func isFork(
        of position: TimelinePosition, database: Int64, owner: OwnerProof?
    ) -> Bool {
        parent == position.branch && forkEpoch == position.epoch && self.database == database
            && ownerHash == owner?.hash
    }

    /// Throws unless a session's owner may extend a branch; one without an owner is free.
    package static func requireOwner(
        _ owner: OwnerProof?, hash: [UInt8]?, name: String?, isDropped: Bool, branch: Int64,
        remote: String
    ) throws(StretchError) {
        guard !isDropped else {
            throw StretchError(
                .remoteMismatch, "branch \(branch) of remote \"\(remote)\" was dropped",
                hint: "Take the drop back, or give this file a branch of its own: "
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

/// Questions on the line of a branch, in the SQL that SQLite and PostgreSQL have in common.
///
/// A branch sees its own batches, and those that its parent saw at the fork.
package struct LineageQuery {
    /// What stands before each table's name: nothing, or a schema and a point.
    let prefix: String

    /// Makes the questions.
    package init(prefix: String) { self.prefix = prefix }

    /// Begins a statement that reads `line(branch, epoch)`.
    ///
    /// These are the position's branch, and each branch above it with the epoch up to which it
    /// counts. The line ends also where ``cycle(above:)`` finds a cycle.
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

    /// A query that returns a row when the line of a position leads back to itself.
    ///
    /// A line that ends has at most as many steps as there are branches.
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

    /// The error for a line without an end.
    package static func damage(branch: Int64, remote: String) -> StretchError {
        StretchError(
            .damaged, "remote \"\(remote)\": branch \(branch) descends from itself",
            hint: "Put the remote back from its backup, then use reauthorize.")
    }

    /// The batches that the line sees, as the tail of a query whose condition goes on after it.
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

    /// A query for one batch that a position sees, garbage collection has condemned, and nobody has
    /// given up.
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
