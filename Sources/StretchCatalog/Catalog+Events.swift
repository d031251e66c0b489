internal import StretchCore
package import StretchSQLite

/// `stretch_event` and `stretch_migration_status`: what happened.
extension Catalog {
    /// Notes what happened, for `status` and people.
    package func insertEvent(
        time: String, table: String?, kind: EventKind, message: String
    ) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_event(time, table_name, kind, message) VALUES(?, ?, ?, ?)",
            .text(time), table.map(Value.text) ?? .null, .text(kind.rawValue),
            .text(message))
    }

    /// The newest events, the last one first.
    package func events(limit: Int) throws -> [CatalogEvent] {
        try connection.stored(
            "stretch_event", of: .local,
            """
            SELECT id, time, table_name, kind, message FROM main.stretch_event
            ORDER BY id DESC LIMIT ?
            """, .integer(Int64(limit))
        ) { row in
            CatalogEvent(
                time: try row.string(1), table: try row.optionalString(2),
                kind: EventKind(rawValue: try row.string(3)), message: try row.string(4))
        }
    }

    /// Notes a batch that moved; the newest 1,000 per table are kept.
    package func insertStatus(
        table: Int64, batch: Int64, direction: MigrationDirection, ended: String, rowCount: Int64,
        byteCount: Int64
    ) throws(SQLiteError) {
        try connection.run(
            """
            INSERT INTO main.stretch_migration_status(
                table_id, batch, direction, ended, rows, bytes)
            VALUES(?, ?, ?, ?, ?, ?)
            """, .integer(table), .integer(batch), .text(direction.rawValue), .text(ended),
            .integer(rowCount), .integer(byteCount))
        try connection.run(
            """
            DELETE FROM main.stretch_migration_status
            WHERE table_id = ?1 AND id <= (SELECT max(id) FROM main.stretch_migration_status) - 1000
            """, .integer(table))
    }

    /// The batches that moved, as far as they are noted, the oldest first.
    package func migrationStatuses() throws -> [MigrationStatus] {
        try connection.stored(
            "stretch_migration_status", of: .local,
            """
            SELECT id, table_id, batch, direction, ended, rows, bytes
            FROM main.stretch_migration_status ORDER BY id
            """
        ) { row in
            MigrationStatus(
                table: try row.integer(1, in: .numbers), batch: try row.integer(2, in: .numbers),
                direction: try row.element(3), ended: try row.string(4),
                rowCount: try row.integer(5, in: .rows), byteCount: try row.integer(6, in: .bytes))
        }
    }
}

/// What happened to the file, for `status` and people.
package struct CatalogEvent: Hashable, Sendable {
    /// The time, in UTC.
    package let time: String
    /// The table that it concerns, or `nil`.
    package let table: String?
    package let kind: EventKind
    package let message: String
}

/// A batch that moved.
package struct MigrationStatus: Hashable, Sendable {
    package let table: Int64
    /// The batch's number.
    package let batch: Int64
    package let direction: MigrationDirection
    /// The time at which it became visible, in UTC.
    package let ended: String
    package let rowCount: Int64
    package let byteCount: Int64
}
