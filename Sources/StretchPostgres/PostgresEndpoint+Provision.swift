public import StretchCore
public import StretchEndpoint
internal import StretchSQLite
internal import StretchText

extension PostgresEndpoint {
    /// The maximum number of columns: the server's limit minus three columns of Stretch, with a
    /// reserve.
    static var maximumColumnCount: Int { 1_590 }

    /// Creates a relation, or adds its missing columns and indexes.
    ///
    /// Indexes other than the key's are created by ``buildIndexes(_:)`` and, after its first call,
    /// also here.
    public func provision(_ relation: Relation) throws(StretchError) {
        try ask { connection in
            // Usually there is nothing to do, which takes no lock.
            let known = try self.relation(relation.id, on: connection, isFresh: true)
            if let known, try lacksNothing(known, relation) {
                return try refuseChanges(of: relation, on: connection)
            }
            try begin(changing: relation.id, on: connection)
            try makeTable(relation, on: connection)
            try refuseChanges(of: relation, on: connection)
            guard var made = try load(relation.id, on: connection) else { throw DamagedRow() }
            try addColumns(relation, to: made, on: connection)
            guard let complete = try load(relation.id, on: connection) else { throw DamagedRow() }
            made = complete
            let wanted = [relation.key] + (made.hasIndexes ? relation.indexes : [])
            try makeIndexes(wanted, of: made, on: connection)
            try run(bump(relation.id) + "; COMMIT", on: connection, expecting: 0)
            directory.update(nil, id: relation.id)
        }
    }

    /// Builds the indexes of a relation except the key's, and drops those that it no longer has;
    /// this is slow and blocks writers.
    public func buildIndexes(_ relation: Relation) throws(StretchError) {
        try ask { connection in
            guard let known = try self.relation(relation.id, on: connection, isFresh: true) else {
                throw mismatch("has no relation \(relation.id)")
            }
            if known.hasIndexes || relation.indexes.isEmpty, try lacksNothing(known, relation),
                try surplusIndexes(known, relation, on: connection).isEmpty
            {
                return
            }
            try begin(changing: relation.id, on: connection)
            guard let made = try load(relation.id, on: connection) else { throw DamagedRow() }
            for name in try surplusIndexes(made, relation, on: connection) {
                try dropIndex(name, of: made, on: connection)
            }
            try makeIndexes([relation.key] + relation.indexes, of: made, on: connection)
            try run(
                """
                UPDATE \(schema).stretch_relation SET has_indexes = true WHERE id = \(relation.id);
                \(bump(relation.id)); COMMIT
                """, on: connection, expecting: 0)
            directory.update(nil, id: relation.id)
        }
    }

    /// Returns the missing parts of a relation.
    public func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try ask { connection in
            var gap = RelationGap()
            let known = try self.relation(relation.id, on: connection, isFresh: true)
            let rights = try run(ownershipSQL(relation.id), on: connection, expecting: 1)[0]
            gap.isFillable = rights.bool(0, 0)
            guard let known else {
                gap.isMissing = true
                return gap
            }
            gap.columns = relation.columns.map(\.id).filter { known.columns[$0] == nil }
            gap.lacksKeyIndex = try !hasIndex(relation.key, known)
            gap.indexCount = try Set(relation.indexes).count {
                try $0 != relation.key && !hasIndex($0, known)
            }
            gap.surplusIndexCount =
                try surplusIndexes(known, relation, on: connection).count
            return gap
        }
    }

    private func hasIndex(_ terms: [OrderTerm], _ known: PostgresRelation) throws -> Bool {
        guard terms.allSatisfy({ known.columns[$0.column] != nil }) else { return false }
        return try terms.isEmpty
            || known.indexNames.contains(IndexDefinition(terms, of: known).name)
    }

    // MARK: Rights

    /// Returns a query for whether the login owns the remote and a relation's table, as DDL
    /// requires: <https://www.postgresql.org/docs/15/ddl-priv.html>.
    private func ownershipSQL(_ relation: Int64) -> String {
        """
        SELECT bool_and(pg_has_role(c.relowner, 'USAGE'))
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = '\(schemaName)' AND (c.relname = 'stretch_remote' OR c.relname = (
            SELECT table_name FROM \(schema).stretch_relation WHERE id = \(relation)))
        """
    }

    // MARK: Steps of one transaction

    /// Starts a transaction in which no other session changes definitions.
    ///
    /// - Throws: `notPermitted` if the login does not own the tables, before the server would log
    ///   this expected error. `wrongState` for a schema or tables that are not safe to use.
    private func begin(changing relation: Int64, on connection: PostgresConnection) throws {
        let tables = try run(
            """
            \(PostgresSchema.begin) SET LOCAL statement_timeout = 0;
            \(ownershipSQL(relation)); \(SchemaInspection.query(schema: schemaName))
            """, on: connection, expecting: 2)
        guard tables[0].bool(0, 0) else {
            throw PostgresError(
                sqlState: "42501", message: "the login does not own the tables of the remote")
        }
        try SchemaInspection.check(tables[1], remote: remoteName)
        try run(
            "SELECT 1 FROM \(schema).stretch_remote WHERE id = 1 FOR UPDATE", on: connection,
            expecting: 1)
    }

    func bump(_ relation: Int64) -> String {
        "UPDATE \(schema).stretch_relation SET generation = generation + 1 WHERE id = \(relation)"
    }

    private func load(
        _ id: Int64, on connection: PostgresConnection
    ) throws -> PostgresRelation? {
        let sql = PostgresRelation.query(id, schema: schema)
        return try PostgresRelation.make(
            id, schema: schema, run(sql, on: connection, expecting: 3))
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
            WHERE n.nspname = '\(schemaName)';
            \(RemoteRights.granteesQuery(schema: schemaName))
            """, on: connection, expecting: 3)
        guard let count = results[0].count(0, 0), let number = results[0].count(0, 1) else {
            throw DamagedRow()
        }
        guard count == 0 else { return }
        let taken = RowNames.taken(
            (0..<results[1].rowCount).compactMap { results[1].text($0, 0) })
        let name = RowNames.free(relation.name, number: number) {
            $0.beginsWith("stretch_") || $0.beginsWith("rows_") || taken.contains(Array($0.utf8))
        }
        let table = "\(schema).\(name.quotedName)"
        let insertion = ServerStatement(
            """
            INSERT INTO \(schema).stretch_relation
            VALUES (\(relation.id), \(number), $1::text, $2::text, 1, 0, 0, 0, false)
            """, [RowNames.storable(relation.name), name])
        let definitions = [
            "CREATE TABLE \(table)(_b bigint NOT NULL, _o integer NOT NULL, _x bytea)",
            "CREATE INDEX rows_\(number)_place ON \(table)(_b, _o)",
            "CREATE INDEX rows_\(number)_misfit ON \(table)(_b) WHERE _x IS NOT NULL",
        ]
        let grants = RemoteRights.grantRows(table: table, grantees: results[2])
        try run(
            [insertion] + (definitions + grants).map { ServerStatement($0) }, on: connection,
            expecting: 0)
    }

    /// Throws if the definition of a column changed: another default would change older rows.
    private func refuseChanges(of relation: Relation, on connection: PostgresConnection) throws {
        let columns = try run(
            """
            SELECT id, affinity, default_value FROM \(schema).stretch_column
            WHERE relation = \(relation.id)
            """, on: connection, expecting: 1)[0]
        let known = Dictionary(
            relation.columns.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for row in 0..<columns.rowCount {
            guard let id = columns.integer(row, 0), let column = known[id] else { continue }
            guard columns.text(row, 1)?.isSameText(as: column.affinity.rawValue) == true,
                columns.bytes(row, 2) == Value.encode([column.defaultValue])
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
        var names = RowNames.taken(known.columns.values.map(\.name))
        var number = known.orderedColumns.last?.number ?? 0
        var (rows, parameters): ([String], [String]) = ([], [])
        var (clauses, updates): ([String], [String]) = ([], [])
        for column in added {
            number += 1
            let name = RowNames.free(column.name, number: Int64(number)) {
                RowNames.reservedColumns.contains(Array($0.utf8))
                    || names.contains(Array($0.quotedName.utf8))
            }
            names.insert(Array(name.quotedName.utf8))
            let type = ColumnType(column.affinity, holding: column.holding)
            let value = column.defaultValue
            let encoded = Value.encode([value])
            let isMisfit = value != .null && !type.holds(value)
            var clause = "ADD COLUMN \(name.quotedName) \(type.sql)"
            if isMisfit {
                let bytes = [UInt8(number >> 8), UInt8(number & 0xff)] + encoded
                updates.append(ServerSQL.literal(bytes))
            } else if value != .null {
                clause +=
                    " DEFAULT \(ServerSQL.literal(type.text(of: value)))::\(type.cast)"
            }
            clauses.append(clause)
            parameters += [RowNames.storable(column.name), name]
            rows.append(
                """
                (\(relation.id), \(column.id), \(number), \
                $\(parameters.count - 1)::text, $\(parameters.count)::text, \
                '\(column.affinity.rawValue)', '\(type.rawValue)', \
                \(ServerSQL.literal(encoded)), \(isMisfit))
                """)
        }
        var statements = [
            ServerStatement(
                "INSERT INTO \(schema).stretch_column VALUES \(rows.joined(separator: ", "))",
                parameters),
            ServerStatement("ALTER TABLE \(known.table) \(clauses.joined(separator: ", "))"),
        ]
        if !updates.isEmpty {
            // Existing rows store a default that only a value in each row can represent.
            let bytes = updates.joined(separator: " || ")
            statements.append(
                ServerStatement(
                    "UPDATE \(known.table) SET _x = coalesce(_x, ''::bytea) || \(bytes)"))
        }
        try run(statements, on: connection, expecting: 0, patience: .seconds(3_600))
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
            // The server chooses the index name, because names of many columns may be too long.
            try run(
                """
                INSERT INTO \(schema).stretch_index VALUES \(rows.joined(separator: ", "));
                CREATE INDEX ON \(relation.table)(\(index.terms))
                """, on: connection, expecting: 0, patience: .seconds(86_400))
        }
    }
}

extension RemoteColumn {
    /// An example of the column's values, as far as known.
    fileprivate var holding: Value { example != .null ? example : defaultValue }
}

extension ColumnType {
    /// Returns whether a value other than NULL is stored exactly.
    func holds(_ value: Value) -> Bool {
        Value.encode([value]).withUnsafeBytes { bytes in
            bytes.baseAddress.map { holds(EncodedValue(address: $0)) } ?? false
        }
    }

    /// Returns the text form of a value that the type can store.
    func text(of value: Value) -> String { ServerSQL.text(value) }
}
