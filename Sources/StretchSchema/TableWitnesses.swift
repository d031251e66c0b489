internal import Crypto
package import StretchCatalog
internal import StretchCore
package import StretchSQLite
internal import StretchText

/// Records how stretch-enabled tables are, and compares them with how they were.
///
/// A few hot rows are witnesses: their keys, and a salted hash of each of their values. After
/// another program has made a table anew they tell whether it is the same table, and which of its
/// columns is which.
package struct TableWitnesses {
    /// The number of recorded rows.
    package static let rowCount = 16
    /// The number of rows that prove that a table is the old one, if as many are recorded.
    private static let sufficientRowCount = 3

    private let connection: Connection
    private var catalog: Catalog { Catalog(connection) }

    package init(_ connection: Connection) {
        self.connection = connection
    }

    // MARK: Recording

    /// Records a table as it is, in the caller's transaction.
    ///
    /// - Parameter schema: The definition, in the table's own order.
    package func record(
        _ table: StretchedTable, _ schema: TableSchema, salt: [UInt8]
    ) throws(SQLiteError) {
        let key = Self.key(schema)
        let names = (key + schema.columns.map { "h.\($0.name.quotedName)" })
            .joined(separator: ", ")
        // The greatest keys are mostly those of the newest rows, which stay hot.
        let rows = try connection.rows(
            """
            SELECT \(names) FROM main.\(schema.name.quotedName) AS h
            ORDER BY \(key.map { "\($0) DESC" }.joined(separator: ", ")) LIMIT \(Self.rowCount)
            """)
        let witnesses = rows.map { row in
            TableEvidence.Witness(
                key: Array(row[..<key.count]),
                hashes: row[key.count...].map { Self.hash($0, salt) })
        }
        try catalog.save(
            TableEvidence(
                columns: Self.columns(table, schema), salt: salt, witnesses: witnesses),
            table: table.id)
    }

    /// Returns the columns of a table as evidence describes them.
    ///
    /// - Parameter schema: The definition, in the table's own order.
    static func columns(
        _ table: StretchedTable, _ schema: TableSchema
    ) -> [TableEvidence.Column] {
        zip(table.currentColumns(in: schema) ?? [], schema.columns).enumerated().map {
            place, pair in
            TableEvidence.Column(
                id: pair.0.id, collation: pair.1.collationName,
                keyPlace: schema.key.firstIndex(of: place).map { Int64($0 + 1) } ?? 0)
        }
    }

    /// The expressions of a table's key: its rowid, if it has no key.
    private static func key(_ schema: TableSchema) -> [String] {
        guard !schema.key.isEmpty else { return ["h.\(schema.rowidName ?? "rowid")"] }
        return schema.key.map { "h.\(schema.columns[$0].name.quotedName)" }
    }

    /// Returns a hash of a value that is the same for the number 1, the real 1.0 and the text '1',
    /// because the affinity of a new column may have converted it.
    private static func hash(_ value: Value, _ salt: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: salt)
        hash.update(data: canonical(value))
        return Array(hash.finalize().prefix(8))
    }

    private static func canonical(_ value: Value) -> [UInt8] {
        switch value {
        case .null: return [0]
        case .integer(let integer): return [1] + Array(String(integer).utf8)
        case .real(let real):
            if let integer = Int64(exactly: real) { return canonical(.integer(integer)) }
            return [1] + Array(String(real).utf8)
        case .text(let text):
            let number = text.string.flatMap { string in
                Int64(string).map(Value.integer) ?? Double(string).map(Value.real)
            }
            return number.map(canonical) ?? [2] + Value.encode([value])
        case .blob: return [3] + Value.encode([value])
        }
    }

    /// Returns whether the evidence of a table is missing or no longer proves anything.
    ///
    /// - Parameter schema: The definition, in the table's own order.
    func haveFaded(
        _ table: StretchedTable, _ schema: TableSchema, _ evidence: TableEvidence?
    ) throws -> Bool {
        guard let evidence, evidence.columns == Self.columns(table, schema)
        else { return true }
        let count = evidence.witnesses.count
        if count < Self.rowCount {
            let rowCount =
                try connection.integer(
                    """
                    SELECT count(*) FROM (SELECT 1 FROM main.\(schema.name.quotedName)
                    LIMIT \(Self.rowCount))
                    """) ?? 0
            guard rowCount <= count else { return true }
        }
        guard count > 0 else { return false }
        return try compare(table.currentColumns(in: schema) ?? [], schema, evidence)
            .map { $0.foundRowCount * 2 < count } ?? true
    }

    // MARK: Comparing

    /// The result of looking for the witnesses in a table.
    struct Comparison {
        /// The number of those that are there.
        let foundRowCount: Int
        /// Whether they are enough.
        let isSameTable: Bool
        /// Pairs of a stored and a current column with the same values.
        let proved: [Int: Int]
        /// Stored columns whose values differ from those of the current column of their name.
        let doubted: Set<Int>
    }

    /// Looks for the witnesses of a table in its current definition.
    ///
    /// - Parameters:
    ///   - old: The columns as they were, in the order of the evidence.
    ///   - schema: The definition, in the table's own order.
    /// - Returns: `nil` if there are none: no evidence was recorded, or the table had no hot row.
    func compare(
        _ old: [CatalogColumn], _ schema: TableSchema, _ evidence: TableEvidence
    ) throws(SQLiteError) -> Comparison? {
        guard !evidence.witnesses.isEmpty, evidence.columns.map(\.id) == old.map(\.id) else {
            return nil
        }
        let key = Self.key(schema)
        let sameKeyCount = evidence.witnesses.allSatisfy { $0.key.count == key.count }
        var counts = Agreement(old.count, schema.columns.count)
        if sameKeyCount {
            let names = schema.columns.map { "h.\($0.name.quotedName)" }.joined(separator: ", ")
            let condition = key.enumerated().map { "\($1) = ?\($0 + 1)" }
                .joined(separator: " AND ")
            let statement = try connection.prepare(
                "SELECT \(names) FROM main.\(schema.name.quotedName) AS h WHERE \(condition)")
            for witness in evidence.witnesses {
                defer { statement.reset() }
                try statement.bind(witness.key)
                guard try statement.step() else { continue }
                let hashes = schema.columns.indices.map {
                    Self.hash(statement.column($0), evidence.salt)
                }
                counts.add(witness.hashes, hashes)
            }
        }
        return counts.comparison(
            names: old.map { column in
                schema.columns.firstIndex { $0.name.isEqualFoldingCase(column.name) }
            }, keyPlaces: evidence.columns.map { $0.keyPlace > 0 },
            sufficientRowCount: min(Self.sufficientRowCount, evidence.witnesses.count))
    }

    /// How often the values of old and new columns agree.
    private struct Agreement {
        private var rowCount = 0
        /// The number of rows in which an old column's value is that of a new column.
        private var counts: [[Int]]
        /// The different values of each old column.
        private var values: [Set<[UInt8]>]
        private var rows: [(old: [[UInt8]], new: [[UInt8]])] = []

        init(_ oldCount: Int, _ newCount: Int) {
            counts = Array(repeating: Array(repeating: 0, count: newCount), count: oldCount)
            values = Array(repeating: [], count: oldCount)
        }

        mutating func add(_ old: [[UInt8]], _ new: [[UInt8]]) {
            rowCount += 1
            rows.append((old, new))
            for (index, hash) in old.enumerated() {
                values[index].insert(hash)
                for (position, other) in new.enumerated() where hash == other {
                    counts[index][position] += 1
                }
            }
        }

        /// - Parameter names: The new column with each old column's name.
        func comparison(
            names: [Int?], keyPlaces: [Bool], sufficientRowCount: Int
        ) -> Comparison {
            let proofs = counts.indices.map { index in
                values[index].count < 2
                    ? [] : counts[index].indices.filter { isProof(counts[index][$0]) }
            }
            var proved: [Int: Int] = [:]
            for (index, positions) in proofs.enumerated() where positions.count == 1 {
                let isOnly = proofs.indices.allSatisfy {
                    $0 == index || !proofs[$0].contains(positions[0])
                }
                if isOnly { proved[index] = positions[0] }
            }
            let doubted = names.indices.filter { index in
                names[index].map { rowCount > 0 && counts[index][$0] == 0 } ?? false
            }
            let found = foundRowCount(names, keyPlaces)
            return Comparison(
                foundRowCount: found, isSameTable: found > 0 && found >= sufficientRowCount,
                proved: proved, doubted: Set(doubted))
        }

        private func isProof(_ count: Int) -> Bool { rowCount > 0 && count * 4 >= rowCount * 3 }

        /// Returns the number of rows with the key of a witness and half of its other values.
        ///
        /// Only columns that kept their names count, if there are any.
        private func foundRowCount(_ names: [Int?], _ keyPlaces: [Bool]) -> Int {
            let others = names.indices.filter { !keyPlaces[$0] }
            let kept = others.filter { names[$0] != nil }
            return rows.count { old, new in
                guard kept.isEmpty else {
                    let same = kept.count { index in
                        names[index].map { old[index] == new[$0] } ?? false
                    }
                    return same * 2 >= kept.count
                }
                return others.count { new.contains(old[$0]) } * 2 >= others.count
            }
        }
    }
}
