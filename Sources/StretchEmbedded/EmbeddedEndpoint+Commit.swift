public import StretchCore
public import StretchEndpoint
public import StretchSQLite
internal import StretchText

extension EmbeddedEndpoint {
    /// Waits until no commit on the branch is in doubt, and returns the branch's position.
    ///
    /// SQLite rolls back the transaction of a terminated process; the write lock orders this call
    /// before or after the transaction of a running process.
    public func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try ask {
            guard try file.openRemote() != nil else { return nil }
            return try write { connection in
                try requireOwner(of: branch, on: connection)
                try connection.run(
                    """
                    UPDATE stretch_branch SET last_seen = \(EmbeddedSchema.monotoneNow) WHERE id = ?
                    """,
                    .integer(branch))
                return try head(of: branch, on: connection)
            }
        }
    }

    /// Returns the branch's position without a lock.
    public func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try ask {
            guard let connection = try file.openRemote() else { return nil }
            return try head(of: branch, on: connection)
        }
    }

    /// Returns the ledger entry of a batch, or `nil`.
    public func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try ask {
            guard let connection = try file.openRemote() else { return nil }
            return try entry(of: batch, on: connection)
        }
    }

    /// Commits a batch durably and moves the branch from one position to the next, both or neither.
    public func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        precondition(
            rows.rowCount == batch.rowCount && rows.columnCount == batch.columns.count
                && batch.rowCount <= ColdLocation.maximumRowCount,
            "the batch describes other rows")
        try ask {
            try write { connection in
                if let known = try entry(of: batch.id, on: connection) {
                    let isSame =
                        known.position == position && known.batch.digest == batch.digest
                        && known.batch.relation == batch.relation
                    guard isSame else {
                        throw mismatch("batch \(batch.id) of remote \"\(path)\" is another one")
                    }
                    return
                }
                try requireOwner(of: base.branch, on: connection)
                try compare(base, on: connection)
                let found = try EmbeddedRelation(batch.relation, on: connection, path: path)
                guard let relation = found else {
                    throw StretchError(
                        .schemaMismatch, "remote \"\(path)\" has no relation \(batch.relation)",
                        hint: "Provision the relation first.")
                }
                try insert(batch, rows: rows, of: relation, at: position, on: connection)
                try move(from: base, to: position, on: connection)
            }
        }
    }

    /// Retires a batch, which is invisible from `position` on, and moves the branch to `position`.
    public func retire(
        batch: Int64, from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try ask {
            try write { connection in
                let retired = try connection.stored(
                    "stretch_retirement", of: .remote(path),
                    "SELECT epoch FROM stretch_retirement WHERE branch = ? AND batch = ?",
                    .integer(position.branch), .integer(batch)
                ) { try $0.integer(0, in: .epochs) }.first
                if let retired {
                    let token = try token(of: position, on: connection)
                    guard retired == position.epoch, token == position.token else {
                        throw mismatch("batch \(batch) of remote \"\(path)\" is retired already")
                    }
                    return
                }
                try requireOwner(of: base.branch, on: connection)
                try compare(base, on: connection)
                let known = try connection.integer(
                    "SELECT 1 FROM stretch_batch WHERE id = ? AND condemned_at IS NULL",
                    .integer(batch))
                guard known != nil else {
                    throw mismatch("remote \"\(path)\" has no batch \(batch)")
                }
                try connection.run(
                    "INSERT INTO stretch_retirement(batch, branch, epoch) VALUES (?, ?, ?)",
                    .integer(batch), .integer(position.branch), .integer(position.epoch))
                try move(from: base, to: position, on: connection)
            }
        }
    }

    /// Confirms the branch's retirements up to a position that the file has reached.
    public func confirm(_ position: TimelinePosition) throws(StretchError) {
        try ask {
            try write { connection in
                try requireOwner(of: position.branch, on: connection)
                guard try token(of: position, on: connection) == position.token else {
                    throw mismatch(
                        "remote \"\(path)\" does not hold epoch \(position.epoch) of branch "
                            + "\(position.branch) as this file does")
                }
                try connection.run(
                    """
                    UPDATE stretch_retirement SET confirmed_at = \(EmbeddedSchema.monotoneNow)
                    WHERE branch = ? AND epoch <= ? AND confirmed_at IS NULL
                    """, .integer(position.branch), .integer(position.epoch))
            }
        }
    }

    // MARK: History

    /// Returns the newest position of a branch, or `nil` for an unknown branch.
    private func head(of branch: Int64, on connection: Connection) throws -> TimelinePosition? {
        try connection.stored(
            "stretch_history", of: .remote(path),
            """
            SELECT branch, epoch, token FROM stretch_history WHERE branch = ?
            ORDER BY epoch DESC LIMIT 1
            """, .integer(branch)
        ) { try $0.position(at: 0) }.first
    }

    func token(of position: TimelinePosition, on connection: Connection) throws -> Int64? {
        try connection.stored(
            "stretch_history", of: .remote(path),
            "SELECT token FROM stretch_history WHERE branch = ? AND epoch = ?",
            .integer(position.branch), .integer(position.epoch)
        ) { try $0.integer(0, in: .ids) }.first
    }

    /// Throws unless the branch is at `base`.
    func compare(_ base: TimelinePosition, on connection: Connection) throws {
        guard let head = try head(of: base.branch, on: connection) else {
            throw mismatch("remote \"\(path)\" does not know branch \(base.branch)")
        }
        guard head != base else { return }
        let difference =
            head.epoch == base.epoch
            ? "holds another epoch \(base.epoch)"
            : "is at epoch \(head.epoch), not at epoch \(base.epoch) as this file is"
        throw mismatch("branch \(base.branch) of remote \"\(path)\" \(difference)")
    }

    private func move(
        from base: TimelinePosition, to position: TimelinePosition, on connection: Connection
    ) throws {
        precondition(
            position.branch == base.branch && position.epoch == base.epoch + 1,
            "a change of the manifest adds one epoch to one branch")
        try insert(position, on: connection)
        try connection.run(
            """
            UPDATE stretch_branch SET head_epoch = ?, last_seen = \(EmbeddedSchema.monotoneNow)
            WHERE id = ?
            """, .integer(position.epoch), .integer(position.branch))
    }

    func insert(_ position: TimelinePosition, on connection: Connection) throws {
        try connection.run(
            "INSERT INTO stretch_history VALUES (?, ?, ?)", .integer(position.branch),
            .integer(position.epoch), .integer(position.token))
    }

    func mismatch(_ message: String) -> StretchError {
        StretchError(
            .remoteMismatch, message,
            hint: "Another file extended the branch, or the remote was restored: "
                + "\(advice: .reauthorize).")
    }

    // MARK: Ledger

    private func entry(of batch: Int64, on connection: Connection) throws -> LedgerEntry? {
        try connection.stored(
            "stretch_batch", of: .remote(path),
            """
            SELECT b.id, b.relation, b.row_count, b.branch, b.epoch, h.token, b.digest, b.columns
            FROM stretch_batch AS b
            LEFT JOIN stretch_history AS h ON h.branch = b.branch AND h.epoch = b.epoch
            WHERE b.id = ? AND b.condemned_at IS NULL
            """, .integer(batch)
        ) { row in
            LedgerEntry(
                batch: NewBatch(
                    id: batch, relation: try row.integer(1, in: .ids), columns: try row.ids(7),
                    rowCount: try row.integer(2, in: .batchRows), digest: try row.blob(6)),
                position: try row.position(at: 3))
        }.first
    }

    private func insert(
        _ batch: NewBatch, rows: RowBuffer, of relation: EmbeddedRelation,
        at position: TimelinePosition, on connection: Connection
    ) throws {
        try relation.require(batch.columns)
        let firstRow = try connection.stored(
            "stretch_relation", of: .remote(path),
            """
            SELECT id, next_row, row_count, byte_count FROM stretch_relation WHERE id = ?
            """, .integer(relation.id)
        ) { row in
            // The batch's counts are added to these.
            _ = (try row.integer(2, in: .rows), try row.integer(3, in: .bytes))
            return try row.integer(1, in: .rows)
        }.first
        guard let firstRow else {
            throw mismatch("remote \"\(path)\" has lost relation \(relation.id)")
        }
        try insert(rows, columns: batch.columns, of: relation, from: firstRow, on: connection)
        try connection.run(
            "INSERT INTO stretch_batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            .integer(batch.id),
            .integer(relation.id), .integer(position.branch), .integer(position.epoch),
            .integer(firstRow), .integer(batch.rowCount), .integer(Int64(rows.byteCount)),
            .blob(batch.digest), .text(IDList.json(batch.columns)))
        try connection.run(
            """
            UPDATE stretch_relation SET next_row = next_row + ?2, row_count = row_count + ?2,
                byte_count = byte_count + ?3
            WHERE id = ?1
            """, .integer(relation.id), .integer(batch.rowCount),
            .integer(Int64(rows.byteCount)))
    }

    /// Inserts rows at consecutive rowids.
    ///
    /// Columns that the rows lack get their default as a value, because the table's own default may
    /// not be exact.
    private func insert(
        _ rows: RowBuffer, columns: [Int64], of relation: EmbeddedRelation, from firstRow: Int64,
        on connection: Connection
    ) throws {
        let given = Set(columns)
        let missing = relation.defaults.filter { !given.contains($0.key) }
            .sorted { $0.key < $1.key }
        let names = (columns + missing.map(\.key)).map { ", \(EmbeddedRelation.columnName($0))" }
            .joined()
        let marks = String(repeating: ", ?", count: columns.count + missing.count)
        let statement = try connection.cached(
            "INSERT INTO \(relation.table)(id\(names)) VALUES (?\(marks))")
        defer {
            statement.reset()
            // The bound values point into the buffer.
            statement.clearBindings()
        }
        for (index, column) in missing.enumerated() {
            try statement.bind(column.value, at: columns.count + 2 + index)
        }
        let columnCount = columns.count
        for row in 0..<rows.rowCount {
            try statement.bind(integer: firstRow + Int64(row), at: 1)
            var value = rows.value(row: row, column: 0)
            for index in 0..<columnCount {
                try statement.bind(value, at: index + 2)
                value = value.next
            }
            try statement.step()
            statement.reset()
        }
    }
}
