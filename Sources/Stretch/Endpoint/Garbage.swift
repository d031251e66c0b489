/// Which batches of a database the remote may collect.
public struct GarbageRequest: Hashable, Sendable {
    /// The database's id; batches of other databases stay.
    public var database: Int64
    /// How long ago each retirement must have been confirmed, by the remote's clock; `nil` keeps
    /// everything.
    public var minimumAge: Duration?
    /// The batches that the caller's manifest names.
    ///
    /// None of them can be garbage: when one is, the call throws and collects nothing.
    public var visibleBatches: Set<Int64>
    /// Whether nothing is changed.
    public var isDryRun: Bool

    /// Makes a request.
    public init(
        database: Int64, minimumAge: Duration?, visibleBatches: Set<Int64> = [],
        isDryRun: Bool = false
    ) {
        self.database = database
        self.minimumAge = minimumAge
        self.visibleBatches = visibleBatches
        self.isDryRun = isDryRun
    }
}

/// What was collected, or would be.
public struct GarbageReport: Hashable, Sendable {
    /// The batches that go.
    public var batchCount: Int64 = 0
    /// Their rows.
    public var rowCount: Int64 = 0
    /// The bytes of their rows, in Stretch's encoding.
    public var byteCount: Int64 = 0
    /// The retired batches that stay.
    public var keptBatchCount: Int64 = 0
    /// When the oldest retirement of a batch that stays was confirmed, as
    /// `2026-11-22T10:00:00.000Z`.
    public var oldestKeptRetirement: String?
    /// Backups that were made after this time find all their batches; `nil` when nothing was ever
    /// collected.
    public var completeSince: String?

    /// Makes an empty report.
    public init() {}
}

/// The question which batches are garbage, in the SQL that SQLite and PostgreSQL have in common.
///
/// A batch is seen by its own branch, and by each branch that was forked, directly or not, where it
/// was visible: at or after its epoch, and before the epoch of its retirement. It is garbage when
/// each of these branches has retired it and confirmed that, or was dropped, long enough ago. A
/// retirement is confirmed by a later visit of the file that made it, so that a file that slept
/// keeps its rows.
///
/// A batch goes in two phases. It is condemned, in one transaction: from then on no scan, no read
/// and no fork finds it. Then its rows are deleted, in as many transactions as it takes. Its entry
/// in the ledger stays, so that an old backup that names it is told why it is refused.
package struct GarbageQuery {
    /// What stands before each table's name: nothing, or a schema and a point.
    let prefix: String
    let database: Int64
    /// Makes a text of a time, as an expression.
    let text: (String) -> String
    /// A condition on `t.since`, the last confirmation of a batch.
    let condition: String

    /// Makes a question.
    package init(
        prefix: String, database: Int64, condition: String, text: @escaping (String) -> String
    ) {
        self.prefix = prefix
        self.database = database
        self.condition = condition
        self.text = text
    }

    private var branches: String {
        "(SELECT id FROM \(prefix)stretch_branch WHERE database = \(database))"
    }

    /// Begins a statement that reads `garbage(batch)`.
    private var common: String {
        """
        WITH RECURSIVE sees(batch, branch) AS (
            SELECT b.id, b.branch FROM \(prefix)stretch_batch AS b
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
            UNION
            SELECT s.batch, c.id FROM sees AS s
            JOIN \(prefix)stretch_branch AS c ON c.parent = s.branch
            JOIN \(prefix)stretch_batch AS b ON b.id = s.batch
            LEFT JOIN \(prefix)stretch_retirement AS r
                ON r.batch = s.batch AND r.branch = s.branch
            WHERE b.epoch <= c.fork_epoch AND (r.epoch IS NULL OR r.epoch > c.fork_epoch)
        ), retired(batch, since) AS (
            SELECT s.batch, max(CASE WHEN r.confirmed_at <= d.dropped_at THEN r.confirmed_at
                ELSE coalesce(d.dropped_at, r.confirmed_at) END)
            FROM sees AS s
            JOIN \(prefix)stretch_branch AS d ON d.id = s.branch
            LEFT JOIN \(prefix)stretch_retirement AS r
                ON r.batch = s.batch AND r.branch = s.branch
            GROUP BY s.batch HAVING count(*) = count(coalesce(r.confirmed_at, d.dropped_at))
        ), garbage(batch) AS (
            SELECT b.id FROM \(prefix)stretch_batch AS b LEFT JOIN retired AS t ON t.batch = b.id
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
                AND (b.condemned_at IS NOT NULL OR (\(condition)))
        )
        """
    }

    /// A query for the columns of a report, one row.
    package var report: String {
        let kept = """
            FROM \(prefix)stretch_retirement AS r JOIN \(prefix)stretch_batch AS b ON b.id = r.batch
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
                AND b.id NOT IN (SELECT batch FROM garbage)
            """
        return """
            \(common)
            SELECT (SELECT count(*) FROM garbage),
                (SELECT CAST(coalesce(sum(row_count), 0) AS bigint) FROM \(prefix)stretch_batch
                    WHERE id IN (SELECT batch FROM garbage)),
                (SELECT CAST(coalesce(sum(byte_count), 0) AS bigint) FROM \(prefix)stretch_batch
                    WHERE id IN (SELECT batch FROM garbage)),
                (SELECT count(DISTINCT r.batch) \(kept)),
                (SELECT \(text("min(r.confirmed_at)")) \(kept)),
                (SELECT \(text("max(r.confirmed_at)")) FROM \(prefix)stretch_retirement AS r
                    JOIN \(prefix)stretch_batch AS b ON b.id = r.batch
                    WHERE b.branch IN \(branches) AND (b.condemned_at IS NOT NULL
                        OR b.id IN (SELECT batch FROM garbage)))
            """
    }

    /// A statement that condemns.
    ///
    /// - Parameter now: The present time, as an expression.
    package func condemnation(now: String) -> String {
        """
        UPDATE \(prefix)stretch_batch SET condemned_at = \(now)
        WHERE condemned_at IS NULL AND id IN (\(common) SELECT batch FROM garbage)
        """
    }

    /// A query for the batches whose rows are to be deleted: id, relation, rows and bytes.
    package var condemned: String {
        """
        SELECT id, relation, row_count, byte_count FROM \(prefix)stretch_batch
        WHERE condemned_at IS NOT NULL AND collected_at IS NULL AND branch IN \(branches)
        ORDER BY id
        """
    }

    /// A query for when a batch was condemned, and for ``GarbageReport/completeSince``.
    package static func condemnation(
        of batch: Int64, prefix: String, text: (String) -> String
    ) -> String {
        """
        SELECT \(text("b.condemned_at")), (
            SELECT \(text("max(r.confirmed_at)")) FROM \(prefix)stretch_retirement AS r
            JOIN \(prefix)stretch_batch AS o ON o.id = r.batch WHERE o.condemned_at IS NOT NULL)
        FROM \(prefix)stretch_batch AS b WHERE b.id = \(batch) AND b.condemned_at IS NOT NULL
        """
    }

    /// The error for a file that names a batch that is gone.
    package static func refusal(
        remote: String, batch: Int64, condemnedAt: String, completeSince: String?
    ) -> StretchError {
        StretchError(
            .remoteMismatch,
            "remote \"\(remote)\" collected batch \(batch) as garbage at \(condemnedAt)",
            hint: """
                This file is older than the collection: use a backup made after \
                \(completeSince ?? condemnedAt). Its hot rows can be read as ever.
                """)
    }

    /// Throws when a manifest names a batch that was condemned.
    package static func require(
        _ visible: Set<Int64>, without condemned: [Int64], remote: String
    ) throws(StretchError) {
        guard let batch = condemned.first(where: visible.contains) else { return }
        throw StretchError(
            .remoteMismatch,
            "remote \"\(remote)\" takes batch \(batch) for garbage, which this file still names",
            hint: "Nothing was collected. Use reauthorize, then try again.")
    }
}
