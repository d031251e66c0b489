internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// Builds the conditions of a scan in SQL.
///
/// Operators, functions and types are schema-qualified, because a point read is a single statement
/// without a search path set.
struct ConditionBuilder {
    /// The maximum number of constraints; others are omitted, and the caller checks again.
    static let maximumConstraintCount = 500
    /// The maximum length of a list; longer lists are omitted.
    static let maximumListCount = 100_000

    let relation: PostgresRelation
    /// Whether values are parameters; otherwise they are literals.
    let usesParameters: Bool
    private(set) var conditions: [String] = []
    private(set) var parameters: [String] = []
    /// Whether the conditions are equivalent to the constraints.
    private(set) var isExact = true
    /// Whether an equality or a list selects rows with an index.
    private(set) var isPoint = false
    /// Whether all conditions are equalities with one value.
    private(set) var isRepeatable = true

    init(_ relation: PostgresRelation, parameters: [String]?) {
        self.relation = relation
        usesParameters = parameters != nil
        self.parameters = parameters ?? []
    }

    /// Returns the parameters with which a point read checks the fence; they come first.
    static func fence(_ position: TimelinePosition, _ relation: PostgresRelation) -> [String] {
        [position.branch, position.epoch, position.token, relation.id].map(String.init)
    }
    static let fenceParameterCount = 4

    mutating func add(_ constraint: ColdConstraint) throws {
        let column = try relation.column(constraint.column)
        guard conditions.count < ConditionBuilder.maximumConstraintCount else {
            isExact = false
            return
        }
        if column.hasMisfits {
            isExact = false
            isRepeatable = false
        }
        switch constraint.comparison {
        case .isNull:
            conditions.append("\(column.name) IS NULL")
            isRepeatable = false
        case .isNotNull:
            let others = column.hasMisfits ? " OR _x IS NOT NULL" : ""
            conditions.append("(\(column.name) IS NOT NULL\(others))")
            isRepeatable = false
        default:
            let condition = ColumnCondition(
                constraint.comparison, type: column.type, collation: constraint.collation)
            let fitting = self.fitting(condition, column, constraint)
            let misfits = "(\(column.name) IS NULL AND _x IS NOT NULL)"
            conditions.append(column.hasMisfits ? "(\(fitting) OR \(misfits))" : fitting)
        }
    }

    /// Returns the condition for rows whose value is stored in the column.
    private mutating func fitting(
        _ condition: ColumnCondition, _ column: PostgresRelation.Column,
        _ constraint: ColdConstraint
    ) -> String {
        let term = PostgresRelation.Term(
            column: constraint.column, collation: constraint.collation)
        let collated = column.collated(constraint.collation)
        let length = relation.prefixLengths[term]
        let indexed = length.map {
            column.indexed(constraint.collation, prefixLength: $0)
        }
        let prefix = indexed.flatMap { $0.isSameText(as: collated) ? nil : $0 }
        switch condition {
        case .all: return "\(column.name) IS NOT NULL"
        case .none: return "false"
        case .prefix(let prefix):
            isRepeatable = false
            return range(prefix, of: column, anyCase: constraint.collation == .nocase)
        case .unknown:
            isExact = false
            return "\(column.name) IS NOT NULL"
        case .compare(let sign, let value):
            isRepeatable = false
            let exact = "\(collated) \(sign.sql) \(add(value, column.type))"
            guard let prefix, let length else { return exact }
            // A prefix is not greater than its text, so the index finds a superset.
            let cut = add(value.prefix(length), column.type)
            return "(\(prefix) \(sign.orEqual.sql) \(cut) AND \(exact))"
        case .list(let values):
            guard values.count <= ConditionBuilder.maximumListCount else {
                isExact = false
                return "\(column.name) IS NOT NULL"
            }
            if relation.leadingTerms.contains(term) { isPoint = true }
            if values.count > 1 { isRepeatable = false }
            let exact = "\(collated) \(Comparison.equal.sql) \(add(values, column.type))"
            guard let prefix, let length else { return exact }
            let cuts = Array(Set(values.map { $0.prefix(length) }))
            return "(\(prefix) \(Comparison.equal.sql) \(add(cuts, column.type)) AND \(exact))"
        }
    }

    /// Returns a prefix's range and, for any case, also the range of folded texts, since either may
    /// be indexed.
    private mutating func range(
        _ prefix: TextPrefix, of column: PostgresRelation.Column, anyCase: Bool
    ) -> String {
        let binary = range(prefix.range(anyCase: anyCase), of: column, .binary)
        guard anyCase else { return binary }
        return "\(binary) AND \(range(prefix.folded.range(), of: column, .nocase))"
    }

    private mutating func range(
        _ range: (first: Text, end: Text), of column: PostgresRelation.Column,
        _ collation: Collation
    ) -> String {
        let (first, end) = (Value.text(range.first), Value.text(range.end))
        let collated = column.collated(collation)
        let (from, below) = (Comparison.greaterOrEqual.sql, Comparison.less.sql)
        var condition = """
            \(collated) \(from) \(add(first, .text)) AND \(collated) \(below) \(add(end, .text))
            """
        let term = PostgresRelation.Term(column: column.id, collation: collation)
        if let length = relation.prefixLengths[term] {
            let indexed = column.indexed(collation, prefixLength: length)
            condition += """
                 AND \(indexed) \(from) \(add(first.prefix(length), .text)) \
                AND \(indexed) \(below) \(add(end, .text))
                """
        }
        return condition
    }

    private mutating func add(_ value: Value, _ type: ColumnType) -> String {
        add(text: ServerSQL.text(value), cast: type.cast)
    }

    private mutating func add(_ values: [Value], _ type: ColumnType) -> String {
        if values.count == 1 { return add(values[0], type) }
        let items = values.map { value -> String in
            switch value {
            case .text, .blob: return ServerSQL.item(ServerSQL.text(value))
            default: return ServerSQL.text(value)
            }
        }
        return "ANY(\(add(text: "{\(items.joined(separator: ","))}", cast: type.cast + "[]")))"
    }

    private mutating func add(text: String, cast: String) -> String {
        guard usesParameters else { return "\(ServerSQL.literal(text))::\(cast)" }
        parameters.append(text)
        return "$\(parameters.count)::\(cast)"
    }
}

extension Value {
    /// Returns the first characters of a text, or bytes of a blob, as truncated by the server.
    func prefix(_ length: Int) -> Value {
        switch self {
        case .text(let text):
            // `left` counts code points.
            let scalars = text.description.unicodeScalars.prefix(length)
            return .text(String(String.UnicodeScalarView(scalars)))
        case .blob(let bytes): return .blob(Array(bytes.prefix(length)))
        default: return self
        }
    }
}
