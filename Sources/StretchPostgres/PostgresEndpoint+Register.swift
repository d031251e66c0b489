public import StretchCore
public import StretchEndpoint
internal import StretchText

extension PostgresEndpoint {
    /// Records a local database and its first branch at epoch 0, and creates the schema.
    ///
    /// - Throws: Also `unsupported` for a server that may lose confirmed commits.
    public func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try ask { connection in
            try begin(on: connection)
            let ledger = try run(
                ServerStatement.registration(
                    database: database, position, ownerSQL, ownerParameters, schema: schema),
                on: connection, expecting: 2)
            guard let format = ledger[0].integer(0, 0) else { throw DamagedRow() }
            guard format <= PostgresSchema.format else {
                throw StretchError(
                    .wrongState,
                    "remote \"\(remoteName)\" has format \(format), newer than "
                        + "\(PostgresSchema.format)",
                    hint: "Update Stretch on this machine.")
            }
            let known = ledger[1]
            guard known.rowCount == 1, known.integer(0, 0) == database,
                known.integer(0, 1) == position.token
            else {
                throw StretchError(
                    .remoteMismatch,
                    "branch \(position.branch) of remote \"\(remoteName)\" is known "
                        + "with another database or token",
                    hint: "Use reauthorize to continue on a branch of this file's own.")
            }
        }
    }

    /// Starts a transaction in which the schema and its tables exist and are safe to use.
    private func begin(on connection: PostgresConnection) throws {
        for isLast in [false, false, false, true] {
            let creation = try creationSQL(on: connection)
            do {
                let inspection = SchemaInspection.query(schema: schemaName)
                let found = try run(
                    "\(creation) \(inspection)", on: connection, expecting: 1)[0]
                return try SchemaInspection.check(found, remote: remoteName)
            } catch let error as PostgresError {
                // Another session created the same objects first.
                let isThere = ["23505", "42P06", "42P07"].contains(error.sqlState)
                guard isThere, !isLast else { throw error }
            }
        }
    }

    /// Starts a transaction, and returns the statements that create missing objects.
    private func creationSQL(on connection: PostgresConnection) throws -> String {
        let found = try run(
            """
            \(PostgresSchema.begin)
            SELECT to_regclass('\(schema).stretch_remote'), current_setting('fsync'),
                (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = '\(schemaName)'),
                EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '\(schemaName)')
            """, on: connection, expecting: 1)[0]
        guard found.text(0, 1)?.isSameText(as: "on") == true else {
            throw StretchError(
                .unsupported, "the server of remote \"\(remoteName)\" runs with fsync=off",
                hint: "Set fsync = on: otherwise a power failure could lose migrated rows.")
        }
        guard found.isNull(0, 0) else { return "" }
        guard found.integer(0, 2) == 0 else {
            throw StretchError(
                .wrongState,
                "schema \"\(schemaName)\" holds other tables, not a Stretch remote",
                hint: "Name a schema that is new, empty or already a Stretch remote.")
        }
        return (found.bool(0, 3) ? "" : "CREATE SCHEMA \(schema);") + PostgresSchema.script(schema)
    }

    /// Returns the space that a relation uses.
    public func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try ask { connection in
            let row = try run(
                """
                SELECT r.row_count, pg_total_relation_size(c.oid)
                FROM \(schema).stretch_relation AS r
                JOIN pg_namespace AS n ON n.nspname = '\(schemaName)'
                JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = r.table_name
                WHERE r.id = \(relation)
                """, on: connection, expecting: 1)[0]
            guard row.rowCount == 1 else { return RemoteUsage(byteCount: 0, rowCount: 0) }
            guard let count = row.count(0, 0), let byteCount = row.count(0, 1) else {
                throw DamagedRow()
            }
            return RemoteUsage(byteCount: byteCount, rowCount: count)
        }
    }
}

extension ServerStatement {
    /// Returns statements that record a branch, read its record, and commit.
    ///
    /// They change nothing in a remote of a newer format.
    fileprivate static func registration(
        database: Int64, _ position: TimelinePosition, _ ownerSQL: String, _ owner: [String],
        schema: String
    ) -> [ServerStatement] {
        let isKnown = """
            (SELECT format FROM \(schema).stretch_remote WHERE id = 1) <= \(PostgresSchema.format)
            """
        return [
            ServerStatement("SELECT format FROM \(schema).stretch_remote WHERE id = 1"),
            ServerStatement(
                """
                INSERT INTO \(schema).stretch_branch(id, database, owner, owner_name, head_epoch)
                SELECT \(position.branch), \(database), \(ownerSQL), \(position.epoch)
                WHERE \(isKnown) ON CONFLICT DO NOTHING
                """, owner),
            ServerStatement(
                """
                INSERT INTO \(schema).stretch_history(branch, epoch, token)
                SELECT \(position.branch), \(position.epoch), \(position.token)
                WHERE \(isKnown) AND NOT EXISTS (
                    SELECT 1 FROM \(schema).stretch_history WHERE branch = \(position.branch))
                ON CONFLICT DO NOTHING
                """),
            ServerStatement(
                """
                SELECT b.database, h.token FROM \(schema).stretch_branch AS b
                LEFT JOIN \(schema).stretch_history AS h
                    ON h.branch = b.id AND h.epoch = \(position.epoch)
                WHERE b.id = \(position.branch)
                """),
            ServerStatement("COMMIT"),
        ]
    }
}
