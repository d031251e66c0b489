internal import StretchEndpoint
internal import StretchSQLite

/// A comparison operator of the server.
enum Comparison: String {
    case equal = "="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    init(isLess: Bool, orEqual: Bool) {
        self = isLess ? (orEqual ? .lessOrEqual : .less) : (orEqual ? .greaterOrEqual : .greater)
    }

    /// The comparison or, if it is strict, its form that includes equality.
    var orEqual: Comparison {
        switch self {
        case .less: .lessOrEqual
        case .greater: .greaterOrEqual
        default: self
        }
    }

    /// The operator in SQL, with its schema.
    var sql: String { "OPERATOR(pg_catalog.\(rawValue))" }
}

/// The condition of a comparison on the values that a column's type can store.
enum ColumnCondition {
    /// Every value but NULL meets it.
    case all
    /// No value meets it.
    case none
    /// Values that compare in this way meet it; exact.
    case compare(Comparison, Value)
    /// Values in the list meet it; exact.
    case list([Value])
    /// Texts with this prefix meet it; exact.
    case prefix(TextPrefix)
    /// Every value but NULL may meet it; the caller must check.
    case unknown

    /// - Parameter collation: The collation of the column's texts.
    init(_ comparison: ColdConstraint.Comparison, type: ColumnType, collation: Collation) {
        switch comparison {
        case .isNull, .isNotNull: self = .unknown
        case .equal(let value):
            self = ColumnCondition.equal(value, type, collation).map { .list([$0]) } ?? .none
        case .oneOf(let values):
            let held = values.compactMap { ColumnCondition.equal($0, type, collation) }
            self = held.isEmpty ? .none : .list(Array(Set(held)))
        case .less(let value): self.init(value, isLess: true, orEqual: false, type, collation)
        case .lessOrEqual(let value): self.init(value, isLess: true, orEqual: true, type, collation)
        case .greater(let value): self.init(value, isLess: false, orEqual: false, type, collation)
        case .greaterOrEqual(let value):
            self.init(value, isLess: false, orEqual: true, type, collation)
        case .prefix(let prefix): self = type == .text ? .prefix(prefix) : .all
        }
    }

    private static func rank(_ value: Value) -> Int {
        switch value {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        case .blob: 3
        }
    }

    /// Returns the only value of the type that equals a value, in the form for comparisons.
    static func equal(_ value: Value, _ type: ColumnType, _ collation: Collation) -> Value? {
        guard rank(value) == type.rank else { return nil }
        switch (type, value) {
        case (.integer, .real(let real)): return Int64(exactly: real).map { .integer($0) }
        case (.real, .integer(let integer)), (.number, .integer(let integer)):
            return Double(exactly: integer).map { .real($0) }
        case (.real, .real(let real)), (.number, .real(let real)):
            // The server also considers 0.0 and -0.0 equal.
            return real.isNaN ? nil : .real(real == 0 ? 0 : real)
        case (.text, .text(let text)):
            return ServerText.string(text.collated(collation)).map { .text($0) }
        default: return value
        }
    }

    private init(
        _ value: Value, isLess: Bool, orEqual: Bool, _ type: ColumnType, _ collation: Collation
    ) {
        let sign = Comparison(isLess: isLess, orEqual: orEqual)
        let rank = ColumnCondition.rank(value)
        guard rank == type.rank else {
            // A comparison with NULL is never true; otherwise the storage classes decide.
            self = rank == 0 ? .none : (rank > type.rank) == isLess ? .all : .none
            return
        }
        switch (type, value) {
        case (.integer, .real(let real)):
            self.init(real, isLess: isLess, sign)
        case (.real, .integer(let integer)), (.number, .integer(let integer)):
            self.init(integer, isLess: isLess, sign)
        case (_, .real(let real)) where real.isNaN: self = .none
        case (.text, .text(let text)):
            guard let string = ServerText.string(text.collated(collation)) else {
                self = .unknown
                return
            }
            self = .compare(sign, .text(string))
        default: self = .compare(sign, value)
        }
    }

    /// Compares integers with a real, by an exact bound.
    private init(_ real: Double, isLess: Bool, _ sign: Comparison) {
        guard !real.isNaN else {
            self = .none
            return
        }
        let bound = isLess ? real.rounded(.up) : real.rounded(.down)
        if let exact = Int64(exactly: real) {
            self = .compare(sign, .integer(exact))
        } else if let integer = Int64(exactly: bound) {
            // For a real between two integers, the strict bound is the next integer.
            self = .compare(isLess ? .less : .greater, .integer(integer))
        } else {
            self = (real > 0) == isLess ? .all : .none
        }
    }

    /// Compares reals with an integer, by the nearest reals on both sides.
    private init(_ integer: Int64, isLess: Bool, _ sign: Comparison) {
        if let exact = Double(exactly: integer) {
            self = .compare(sign, .real(exact))
            return
        }
        let near = Double(integer)
        let isAbove = near >= 0x1p63 || Int64(near) > integer
        let (below, above) = isAbove ? (near.nextDown, near) : (near, near.nextUp)
        self = .compare(
            isLess ? .lessOrEqual : .greaterOrEqual, .real(isLess ? below : above))
    }
}
