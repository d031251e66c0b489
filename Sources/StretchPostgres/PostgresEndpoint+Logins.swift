internal import CLibPQ
public import Stretch

extension PostgresEndpoint {
    /// Makes a writer and a reader of this schema, named after it.
    ///
    /// The server is told a SCRAM verifier of each password, never the password: statements end up
    /// in logs. Roles belong to the whole server, so that a name that is taken, by another database
    /// or by a file on another machine, gets a number.
    public func makeLogins() throws(StretchError) -> RemoteLogins {
        try ask { connection in
            let results = try run(
                """
                SELECT rolname, rolsuper OR rolcreaterole FROM pg_roles
                WHERE rolname = current_user
                """, on: connection)
            guard let row = results.first, row.rowCount == 1, row.bool(0, 1) else {
                return .refused(reason: "it may not create roles (CREATEROLE)")
            }
            for _ in 0..<5 {
                let logins = try freeLogins(on: connection)
                do {
                    try create(logins, on: connection)
                    return .made(writer: logins.writer, reader: logins.reader)
                } catch let error as PostgresError {
                    // Another session took the names.
                    if ["42710", "23505"].contains(error.sqlState) { continue }
                    guard !error.isConnectionLost, !error.isConflict else { throw error }
                    return .refused(reason: "the server did not let it make others: \(error)")
                }
            }
            return .refused(reason: "other sessions take the names of its roles")
        }
    }

    private struct Logins {
        let writer: RemoteCredential
        let reader: RemoteCredential
    }

    private func freeLogins(on connection: PostgresConnection) throws -> Logins {
        // Room for the longest ending.
        let start = String(schema.prefix(RowNames.maximumByteCount - "_writer_9999".utf8.count))
        let results = try run(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, '\(start)_')", on: connection)
        let taken = Set((0..<results[0].rowCount).compactMap { results[0].text($0, 0) })
        let number = (1...9_999).first { number in
            !taken.contains(name(start, "writer", number))
                && !taken.contains(name(start, "reader", number))
        }
        guard let number else {
            throw PostgresError(sqlState: "53400", message: "there are too many roles \(start)_…")
        }
        return Logins(
            writer: RemoteCredential(
                login: name(start, "writer", number), password: RandomPassword.make()),
            reader: RemoteCredential(
                login: name(start, "reader", number), password: RandomPassword.make()))
    }

    private func name(_ start: String, _ role: String, _ number: Int) -> String {
        number == 1 ? "\(start)_\(role)" : "\(start)_\(role)_\(number)"
    }

    private func create(_ logins: Logins, on connection: PostgresConnection) throws {
        let roles = try [logins.writer, logins.reader].map { login in
            "CREATE ROLE \(ServerSQL.name(login.login)) LOGIN PASSWORD "
                + "\(ServerSQL.literal(try connection.verifier(of: login)));"
        }
        let (writer, reader) = (
            ServerSQL.name(logins.writer.login), ServerSQL.name(logins.reader.login)
        )
        // Row tables are those that a file provisioned in this schema before.
        let results = try run(
            """
            \(PostgresSchema.begin) \(roles.joined(separator: " "))
            \(RemoteRights.grant(writer: writer, reader: reader, schema: schema))
            SELECT table_name FROM \(schema).stretch_relation;
            SELECT bool_and(has_database_privilege(r.rolname, d.datname, 'CONNECT')),
                quote_ident(d.datname)
            FROM pg_roles AS r, pg_database AS d WHERE d.datname = current_database()
                AND r.rolname IN (\(ServerSQL.literal(logins.writer.login)),
                    \(ServerSQL.literal(logins.reader.login))) GROUP BY d.datname
            """, on: connection
        ).filter { $0.status == PGRES_TUPLES_OK }
        guard results.count == 2, let database = results[1].text(0, 1) else { throw DamagedRow() }
        var grants = (0..<results[0].rowCount).compactMap { row in
            results[0].text(row, 0).map { name in
                let table = "\(schema).\(ServerSQL.name(name))"
                return "GRANT SELECT ON \(table) TO \(writer), \(reader); "
                    + "GRANT INSERT ON \(table) TO \(writer);"
            }
        }
        if !results[1].bool(0, 0) {
            grants.append("GRANT CONNECT ON DATABASE \(database) TO \(writer), \(reader);")
        }
        _ = try run(grants.joined(separator: " ") + "COMMIT", on: connection)
    }
}

enum RandomPassword {
    /// 256 random bits of the system's generator, as hexadecimal digits.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.digits(
            (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}

extension PostgresConnection {
    /// The text by which the server can check a login's password, and which does not tell it:
    /// <https://www.postgresql.org/docs/15/libpq-misc.html#LIBPQ-PQENCRYPTPASSWORDCONN>.
    fileprivate func verifier(of login: RemoteCredential) throws -> String {
        let text = PQencryptPasswordConn(
            handle, login.password ?? "", login.login, "scram-sha-256")
        guard let text else { throw lastError }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}
