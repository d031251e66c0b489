internal import CLibPQ
public import StretchCore
public import StretchEndpoint
internal import StretchText

extension PostgresEndpoint {
    /// Creates a writer and a reader of this schema, named after it.
    ///
    /// The server receives a SCRAM verifier of each password, never the password, because
    /// statements may be logged. Roles belong to the whole server, so a number is appended to a
    /// name that is used by another database or by a file on another machine.
    public func makeLogins() throws(StretchError) -> RemoteLogins {
        switch try make([Wanted("writer", .writer), Wanted("reader", .reader)]) {
        case .refused(let reason): .refused(reason: reason)
        case .made(let logins): .made(writer: logins[0], reader: logins[1])
        }
    }

    /// Creates a login of this schema, named after the schema and its user.
    public func makeLogin(
        _ role: RemoteRole, for user: String
    ) throws(StretchError) -> RemoteCredential {
        let letters = user.unicodeScalars.prefix(24).map { scalar in
            scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                ? String(scalar).foldingCase : "_"
        }
        switch try make([Wanted(letters.joined(), role)]) {
        case .made(let logins): return logins[0]
        case .refused(let reason):
            throw StretchError(
                .notPermitted, "no login can be created in remote \"\(remoteName)\": \(reason)",
                hint: "A login that may create roles is needed: \(advice: .nameLogin).")
        }
    }

    /// A login to be created: the suffix of its name, and its role.
    private struct Wanted {
        let ending: String
        let role: RemoteRole

        init(_ ending: String, _ role: RemoteRole) { (self.ending, self.role) = (ending, role) }
    }

    private enum Outcome {
        /// The logins, in the requested order.
        case made([RemoteCredential])
        case refused(String)
    }

    private func make(_ wanted: [Wanted]) throws(StretchError) -> Outcome {
        try ask { connection in
            let row = try run(
                """
                SELECT rolname, rolsuper OR rolcreaterole FROM pg_roles
                WHERE rolname = current_user
                """, on: connection, expecting: 1)[0]
            guard row.rowCount == 1, row.bool(0, 1) else {
                return .refused("it may not create roles (CREATEROLE)")
            }
            for _ in 0..<5 {
                let logins = try freeLogins(wanted.map(\.ending), on: connection)
                do {
                    try create(
                        zip(logins, wanted).map { ($0, $1.role) }, on: connection)
                    return .made(logins)
                } catch let error as PostgresError {
                    // Another session used the names.
                    if ["42710", "23505"].contains(error.sqlState) { continue }
                    guard !error.isConnectionLost, !error.isConflict else { throw error }
                    return .refused("the server did not allow it to create others: \(error)")
                }
            }
            return .refused("other sessions use the names of its roles")
        }
    }

    /// Returns unused logins with these suffixes and a common number.
    private func freeLogins(
        _ endings: [String], on connection: PostgresConnection
    ) throws -> [RemoteCredential] {
        let longest = endings.map(\.utf8.count).max() ?? 0
        // The schema's name consists of letters, digits and underscores.
        let length = RowNames.maximumByteCount - longest - "__9999".utf8.count
        let start = String(decoding: schemaName.utf8.prefix(length), as: UTF8.self)
        let roles = try run(
            "SELECT rolname FROM pg_roles WHERE starts_with(CAST(rolname AS text), '\(start)_')",
            on: connection, expecting: 1)[0]
        let taken = RowNames.taken((0..<roles.rowCount).compactMap { roles.text($0, 0) })
        for number in 1...9_999 {
            let names = endings.map { "\(start)_\($0)" + (number == 1 ? "" : "_\(number)") }
            guard taken.isDisjoint(with: names.map { Array($0.utf8) }) else { continue }
            return names.map { RemoteCredential(login: $0, password: RandomPassword.make()) }
        }
        throw PostgresError(sqlState: "53400", message: "there are too many roles \(start)_…")
    }

    private func create(
        _ logins: [(RemoteCredential, RemoteRole)], on connection: PostgresConnection
    ) throws {
        var script = PostgresSchema.begin
        for (login, role) in logins {
            let name = login.login.quotedName
            script += """

                CREATE ROLE \(name) LOGIN PASSWORD \
                \(ServerSQL.literal(try connection.verifier(of: login)));
                ALTER ROLE \(name) SET search_path = pg_catalog, pg_temp;
                \(RemoteRights.grant(role, to: name, schema: schema))
                """
        }
        // Row tables may exist if a file provisioned them in this schema before.
        let results = try run(
            """
            \(script)
            SELECT table_name FROM \(schema).stretch_relation;
            SELECT bool_and(has_database_privilege(r.oid, d.oid, 'CONNECT')), d.datname
            FROM pg_roles AS r, pg_database AS d WHERE d.datname = current_database()
                AND r.rolname IN (\(logins.map { ServerSQL.literal($0.0.login) }
                    .joined(separator: ", "))) GROUP BY d.datname
            """, on: connection, expecting: 2)
        guard let database = results[1].text(0, 1)?.quotedName else { throw DamagedRow() }
        var grants: [String] = []
        for (login, role) in logins {
            let name = login.login.quotedName
            let rights = role == .reader ? "SELECT" : "SELECT, INSERT"
            grants += (0..<results[0].rowCount).compactMap { row in
                results[0].text(row, 0).map {
                    "GRANT \(rights) ON \(schema).\($0.quotedName) TO \(name);"
                }
            }
            if !results[1].bool(0, 0) {
                grants.append("GRANT CONNECT ON DATABASE \(database) TO \(name);")
            }
        }
        try run(grants.joined(separator: " ") + " COMMIT", on: connection, expecting: 0)
    }
}

enum RandomPassword {
    /// Returns 256 random bits of the system's generator, as hexadecimal digits.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.digits(
            (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}

extension PostgresConnection {
    /// Returns the verifier with which the server checks a login's password without knowing it.
    ///
    /// The server is not asked, because the method is given:
    /// <https://www.postgresql.org/docs/15/libpq-misc.html#LIBPQ-PQENCRYPTPASSWORDCONN>.
    fileprivate func verifier(of login: RemoteCredential) throws -> String {
        let text = PQencryptPasswordConn(
            handle, login.password ?? "", login.login, "scram-sha-256")
        guard let text else { throw lastError }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}
