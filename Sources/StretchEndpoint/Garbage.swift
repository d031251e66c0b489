package import StretchCore

/// A request to collect garbage batches of a database.
public struct GarbageRequest: Hashable, Sendable {
    /// The database's id; batches of other databases are kept.
    public var database: Int64
    /// The minimum time since a batch's end, by the remote's clock, or `nil` for the remote's
    /// retention.
    ///
    /// An age shorter than the retention is refused.
    public var minimumAge: Duration?
    /// The batches that the caller's manifest names.
    ///
    /// None of them can be garbage. If one is, the call throws and collects nothing.
    public var visibleBatches: Set<Int64>
    /// Whether to report the garbage without deleting it.
    public var isDryRun: Bool
    /// What the caller would tell the remote before the collection: only for a dry run.
    public var preview = Preview()

    /// Changes of the ledger that a dry run takes as made.
    public struct Preview: Hashable, Sendable {
        /// A batch that leaves the manifest.
        public struct Retirement: Hashable, Sendable {
            /// The batch's id.
            public let batch: Int64
            /// A position of the file's branch after the batch.
            public let position: TimelinePosition

            /// Creates a retirement.
            public init(batch: Int64, position: TimelinePosition) {
                (self.batch, self.position) = (batch, position)
            }
        }

        /// The position up to which the retirements of its branch count as confirmed now, or `nil`
        /// for none.
        public var confirmed: TimelinePosition?
        /// Retirements that are not confirmed; all of one position.
        public var retired: [Retirement] = []

        /// Creates a preview of no changes.
        public init() {}

        var isEmpty: Bool { confirmed == nil && retired.isEmpty }
    }

    /// Creates a request.
    public init(
        database: Int64, minimumAge: Duration? = nil, visibleBatches: Set<Int64> = [],
        isDryRun: Bool = false
    ) {
        self.database = database
        self.minimumAge = minimumAge
        self.visibleBatches = visibleBatches
        self.isDryRun = isDryRun
    }
}

/// The result of a garbage collection or of its dry run.
public struct GarbageReport: Hashable, Sendable {
    /// The number of collected batches.
    public var batchCount: Int64 = 0
    /// The number of their rows.
    public var rowCount: Int64 = 0
    /// The size of their rows in bytes, in Stretch's encoding.
    public var byteCount: Int64 = 0
    /// The number of retired batches that are kept.
    public var keptBatchCount: Int64 = 0
    /// The time of the oldest confirmed retirement of a kept batch: `2026-11-22T10:00:00.000Z`.
    public var oldestKeptRetirement: String?
    /// The time since which backups are complete, or `nil` if nothing was ever collected.
    ///
    /// Backups made after this time, of branches that were not dropped, find all their batches.
    public var completeSince: String?
    /// The age of ``completeSince`` by the remote's clock.
    public var completeAge: Duration?
    /// How long the remote keeps batches after their end; `nil` means forever.
    public var retention: Duration?

    /// Creates an empty report.
    public init() {}
}

/// Queries for garbage batches in SQL that SQLite and PostgreSQL share.
///
/// A batch is seen by its own branch and by each branch forked, directly or indirectly, at or after
/// its epoch and before the epoch of its retirement. It is garbage if each of these branches has
/// confirmed its retirement, or was dropped, long enough ago. A retirement is confirmed by a later
/// session of the file that made it, so an idle file keeps its rows.
///
/// A batch is deleted in two phases. First it is condemned in one transaction; from then on no
/// scan, read or fork finds it. Then its rows are deleted in as many transactions as necessary. Its
/// ledger entry remains, so that the error for an old backup that names it can state the reason.
package struct GarbageQuery {
    /// The prefix of each table's name: empty, or a schema and a period.
    let prefix: String
    let request: GarbageRequest
    let dialect: Dialect

    /// Expressions in which the two dialects differ.
    package struct Dialect: Sendable {
        /// The time that a confirmation would have now.
        let now: String
        /// The text of a time.
        let text: @Sendable (String) -> String
        /// The time some seconds ago; NULL for NULL.
        let ago: @Sendable (String) -> String
        /// The whole seconds since a time.
        let age: @Sendable (String) -> String

        package init(
            now: String,
            text: @escaping @Sendable (String) -> String,
            ago: @escaping @Sendable (String) -> String,
            age: @escaping @Sendable (String) -> String
        ) {
            self.now = now
            self.text = text
            self.ago = ago
            self.age = age
        }
    }

    /// Creates the queries for a request.
    package init(prefix: String, request: GarbageRequest, dialect: Dialect) {
        self.prefix = prefix
        self.request = request
        self.dialect = dialect
    }

    private var retention: String {
        "(SELECT retention_seconds FROM \(prefix)stretch_remote WHERE id = 1)"
    }

    /// Whether a batch that ended at `t.since` may be deleted; NULL if the retention is unlimited.
    private var condition: String {
        let age = request.minimumAge.map { " AND t.since <= \(dialect.ago("\($0.wholeSeconds)"))" }
        return "t.since <= \(dialect.ago(retention))\(age ?? "")"
    }

    private var database: Int64 { request.database }

    private var branches: String {
        "(SELECT id FROM \(prefix)stretch_branch WHERE database = \(database))"
    }

    /// The table of retirements: the ledger's, or that of ``previewed``.
    private var retirement: String {
        request.preview.isEmpty ? "\(prefix)stretch_retirement" : "retirement"
    }

    /// The start of a list of common tables: the retirements as they would be after the changes of
    /// a preview.
    private var previewed: String {
        let preview = request.preview
        guard !preview.isEmpty else { return "" }
        var confirmed = "confirmed_at"
        if let position = preview.confirmed {
            confirmed = """
                CASE WHEN confirmed_at IS NULL AND branch = \(position.branch)
                    AND epoch <= \(position.epoch) THEN \(dialect.now) ELSE confirmed_at END
                """
        }
        let batches = preview.retired.map { "\($0.batch)" }.joined(separator: ", ")
        let retired = preview.retired.first.map {
            """
            UNION ALL SELECT id, \($0.position.branch), \($0.position.epoch), NULL
            FROM \(prefix)stretch_batch WHERE id IN (\(batches))
            """
        }
        return """
            retirement(batch, branch, epoch, confirmed_at) AS (
                SELECT batch, branch, epoch, \(confirmed) FROM \(prefix)stretch_retirement
                \(retired ?? "")
            ),\u{20}
            """
    }

    /// The start of a statement that reads `garbage(batch)`.
    private var common: String {
        """
        WITH RECURSIVE \(previewed)sees(batch, branch) AS (
            SELECT b.id, b.branch FROM \(prefix)stretch_batch AS b
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
            UNION
            SELECT s.batch, c.id FROM sees AS s
            JOIN \(prefix)stretch_branch AS c ON c.parent = s.branch
            JOIN \(prefix)stretch_batch AS b ON b.id = s.batch
            LEFT JOIN \(retirement) AS r
                ON r.batch = s.batch AND r.branch = s.branch
            WHERE b.epoch <= c.fork_epoch AND (r.epoch IS NULL OR r.epoch > c.fork_epoch)
        ), retired(batch, since) AS (
            SELECT s.batch, max(CASE WHEN r.confirmed_at <= d.dropped_at THEN r.confirmed_at
                ELSE coalesce(d.dropped_at, r.confirmed_at) END)
            FROM sees AS s
            JOIN \(prefix)stretch_branch AS d ON d.id = s.branch
            LEFT JOIN \(retirement) AS r
                ON r.batch = s.batch AND r.branch = s.branch
            GROUP BY s.batch HAVING count(*) = count(coalesce(r.confirmed_at, d.dropped_at))
        ), garbage(batch) AS (
            SELECT b.id FROM \(prefix)stretch_batch AS b LEFT JOIN retired AS t ON t.batch = b.id
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
                AND (b.condemned_at IS NOT NULL OR (\(condition)))
        )
        """
    }

    /// A query that returns the columns of a report in one row.
    package var report: String {
        let kept = """
            FROM \(retirement) AS r JOIN \(prefix)stretch_batch AS b ON b.id = r.batch
            WHERE b.collected_at IS NULL AND b.branch IN \(branches)
                AND b.id NOT IN (SELECT batch FROM garbage)
            """
        return """
            \(common), complete(since) AS (
                SELECT max(r.confirmed_at) FROM \(retirement) AS r
                JOIN \(prefix)stretch_batch AS b ON b.id = r.batch
                WHERE b.branch IN \(branches) AND (b.condemned_at IS NOT NULL
                    OR b.id IN (SELECT batch FROM garbage))
            )
            SELECT (SELECT count(*) FROM garbage),
                (SELECT CAST(coalesce(sum(row_count), 0) AS bigint) FROM \(prefix)stretch_batch
                    WHERE id IN (SELECT batch FROM garbage)),
                (SELECT CAST(coalesce(sum(byte_count), 0) AS bigint) FROM \(prefix)stretch_batch
                    WHERE id IN (SELECT batch FROM garbage)),
                (SELECT count(DISTINCT r.batch) \(kept)),
                (SELECT \(dialect.text("min(r.confirmed_at)")) \(kept)),
                (SELECT \(dialect.text("since")) FROM complete),
                (SELECT \(dialect.age("since")) FROM complete), \(retention)
            """
    }

    /// A query for the ids of the garbage.
    package var garbage: String { "\(common) SELECT batch FROM garbage ORDER BY batch" }

    /// Returns the statement that condemns batches.
    ///
    /// - Parameter now: The current time, as an expression.
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

    /// The error for a file that names a deleted batch.
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

    /// The error for a ledger whose times are ahead of the clock.
    package static func ledgerIsAhead(remote: String, at time: String) -> StretchError {
        StretchError(
            .wrongState,
            "the ledger of remote \"\(remote)\" is ahead of the clock: its last time is \(time)",
            hint: "If the clock is behind, set it: nothing is collected by a wrong one. If it is "
                + "right and was ahead at that time: \(advice: .acceptClock).")
    }

    /// The columns of times in the ledger that a clock may have written ahead, by table.
    package static let times = [
        (table: "stretch_branch", columns: ["last_seen", "dropped_at"]),
        (table: "stretch_retirement", columns: ["confirmed_at"]),
        (table: "stretch_batch", columns: ["condemned_at", "collected_at"]),
    ]

    /// Returns the statements of ``CollectingEndpoint/acceptClock()``.
    ///
    /// - Parameters:
    ///   - prefix: As in ``init(prefix:request:dialect:)``.
    ///   - now: The current time, as an expression.
    package static func acceptance(prefix: String, now: String) -> [String] {
        times.flatMap { table, columns in
            columns.map {
                "UPDATE \(prefix)\(table) SET \($0) = \(now) WHERE \($0) > \(now)"
            }
        }
    }

    /// Throws when the request asks for less than the retention.
    package func requireAge(atLeast retention: Duration?) throws(StretchError) {
        guard let age = request.minimumAge, retention.map({ age < $0 }) ?? true else { return }
        throw StretchError(
            .invalidArgument,
            "an age of \(age.ageText) is shorter than the remote's retention, "
                + (retention?.ageText ?? "unlimited"),
            hint: "Name a longer age, or change it: \(advice: .setRetention).")
    }

    /// Throws if a manifest names a condemned batch.
    package static func require(
        _ visible: Set<Int64>, without condemned: [Int64], remote: String
    ) throws(StretchError) {
        guard let batch = condemned.first(where: visible.contains) else { return }
        throw StretchError(
            .remoteMismatch,
            "remote \"\(remote)\" treats batch \(batch), which this file names, as garbage",
            hint: "Nothing was collected. Use reauthorize, then try again.")
    }
}
