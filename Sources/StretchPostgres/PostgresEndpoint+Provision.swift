public import Stretch
internal import StretchSQLite

extension PostgresEndpoint {
    /// The most columns: the server's limit less three of ours, with room for its own.
    static var maximumColumnCount: Int { 1_590 }

    /// Makes a relation, or adds the columns and indexes that it lacks.
    ///
    /// Indexes other than the key's are made by ``buildIndexes(_:)``; once it did, also here.
    public func provision(_ relation: Relation) throws(StretchError) {
        try ask { connection in
            // Nothing to do is the usual case, and takes no lock.
            let known = try self.relation(relation.id, on: connection, isFresh: true)
            if let known, try lacksNothing(known, relation) {
                return try refuseChanges(of: relation, on: connection)
            }
            try requireOwnership(known, on: connection)
            try lock(on: connection)
            try makeTable(relation, on: connection)
            try refuseChanges(of: relation, on: connection)
            guard var made = try load(relation.id, on: connection) else { throw DamagedRow() }
            try addColumns(relation, to: made, on: connection)
            guard let complete = try load(relation.id, on: connection) else { throw DamagedRow() }
            made = complete
            let wanted = [relation.key] + (made.hasIndexes ? relation.indexes : [])
            try makeIndexes(wanted, of: made, on: connection)
            _ = try run(bump(relation.id) + "; COMMIT", on: connection)
            directory.update(nil, id: relation.id)
        }
    }

    /// Builds the indexes of a relation other than the key's; slow, and writers wait.
    public func buildIndexes(_ relation: Relation) throws(StretchError) {
        try ask { connection in
            guard let known = try self.relation(relation.id, on: connection, isFresh: true) else {
                throw mismatch("has no relation \(relation.id)")
            }
            if known.hasIndexes, try lacksNothing(known, relation) { return }
            try requireOwnership(known, on: connection)
            try lock(on: connection)
            guard let made = try load(relation.id, on: connection) else { throw DamagedRow() }
            try makeIndexes([relation.key] + relation.indexes, of: made, on: connection)
            _ = try run(
                """
                UPDATE \(schema).stretch_relation SET has_indexes = true WHERE id = \(relation.id);
                \(bump(relation.id)); COMMIT
                """, on: connection)
            directory.update(nil, id: relation.id)
        }
    }

    /// What the remote lacks of a relation.
    public func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try ask { connection in
            var gap = RelationGap()
            let known = try self.relation(relation.id, on: connection, isFresh: true)
            gap.isFillable = try ownsRemote(known, on: connection)
            guard let known else {
                gap.isMissing = true
                return gap
            }
            gap.columns = relation.columns.map(\.id).filter { known.columns[$0] == nil }
            gap.lacksKeyIndex = try !hasIndex(relation.key, known)
            gap.indexCount = try Set(relation.indexes).count {
                try $0 != relation.key && !hasIndex($0, known)
            }
            return gap
        }
    }

    private func hasIndex(_ terms: [OrderTerm], _ known: PostgresRelation) throws -> Bool {
        guard terms.allSatisfy({ known.columns[$0.column] != nil }) else { return false }
        return try terms.isEmpty
            || known.indexNames.contains(IndexDefinition(terms, of: known).name)
    }

    // MARK: Rights

    /// Whether the session's login owns the remote and the table of a relation, as definitions
    /// need: <https://www.postgresql.org/docs/15/ddl-priv.html>.
    private func ownsRemote(
        _ relation: PostgresRelation?, on connection: PostgresConnection
    ) throws -> Bool {
        let tables = ["\(schema).stretch_remote"] + (relation.map { [$0.table] } ?? [])
        let names = tables.map { ServerSQL.literal($0) + "::regclass" }.joined(separator: ", ")
        let results = try run(
            """
            SELECT bool_and(pg_has_role(current_user, relowner, 'USAGE')), current_user
            FROM pg_class WHERE oid IN (\(names))
            """, on: connection)
        return results.first?.bool(0, 0) ?? false
    }

    /// Throws before the server would: its log is no place for what is expected.
    private func requireOwnership(
        _ relation: PostgresRelation?, on connection: PostgresConnection
    ) throws {
        guard try !ownsRemote(relation, on: connection) else { return }
        throw PostgresError(
            sqlState: "42501", message: "the login does not own the tables of the remote")
    }

    // MARK: Steps of one transaction

    /// Begins a transaction in which no other session changes definitions.
    private func lock(on connection: PostgresConnection) throws {
        _ = try run(
            """
            \(PostgresSchema.begin) SET LOCAL statement_timeout = 0;
            SELECT 1 FROM \(schema).stretch_remote WHERE id = 1 FOR UPDATE
            """, on: connection)
    }

    func bump(_ relation: Int64) -> String {
        "UPDATE \(schema).stretch_relation SET generation = generation + 1 WHERE id = \(relation)"
    }

    private func load(
        _ id: Int64, on connection: PostgresConnection
    ) throws -> PostgresRelation? {
        let results = try run(PostgresRelation.query(id, schema: schema), on: connection)
        return try PostgresRelation.make(id, schema: schema, results[...])
    }

    private func lacksNothing(_ known: PostgresRelation, _ relation: Relation) throws -> Bool {
        guard relation.columns.allSatisfy({ known.columns[$0.id] != nil }) else { return false }
        let wanted = [relation.key] + (known.hasIndexes ? relation.indexes : [])
        return try wanted.allSatisfy {
            try $0.isEmpty || known.indexNames.contains(IndexDefinition($0, of: known).name)
        }
    }

    private func makeTable(_ relation: Relation, on connection: PostgresConnection) throws {
        let results = try run(
            """
            SELECT (SELECT count(*) FROM \(schema).stretch_relation WHERE id = \(relation.id)),
                (SELECT coalesce(max(number), 0) + 1 FROM \(schema).stretch_relation);
            SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = '\(schema)';
            \(RemoteRights.granteesQuery(schema: schema))
            """, on: connection)
        guard results[0].integer(0, 0) == 0, let number = results[0].integer(0, 1) else { return }
        let taken = Set((0..<results[1].rowCount).compactMap { results[1].text($0, 0) })
        let name = RowNames.free(relation.name, number: number) {
            $0.hasPrefix("stretch_") || $0.hasPrefix("rows_") || taken.contains($0)
        }
        let table = "\(schema).\(ServerSQL.name(name))"
        _ = try run(
            """
            INSERT INTO \(schema).stretch_relation VALUES (\(relation.id), \(number),
                \(ServerSQL.literal(relation.name.replacing("\0", with: ""))),
                \(ServerSQL.literal(name)), 1, 0, 0, 0, false);
            CREATE TABLE \(table)(_b bigint NOT NULL, _o integer NOT NULL, _x bytea);
            CREATE INDEX rows_\(number)_place ON \(table)(_b, _o);
            CREATE INDEX rows_\(number)_misfit ON \(table)(_b) WHERE _x IS NOT NULL;
            \(RemoteRights.grantRows(table: table, grantees: results[2]))
            """, on: connection)
    }

    /// A column's id means one definition for ever: another default would change older rows.
    private func refuseChanges(of relation: Relation, on connection: PostgresConnection) throws {
        let results = try run(
            """
            SELECT id, affinity, default_value FROM \(schema).stretch_column
            WHERE relation = \(relation.id)
            """, on: connection)
        let known = Dictionary(
            relation.columns.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for row in 0..<results[0].rowCount {
            guard let id = results[0].integer(row, 0), let column = known[id] else { continue }
            guard results[0].text(row, 1) == column.affinity.rawValue,
                results[0].bytes(row, 2) == Value.encode([column.defaultValue])
            else {
                throw StretchError(
                    .schemaMismatch,
                    "table \"\(relation.name)\": column \(id) (\"\(column.name)\") has "
                        + "another affinity or default in the remote",
                    hint: "Give a new column an id that no branch has used.")
            }
        }
    }

    private func addColumns(
        _ relation: Relation, to known: PostgresRelation, on connection: PostgresConnection
    ) throws {
        let added = relation.columns.filter { known.columns[$0.id] == nil }
        guard !added.isEmpty else { return }
        let count = known.columns.count + added.count
        guard count <= PostgresEndpoint.maximumColumnCount else {
            throw StretchError(
                .unsupported,
                "table \"\(relation.name)\" has \(count) columns; "
                    + "the remote holds at most \(PostgresEndpoint.maximumColumnCount)")
        }
        var names = Set(known.columns.values.map(\.name))
        var number = known.orderedColumns.last?.number ?? 0
        var (rows, clauses, updates): ([String], [String], [String]) = ([], [], [])
        for column in added {
            number += 1
            let name = RowNames.free(column.name, number: Int64(number)) {
                RowNames.reservedColumns.contains($0) || names.contains(ServerSQL.name($0))
            }
            names.insert(ServerSQL.name(name))
            let type = ColumnType(column.affinity, holding: column.holding)
            let value = column.defaultValue
            let encoded = Value.encode([value])
            let isMisfit = value != .null && !type.holds(value)
            var clause = "ADD COLUMN \(ServerSQL.name(name)) \(type.sql)"
            if isMisfit {
                let bytes = [UInt8(number >> 8), UInt8(number & 0xff)] + encoded
                updates.append(ServerSQL.literal(bytes))
            } else if value != .null {
                clause +=
                    " DEFAULT \(ServerSQL.literal(type.text(of: value)))::\(type.cast)"
            }
            clauses.append(clause)
            rows.append(
                """
                (\(relation.id), \(column.id), \(number), \
                \(ServerSQL.literal(column.name.replacing("\0", with: ""))), \
                \(ServerSQL.literal(name)), '\(column.affinity.rawValue)', '\(type.rawValue)', \
                \(ServerSQL.literal(encoded)), \(isMisfit))
                """)
        }
        var sql = """
            INSERT INTO \(schema).stretch_column VALUES \(rows.joined(separator: ",\n"));
            ALTER TABLE \(known.table) \(clauses.joined(separator: ", "))
            """
        if !updates.isEmpty {
            // Rows that are there hold the default where only a value of each row can say it.
            let bytes = updates.joined(separator: " || ")
            sql += "; UPDATE \(known.table) SET _x = coalesce(_x, ''::bytea) || \(bytes)"
        }
        _ = try run(sql, on: connection, patience: .seconds(3_600))
    }

    private func makeIndexes(
        _ wanted: [[OrderTerm]], of relation: PostgresRelation, on connection: PostgresConnection
    ) throws {
        var known = relation.indexNames
        for terms in wanted where !terms.isEmpty {
            let index = try IndexDefinition(terms, of: relation)
            guard known.insert(index.name).inserted else { continue }
            let rows = terms.enumerated().map { place, term in
                """
                (\(relation.id), '\(index.name)', \(place), \(term.column), \
                '\(term.collation.rawValue)', \(term.isDescending), \(index.prefixLength))
                """
            }
            // The server names the index: names of many columns may be too long.
            _ = try run(
                """
                INSERT INTO \(schema).stretch_index VALUES \(rows.joined(separator: ", "));
                CREATE INDEX ON \(relation.table)(\(index.terms))
                """, on: connection, patience: .seconds(86_400))
        }
    }
}

extension RemoteColumn {
    /// A value such as the column will hold, as far as it is known.
    fileprivate var holding: Value { example != .null ? example : defaultValue }
}

extension ColumnType {
    /// Whether a value other than NULL is held exactly.
    func holds(_ value: Value) -> Bool {
        Value.encode([value]).withUnsafeBytes { bytes in
            bytes.baseAddress.map { holds(EncodedValue(address: $0)) } ?? false
        }
    }

    /// The text form of a value that the type holds.
    func text(of value: Value) -> String { ServerSQL.text(value) }
}
