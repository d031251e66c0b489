internal import StretchCore
package import StretchSQLite

/// `stretch_event` and `stretch_migration_status`: the event log.
extension Catalog {
    /// Records an event, shown by `status`.
    package func insertEvent(
        time: String, table: String?, kind: EventKind, message: String
    ) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_event(time, table_name, kind, message) VALUES(?, ?, ?, ?)",
            .text(time), table.map(Value.text) ?? .null, .text(kind.rawValue),
            .text(message))
    }

    /// Returns the newest events, the latest first.
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

    /// Records a migrated batch; the newest 1,000 per table are kept.
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

    /// Returns the recorded migrated batches, the oldest first.
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

/// An event in the history of the file, shown by `status`.
package struct CatalogEvent: Hashable, Sendable {
    /// The time, in UTC.
    package let time: String
    /// The affected table, or `nil`.
    package let table: String?
    package let kind: EventKind
    package let message: String
}

/// A migrated batch.
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
