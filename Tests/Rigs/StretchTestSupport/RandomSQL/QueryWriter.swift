/// Writes random queries over tables with columns of every affinity, whose values do not fit them.
///
/// Their answers are determined by the rows alone: they show keys and counts.
public struct QueryWriter: Sendable {
    private var generator: SeededGenerator
    private var aliasCount = 0
    /// What a query may name: the views once they are there.
    private var relations = tables

    /// Queries that depend on the seed alone.
    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Stands before alternatives; a `+` in its place keeps SQLite from looking each up by itself,
    /// by which version 3.40 loses rows of outer joins.
    public static let alternativesMark = "/* any */ "

    /// The tables: `ta` and `tb` may be stretched, `td` stays plain.
    public static let tables = ["ta", "tb", "td"]
    private static let columns = ["t", "c", "i", "n", "r", "b", "k"]
    private static let views = ["va", "vb", "vc", "vd"]

    /// A table or a view of a FROM clause.
    private struct Source {
        let alias: String
        init(_ alias: String) { self.alias = alias }
    }

    // MARK: Schema

    /// The statements that make the tables, their rows and the views.
    public mutating func schema(rowCount: Int) -> [String] {
        var statements: [String] = []
        for table in Self.tables {
            let key = generator.choice(["id INTEGER PRIMARY KEY", "id INT PRIMARY KEY", "id INT"])
            statements.append(
                """
                CREATE TABLE \(table)(\(key), t TEXT, c TEXT COLLATE NOCASE, i INTEGER, n NUMERIC,
                r REAL, b, k TEXT COLLATE RTRIM)
                """)
            for column in ["t", "c", "i", "n", "r", "b"] where generator.isOne(in: 3) {
                statements.append("CREATE INDEX \(table)_\(column) ON \(table)(\(column))")
            }
            for id in 1...rowCount {
                let values = Self.columns.map { _ in value() }.joined(separator: ", ")
                statements.append("INSERT INTO \(table) VALUES(\(id), \(values))")
            }
        }
        statements += [
            "CREATE VIEW va AS SELECT * FROM ta WHERE \(term([Source("ta")]))",
            "CREATE VIEW vb AS SELECT * FROM tb",
            """
            CREATE VIEW vc AS SELECT x.id AS id, x.t AS t, y.c AS c, x.i AS i, y.n AS n, x.r AS r,
            y.b AS b, x.k AS k FROM ta AS x \(joinVerb()) td AS y ON \(joinTerm())
            """,
            "CREATE VIEW vd AS SELECT * FROM td UNION ALL SELECT * FROM tb",
        ]
        relations += Self.tables + Self.views
        return statements
    }

    private mutating func joinTerm() -> String {
        let sources = [Source("x"), Source("y")]
        return generator.isOne(in: 2) ? "x.id = y.id AND \(term(sources))" : term(sources)
    }

    private mutating func value() -> String {
        generator.choice([
            "NULL", "0", "1", "2", "3", "-1", "1.0", "2.5", "1e0", "9007199254740993", "''",
            "'0'", "'1'", "'1e0'", "' 2'", "'2 '", "'3.0'", "'x'", "'X'", "'abc'", "'ABC'",
            "'a%'", "'ab '", "'0x10'", "'-1'", "x''", "x'31'", "x'616263'", "'ä'", "'9'", "':'",
        ])
    }

    // MARK: Queries

    /// The next query.
    public mutating func next() -> String {
        aliasCount = 0
        let (from, sources) = fromClause()
        let condition = generator.isOne(in: 4) ? "" : " WHERE \(condition(sources))"
        switch generator.integer(0...5) {
        case 0...1: return "SELECT count(*) FROM \(from)\(condition)"
        case 2:
            let counted = column(sources)
            return "SELECT count(\(counted)), count(*) FROM \(from)\(condition)"
        case 3:
            let source = generator.choice(sources)
            return "SELECT \(source.alias).id, count(*) FROM \(from)\(condition) GROUP BY 1"
        default:
            let keys = sources.map { "\($0.alias).id" }.joined(separator: ", ")
            return "SELECT \(keys) FROM \(from)\(condition)"
        }
    }

    private mutating func source() -> (text: String, source: Source) {
        aliasCount += 1
        let alias = "q\(aliasCount)"
        let name = generator.choice(relations)
        if generator.isOne(in: 12) {
            let inner = Source("s")
            return (
                "(SELECT * FROM \(name) AS s WHERE \(term([inner]))) AS \(alias)", Source(alias)
            )
        }
        return ("\(name) AS \(alias)", Source(alias))
    }

    private mutating func fromClause() -> (String, [Source]) {
        var (text, first) = source()
        var sources = [first]
        for _ in 0..<generator.choice([0, 0, 0, 1, 1, 1, 1, 2]) {
            let (next, source) = source()
            sources.append(source)
            if generator.isOne(in: 6) {
                text += ", \(next)"
                continue
            }
            // Most joins by a key, so that answers stay small.
            let key =
                generator.isOne(in: 3)
                ? "" : "\(sources[sources.count - 2].alias).id = \(source.alias).id AND "
            text += " \(joinVerb()) \(next) ON \(key)\(condition(sources))"
        }
        return (text, sources)
    }

    private mutating func joinVerb() -> String {
        generator.choice([
            "JOIN", "CROSS JOIN", "LEFT JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN",
        ])
    }

    // MARK: Conditions

    private mutating func condition(_ sources: [Source]) -> String {
        var terms = [term(sources)]
        while terms.count < 4, generator.isOne(in: 2) { terms.append(term(sources)) }
        return generator.isOne(in: 5)
            ? "\(Self.alternativesMark)(\(terms.joined(separator: " OR ")))"
            : terms.joined(separator: " AND ")
    }

    private mutating func term(_ sources: [Source]) -> String {
        let left = column(sources)
        switch generator.integer(0...15) {
        case 0...4:
            let verb = generator.choice([
                "=", "=", "==", "<>", "<", "<=", ">", ">=", "IS", "IS NOT",
            ])
            return "\(left) \(verb) \(operand(sources))\(collation())"
        case 5...6:
            let verb = generator.choice(["LIKE", "LIKE", "GLOB", "NOT LIKE"])
            let pattern = generator.choice(["'a%'", "'A%'", "'a*'", "'%'", "'_'", "'1%'", "'ab%'"])
            return "\(left) \(verb) \(pattern)"
        case 7: return "\(left) \(generator.choice(["IS NULL", "NOTNULL", "IS NOT NULL"]))"
        case 8: return "\(left) BETWEEN \(operand(sources)) AND \(operand(sources))"
        case 9:
            let verb = generator.choice(["IN", "IN", "NOT IN"])
            return "\(left) \(verb) (\(value()), \(value()), \(operand(sources)))"
        case 10: return "\(left) \(generator.choice(["IN", "NOT IN"])) (\(list(1)))"
        case 11:
            let pair = "(\(left), \(column(sources)))"
            return generator.isOne(in: 4)
                ? "\(pair) \(generator.choice(["<", ">=", "="])) (\(value()), \(operand(sources)))"
                : "\(pair) \(generator.choice(["IN", "IN", "NOT IN"])) (\(list(2)))"
        case 12...13: return exists(sources)
        case 14: return "NOT (\(left) \(generator.choice(["=", "<", "IS"])) \(operand(sources)))"
        default:
            return "\(left) < (SELECT max(z.\(generator.choice(Self.columns))) "
                + "FROM \(generator.choice(Self.tables)) AS z WHERE z.id < 5)"
        }
    }

    private mutating func exists(_ sources: [Source]) -> String {
        aliasCount += 1
        let inner = Source("e\(aliasCount)")
        let outer = generator.choice(sources)
        let name = generator.choice(relations)
        let comparison = generator.choice(["=", "<", ">", "IS"])
        return generator.choice(["EXISTS", "NOT EXISTS"])
            + " (SELECT 1 FROM \(name) AS \(inner.alias) WHERE \(column([inner])) \(comparison) "
            + "\(column([outer])) AND \(simpleTerm(inner)))"
    }

    private mutating func simpleTerm(_ source: Source) -> String {
        "\(column([source])) \(generator.choice(["=", "<", ">=", "IS NOT"])) \(value())"
    }

    private mutating func list(_ columnCount: Int) -> String {
        let columns = (0..<columnCount).map { _ in generator.choice(Self.columns) }
        let name = generator.choice(relations)
        let condition = generator.isOne(in: 2) ? "" : " WHERE z.id < \(generator.integer(2...9))"
        let output = columns.map { "z.\($0)" }.joined(separator: ", ")
        return "SELECT \(output) FROM \(name) AS z\(condition)"
    }

    private mutating func column(_ sources: [Source]) -> String {
        let source = generator.choice(sources)
        let name = "\(source.alias).\(generator.choice(["id"] + Self.columns))"
        return generator.isOne(in: 14) ? "+\(name)" : name
    }

    private mutating func operand(_ sources: [Source]) -> String {
        switch generator.integer(0...5) {
        case 0...2: return value()
        case 3: return "CAST(\(value()) AS \(generator.choice(["TEXT", "INTEGER", "NUMERIC"])))"
        default: return column(sources)
        }
    }

    private mutating func collation() -> String {
        guard generator.isOne(in: 6) else { return "" }
        return " COLLATE \(generator.choice(["BINARY", "NOCASE", "RTRIM"]))"
    }
}
