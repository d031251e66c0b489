internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// The definition of a relation on the server.
final class PostgresRelation {
    /// A column of the relation.
    struct Column {
        let id: Int64
        /// The column's number in its relation, starting at 1; never reused.
        let number: Int
        /// The column's name in SQL, quoted.
        let name: String
        let type: ColumnType
        let defaultValue: Value
        /// Whether any row has a value in `_x` for it.
        let hasMisfits: Bool
    }

    /// A column under a collation, by which an index finds rows.
    struct Term: Hashable {
        let column: Int64
        let collation: Collation
    }

    let id: Int64
    /// The name of the table of rows in SQL, with its schema, quoted.
    let table: String
    /// A number that changes with the definition and when batches are collected.
    let generation: Int64
    /// The number of batches of the relation when the definition was read.
    let batchCount: Int64
    let hasIndexes: Bool
    let columns: [Int64: Column]
    /// The columns, ordered by number.
    let orderedColumns: [Column]
    /// For each index term, the number of characters or bytes that the index contains.
    let prefixLengths: [Term: Int]
    /// The first terms of the indexes.
    let leadingTerms: Set<Term>
    let indexNames: Set<String>

    init(
        id: Int64, table: String, generation: Int64, batchCount: Int64, hasIndexes: Bool,
        columns: [Column], prefixLengths: [Term: Int], leadingTerms: Set<Term>,
        indexNames: Set<String>
    ) {
        self.id = id
        self.table = table
        self.generation = generation
        self.batchCount = batchCount
        self.hasIndexes = hasIndexes
        self.columns = Dictionary(columns.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        orderedColumns = columns.sorted { $0.number < $1.number }
        self.prefixLengths = prefixLengths
        self.leadingTerms = leadingTerms
        self.indexNames = indexNames
    }

    /// Returns the column with an id.
    ///
    /// - Throws: `schemaMismatch` when the relation has none.
    func column(_ id: Int64) throws -> Column {
        guard let column = columns[id] else {
            throw StretchError(
                .schemaMismatch, "the remote's relation \(self.id) has no column \(id)",
                hint: "Provision the relation with the column first.")
        }
        return column
    }

    // MARK: Loading

    /// The valid column numbers, which have two bytes in `_x`.
    private static let columnNumbers: ClosedRange<Int64> = 1...0xffff

    /// Returns statements that read a definition.
    static func query(_ id: Int64, schema: String) -> String {
        """
        SELECT number, table_name, generation, batch_count, has_indexes
        FROM \(schema).stretch_relation WHERE id = \(id);
        SELECT id, number, column_name, type, default_value, has_misfits
        FROM \(schema).stretch_column WHERE relation = \(id);
        SELECT name, column_id, collation_name, prefix_length, position
        FROM \(schema).stretch_index WHERE relation = \(id)
        """
    }

    /// Creates a definition from the results of ``query(_:schema:)``; `nil` if there is none.
    static func make(
        _ id: Int64, schema: String, _ results: [PostgresResult]
    ) throws -> PostgresRelation? {
        guard results.count == 3 else { throw DamagedRow() }
        let (row, columnRows, indexRows) = (results[0], results[1], results[2])
        guard row.rowCount == 1 else { return nil }
        let columns = try (0..<columnRows.rowCount).map { index in
            guard let column = columnRows.integer(index, 0),
                let number = columnRows.count(index, 1), columnNumbers.contains(number),
                let name = columnRows.text(index, 2),
                let type = columnRows.text(index, 3).flatMap(ColumnType.init(rawValue:)),
                let value = columnRows.bytes(index, 4).flatMap(Value.decode)?.first
            else { throw DamagedRow() }
            return Column(
                id: column, number: Int(number), name: name.quotedName, type: type,
                defaultValue: value, hasMisfits: columnRows.bool(index, 5))
        }
        var (prefixLengths, leadingTerms): ([Term: Int], Set<Term>) = ([:], [])
        var names: Set<String> = []
        for index in 0..<indexRows.rowCount {
            guard let name = indexRows.text(index, 0), let column = indexRows.integer(index, 1),
                let collation = indexRows.text(index, 2).flatMap(Collation.init(rawValue:)),
                let length = indexRows.count(index, 3), let place = indexRows.count(index, 4),
                (1...600).contains(length)
            else { throw DamagedRow() }
            names.insert(name)
            let term = Term(column: column, collation: collation)
            prefixLengths[term] = Int(length)
            if place == 0 { leadingTerms.insert(term) }
        }
        guard let table = row.text(0, 1), let generation = row.count(0, 2),
            let batchCount = row.count(0, 3)
        else { throw DamagedRow() }
        return PostgresRelation(
            id: id, table: "\(schema).\(table.quotedName)", generation: generation,
            batchCount: batchCount, hasIndexes: row.bool(0, 4), columns: columns,
            prefixLengths: prefixLengths, leadingTerms: leadingTerms, indexNames: names)
    }
}

/// Values in PostgreSQL's SQL.
enum ServerSQL {
    /// Returns a text as a literal, for statements without parameters: definitions and COPY.
    ///
    /// It is independent of `standard_conforming_strings`; the text must not contain NUL.
    static func literal(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text.quoted(by: "'") }
        return "E" + text.substituting("\\", with: "\\\\").quoted(by: "'")
    }

    /// Returns bytes as a literal.
    static func literal(_ bytes: some Sequence<UInt8>) -> String {
        "E'\\\\x\(Hexadecimal.digits(bytes))'::bytea"
    }

    /// Returns a text as an item of an array's text form:
    /// <https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO>.
    static func item(_ text: String) -> String {
        "\"\(text.substituting("\\", with: "\\\\").substituting("\"", with: "\\\""))\""
    }

    /// Returns the text form of a value that a type can store.
    static func text(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): value.description
        case .text(let text): text.description
        case .blob(let bytes): "\\x" + Hexadecimal.digits(bytes)
        }
    }
}
