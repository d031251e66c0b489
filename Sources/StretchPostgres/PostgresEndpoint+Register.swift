public import Stretch

extension PostgresEndpoint {
    /// Records a local database and its first branch at epoch 0, and makes the schema.
    ///
    /// - Throws: Also `unsupported` for a server that may lose what it has confirmed.
    public func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try ask { connection in
            try create(on: connection)
            let results = try run(
                """
                \(PostgresSchema.begin)
                INSERT INTO \(schema).stretch_branch(id, database, owner, owner_name, head_epoch)
                VALUES (\(position.branch), \(database), \(ownerSQL), \(position.epoch))
                ON CONFLICT DO NOTHING;
                INSERT INTO \(schema).stretch_history(branch, epoch, token)
                SELECT \(position.branch), \(position.epoch), \(position.token)
                WHERE NOT EXISTS (
                    SELECT 1 FROM \(schema).stretch_history WHERE branch = \(position.branch))
                ON CONFLICT DO NOTHING;
                COMMIT;
                SELECT b.database, h.token FROM \(schema).stretch_branch AS b
                LEFT JOIN \(schema).stretch_history AS h
                    ON h.branch = b.id AND h.epoch = \(position.epoch)
                WHERE b.id = \(position.branch)
                """, on: connection)
            guard let known = results.last, known.rowCount == 1,
                known.integer(0, 0) == database, known.integer(0, 1) == position.token
            else {
                throw StretchError(
                    .remoteMismatch,
                    "branch \(position.branch) of remote \"\(remoteName)\" is known "
                        + "with another database or token",
                    hint: "Use reauthorize to continue on a branch of this file's own.")
            }
        }
    }

    /// Makes the schema and its tables, unless they are there.
    private func create(on connection: PostgresConnection) throws {
        let results = try run(
            """
            SELECT to_regclass('\(schema).stretch_remote'), current_setting('fsync'),
                (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = '\(schema)'),
                EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '\(schema)')
            """, on: connection)
        guard let found = results.first else { throw DamagedRow() }
        guard found.text(0, 1) == "on" else {
            throw StretchError(
                .unsupported, "the server of remote \"\(remoteName)\" runs with fsync=off",
                hint: "Set fsync = on: rows that a power cut can take must not leave this file.")
        }
        guard found.text(0, 0) == nil else {
            let format = try run("SELECT format FROM \(schema).stretch_remote", on: connection)
            guard let format = format.first?.integer(0, 0) else { throw DamagedRow() }
            guard format <= PostgresSchema.format else {
                throw StretchError(
                    .wrongState,
                    "remote \"\(remoteName)\" has format \(format), newer than "
                        + "\(PostgresSchema.format)",
                    hint: "Update Stretch on this machine.")
            }
            return
        }
        guard found.integer(0, 2) == 0 else {
            throw StretchError(
                .wrongState,
                "schema \"\(schema)\" holds other tables, not a Stretch remote",
                hint: "Name a schema that is new, empty or already a Stretch remote.")
        }
        let creation = found.bool(0, 3) ? "" : "CREATE SCHEMA \(schema);"
        do {
            _ = try run(
                """
                \(PostgresSchema.begin) \(creation) \(PostgresSchema.script(schema)) COMMIT
                """, on: connection)
        } catch let error as PostgresError {
            // Another session was faster; it made the same.
            let isThere = ["23505", "42P06", "42P07"].contains(error.sqlState)
            guard isThere else { throw error }
        }
    }

    /// What a relation uses.
    public func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try ask { connection in
            let results = try run(
                """
                SELECT row_count, pg_total_relation_size(
                    format('%I.%I', '\(schema)', table_name)::regclass)
                FROM \(schema).stretch_relation WHERE id = \(relation)
                """, on: connection)
            guard let row = results.first, row.rowCount == 1, let count = row.integer(0, 0),
                let byteCount = row.integer(0, 1)
            else { return RemoteUsage(byteCount: 0, rowCount: 0) }
            return RemoteUsage(byteCount: byteCount, rowCount: count)
        }
    }
}
