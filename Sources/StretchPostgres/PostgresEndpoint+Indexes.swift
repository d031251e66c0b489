internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

extension PostgresEndpoint {
    /// Returns the names, in `stretch_index`, of the indexes that a relation no longer has and no
    /// other branch needs.
    func surplusIndexes(
        _ known: PostgresRelation, _ relation: Relation, on connection: PostgresConnection
    ) throws -> [String] {
        let wanted = Set(
            try ([relation.key] + relation.indexes).filter { terms in
                !terms.isEmpty && terms.allSatisfy { known.columns[$0.column] != nil }
            }.map { try IndexDefinition($0, of: known).name })
        let surplus = known.indexNames.subtracting(wanted).sorted()
        guard !surplus.isEmpty else { return [] }
        let sql = RelationSharing.branchCountSQL(relation: relation.id, prefix: "\(schema).")
        let count = try run(sql, on: connection, expecting: 1)[0].count(0, 0)
        return count ?? 2 <= 1 ? surplus : []
    }

    /// Drops an index and its entry, in the caller's transaction.
    ///
    /// The server chose the index's name, so the index is found by its definition. One that an
    /// administrator dropped before has only the entry.
    func dropIndex(
        _ name: String, of relation: PostgresRelation, on connection: PostgresConnection
    ) throws {
        let entry = "relation = \(relation.id) AND name = \(ServerSQL.literal(name))"
        let rows = try run(
            """
            SELECT column_id, collation_name, is_descending FROM \(schema).stretch_index
            WHERE \(entry) ORDER BY position
            """, on: connection, expecting: 1)[0]
        let terms = try (0..<rows.rowCount).map { row in
            guard let column = rows.integer(row, 0),
                let collation = rows.text(row, 1).flatMap(Collation.init(rawValue:))
            else { throw DamagedRow() }
            return OrderTerm(
                column: column, collation: collation, isDescending: rows.bool(row, 2))
        }
        let pattern = "\(schema).stretch_pattern"
        let definition = try IndexDefinition(terms, of: relation)
        let found = try run(
            """
            DELETE FROM \(schema).stretch_index WHERE \(entry);
            CREATE TABLE \(pattern) (LIKE \(relation.table));
            CREATE INDEX ON \(pattern)(\(definition.terms));
            SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_index AS p ON p.indclass = i.indclass AND p.indoption = i.indoption
                AND p.indcollation = i.indcollation
            WHERE i.indrelid = \(ServerSQL.literal(relation.table))::regclass
                AND p.indrelid = \(ServerSQL.literal(pattern))::regclass
                AND i.indpred IS NULL AND NOT i.indisunique
                AND NOT EXISTS (SELECT FROM generate_series(1, i.indnatts) AS k
                    WHERE pg_get_indexdef(i.indexrelid, k, false)
                        IS DISTINCT FROM pg_get_indexdef(p.indexrelid, k, false))
            ORDER BY c.oid LIMIT 1;
            DROP TABLE \(pattern)
            """, on: connection, expecting: 1)[0]
        guard found.rowCount == 1, let index = found.text(0, 0) else { return }
        try run("DROP INDEX \(schema).\(index.quotedName)", on: connection, expecting: 0)
    }
}
