extension RandomTable {
    /// Draws a definition.
    ///
    /// - Parameters:
    ///   - name: The table's name, used in quotation marks; it must not hold one.
    ///   - keyKind: How rows are identified; `nil` draws it.
    ///   - isStrict: Whether the table is STRICT; `nil` draws it.
    ///   - generator: Gives the same definition for the same state.
    public init(
        named name: String, keyKind: KeyKind? = nil, isStrict: Bool? = nil,
        using generator: inout SeededGenerator
    ) {
        let keyKind = keyKind ?? generator.choice(KeyKind.allCases)
        let isStrict = isStrict ?? generator.isOne(in: 4)
        var draft = TableDraft(isStrict: isStrict, keyKind: keyKind, generator: generator)
        let keyColumns = draft.makeKeyColumns()
        var columns = keyColumns
        for index in 1...draft.generator.integer(1...6) { columns.append(draft.column(index)) }
        if draft.generator.isOne(in: 3) { columns.append(draft.generatedColumn(from: columns)) }
        // Sometimes the key is not in front.
        if keyColumns.count == 1, draft.generator.isOne(in: 5) {
            columns.insert(columns.removeFirst(), at: 1)
        }
        let table = draft.createTable(name, columns)
        let indexes = (0..<draft.generator.integer(0...3)).map { number in
            draft.createIndex("\(name)_\(number)", on: name, columns)
        }
        generator = draft.generator
        self.name = name
        self.keyKind = keyKind
        self.isStrict = isStrict
        self.columns = columns
        createStatements = [table] + indexes
    }
}

/// The choices behind one table definition.
private struct TableDraft {
    let isStrict: Bool
    let keyKind: RandomTable.KeyKind
    var generator: SeededGenerator

    private static let names = ["Order", "a b", "quo\"te", "größe", "Value", "x.y", "group"]
    private static let strictTypes = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"]
    private static let types = [
        "INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "", "VARCHAR(10)", "DECIMAL(10,2)",
        "BOOLEAN", "DATETIME",
    ]

    private var isWithoutRowID: Bool {
        keyKind == .withoutRowIDTextKey || keyKind == .withoutRowIDCompositeKey
    }

    // MARK: Columns

    mutating func makeKeyColumns() -> [RandomTable.Column] {
        switch keyKind {
        case .noKey: return []
        case .integerKey, .autoincrementKey:
            return [makeColumn("id", "INTEGER", isKey: true, isRowIDAlias: true)]
        case .textKey, .withoutRowIDTextKey: return [keyColumn("code", "TEXT")]
        case .compositeKey, .withoutRowIDCompositeKey:
            return (1...generator.integer(2...3)).map { keyColumn("k\($0)", randomType()) }
        }
    }

    private mutating func keyColumn(_ name: String, _ type: String) -> RandomTable.Column {
        let isText = RandomTable.Affinity(declaredType: type) == .text
        return makeColumn(
            name, type, collation: isText ? randomCollation() : "BINARY",
            isNotNull: isWithoutRowID || isStrict || generator.isOne(in: 2), isKey: true)
    }

    mutating func column(_ index: Int) -> RandomTable.Column {
        let type = randomType()
        let affinity = RandomTable.Affinity(declaredType: type)
        let name =
            generator.isOne(in: 6) ? "\(generator.choice(TableDraft.names))\(index)" : "c\(index)"
        let isNotNull = generator.isOne(in: 4)
        let hasDefault = isNotNull || generator.isOne(in: 3)
        let quotedName =
            "\""
            + name.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
        return makeColumn(
            name, type, collation: affinity == .text ? randomCollation() : "BINARY",
            isNotNull: isNotNull, defaultExpression: hasDefault ? randomDefault(type) : nil,
            check: generator.isOne(in: 5) ? randomCheck(quotedName) : nil)
    }

    mutating func generatedColumn(from columns: [RandomTable.Column]) -> RandomTable.Column {
        let name = generator.choice(columns).quotedName
        // An expression per type that fits it, so that STRICT tables accept the result.
        let (type, expression) = generator.choice([
            ("INTEGER", "length(coalesce(\(name), ''))"), ("INTEGER", "\(name) IS NULL"),
            ("TEXT", "typeof(\(name)) || '-' || substr(hex(\(name)), 1, 6)"),
            ("TEXT", "lower(quote(\(name)))"), (isStrict ? "ANY" : "", name),
        ])
        let storage = generator.choice(["STORED", "VIRTUAL"])
        return makeColumn("computed", type, generation: "(\(expression)) \(storage)")
    }

    private func makeColumn(
        _ name: String, _ type: String, collation: String = "BINARY", isNotNull: Bool = false,
        defaultExpression: String? = nil, generation: String? = nil, check: String? = nil,
        isKey: Bool = false, isRowIDAlias: Bool = false
    ) -> RandomTable.Column {
        RandomTable.Column(
            name: name, declaredType: type, affinity: .init(declaredType: type),
            collation: collation, isGenerated: generation != nil, isNotNull: isNotNull,
            defaultExpression: defaultExpression, generation: generation, check: check,
            isKey: isKey, isRowIDAlias: isRowIDAlias, isStrict: isStrict)
    }

    private mutating func randomType() -> String {
        generator.choice(isStrict ? TableDraft.strictTypes : TableDraft.types)
    }

    private mutating func randomCollation() -> String {
        generator.choice(["BINARY", "BINARY", "NOCASE", "NOCASE", "RTRIM"])
    }

    private mutating func randomDefault(_ type: String) -> String {
        let integers = ["0", "7", "-1", "(1 + 1)"]
        let reals = ["0.5", "-2.0", "1e3", "(3 * 0.5)"]
        let texts = ["''", "'new'", "'7'", "(lower('ABC'))"]
        let blobs = ["x''", "x'00ff'"]
        guard isStrict else { return generator.choice(integers + reals + texts + blobs) }
        switch type {
        case "INT", "INTEGER": return generator.choice(integers)
        case "REAL": return generator.choice(integers + reals)
        case "TEXT": return generator.choice(texts)
        case "BLOB": return generator.choice(blobs)
        default: return generator.choice(integers + reals + texts + blobs)
        }
    }

    private mutating func randomCheck(_ name: String) -> String {
        generator.choice([
            "length(\(name)) < 50", "\(name) IS NOT 13", "\(name) <> 'forbidden'",
            "coalesce(\(name), 0) <> -3", "typeof(\(name)) <> 'blob' OR length(\(name)) < 8",
        ])
    }

    // MARK: Statements

    mutating func createTable(_ name: String, _ columns: [RandomTable.Column]) -> String {
        var parts = columns.map(definition)
        let keyColumns = columns.filter(\.isKey)
        if !keyColumns.isEmpty, !keyColumns.contains(where: \.isRowIDAlias) {
            let terms = keyColumns.map { $0.quotedName + (generator.isOne(in: 6) ? " DESC" : "") }
            parts.append("PRIMARY KEY (\(terms.joined(separator: ", ")))")
        }
        let options = [isWithoutRowID ? "WITHOUT ROWID" : nil, isStrict ? "STRICT" : nil]
        return "CREATE TABLE \"\(name)\" (\(parts.joined(separator: ", "))) "
            + options.compactMap { $0 }.joined(separator: ", ")
    }

    private func definition(_ column: RandomTable.Column) -> String {
        var parts = [column.quotedName, column.declaredType]
        if column.isRowIDAlias { parts.append("PRIMARY KEY") }
        if column.isRowIDAlias, keyKind == .autoincrementKey { parts.append("AUTOINCREMENT") }
        if column.collation != "BINARY" { parts.append("COLLATE \(column.collation)") }
        if column.isNotNull { parts.append("NOT NULL") }
        if let expression = column.defaultExpression { parts.append("DEFAULT \(expression)") }
        if let check = column.check { parts.append("CHECK (\(check))") }
        if let generation = column.generation { parts.append("AS \(generation)") }
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    mutating func createIndex(
        _ index: String, on table: String, _ columns: [RandomTable.Column]
    ) -> String {
        let column = generator.choice(columns)
        let other = generator.choice(columns.filter { !$0.isRowIDAlias } + [column])
        let (terms, condition) = generator.choice([
            (column.quotedName, ""), ("\(column.quotedName) DESC", ""),
            ("\(column.quotedName), \(other.quotedName) DESC", ""),
            ("\(column.quotedName) COLLATE NOCASE", ""),
            (column.quotedName, " WHERE \(other.quotedName) IS NOT NULL"),
            (column.quotedName, " WHERE \(other.quotedName) > 5"),
            ("length(\(column.quotedName))", ""), ("lower(\(column.quotedName))", ""),
        ])
        return "CREATE INDEX \"\(index)\" ON \"\(table)\" (\(terms))\(condition)"
    }
}

extension RandomTable.Affinity {
    /// The affinity of a declared type: <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
    init(declaredType: String) {
        switch declaredType {
        case "INT", "INTEGER": self = .integer
        case "TEXT", "VARCHAR(10)": self = .text
        case "BLOB", "", "ANY": self = .blob
        case "REAL": self = .real
        case "NUMERIC", "DECIMAL(10,2)", "BOOLEAN", "DATETIME": self = .numeric
        default: preconditionFailure("not a type of the random schema: \(declaredType)")
        }
    }
}
