public import StretchCore
public import StretchSQLite
internal import StretchText

/// Values for the parameters of one statement, in order or by name.
///
/// ```swift
/// try database.query("SELECT * FROM orders WHERE status = ?", arguments: [status])
/// try database.query(
///     "SELECT * FROM orders WHERE status = :status AND day < :day",
///     arguments: ["status": status, "day": Date.now])
/// ```
///
/// Every parameter needs a value, and every value a parameter. The name `day` matches `:day`,
/// `@day` and `$day`.
public struct StatementArguments: Sendable, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    private enum Content {
        case ordered([StretchSQLite.Value])
        case named([ExactText: StretchSQLite.Value])
    }
    private let content: Content

    /// Creates arguments in the order of the parameters.
    public init(_ values: [StretchSQLite.Value]) { content = .ordered(values) }

    /// Creates arguments by parameter name.
    public init(_ values: [String: StretchSQLite.Value]) {
        self.init(named: values.map { ($0.key, $0.value) })
    }

    /// Creates arguments in the order of the parameters.
    public init(arrayLiteral elements: (any ValueConvertible)?...) {
        self.init(elements.map { $0?.sqliteValue ?? .null })
    }

    /// Creates arguments by parameter name; each name may occur only once.
    public init(dictionaryLiteral elements: (String, (any ValueConvertible)?)...) {
        self.init(named: elements.map { ($0, $1?.sqliteValue ?? .null) })
    }

    /// Creates arguments from the properties of a value, by coding key.
    ///
    /// - Throws: `invalidArgument` for a value that is not a single row, such as an array, and for
    ///   a property that is not a single value.
    public init(encoding value: some Encodable) throws(StretchError) {
        self.init(named: try RowEncoder.encode(value))
    }

    private init(named pairs: [(String, StretchSQLite.Value)]) {
        content = .named(
            Dictionary(uniqueKeysWithValues: pairs.map { (ExactText($0), $1) }))
    }
}

// MARK: - Binding

extension Statement {
    /// Binds a value to every parameter.
    ///
    /// - Throws: `invalidArgument` if a parameter has no value or a value has no parameter.
    public func bind(arguments: StatementArguments) throws(StretchError) {
        try arguments.bind(to: self)
    }
}

extension StatementArguments {
    fileprivate func bind(to statement: Statement) throws(StretchError) {
        let values =
            switch content {
            case .ordered(let values): try inOrder(values, statement)
            case .named(let values): try byName(values, statement)
            }
        do {
            try statement.bind(values)
        } catch {
            throw StretchError(local: error)
        }
    }

    private func inOrder(
        _ values: [StretchSQLite.Value], _ statement: Statement
    ) throws(StretchError) -> [StretchSQLite.Value] {
        let count = statement.parameterCount
        guard values.count == count else {
            throw StretchError(
                .invalidArgument,
                "the statement's parameters are \(count), the values given \(values.count)",
                hint: "Give one value for each parameter.")
        }
        return values
    }

    private func byName(
        _ values: [ExactText: StretchSQLite.Value], _ statement: Statement
    ) throws(StretchError) -> [StretchSQLite.Value] {
        let names = try Self.names(of: statement)
        let unknown = values.keys.filter { !names.contains($0) }.map(\.text)
        guard unknown.isEmpty else {
            throw StretchError(
                .invalidArgument, "the statement has no parameter \(Self.list(unknown))",
                hint: names.isEmpty
                    ? "It has no parameters." : "It has: \(Self.list(names.map(\.text))).")
        }
        let missing = names.filter { values[$0] == nil }.map(\.text)
        guard missing.isEmpty else {
            throw StretchError(
                .invalidArgument, "parameter \(Self.list(missing)) has no value",
                hint: "Give a value for each parameter, nil for NULL.")
        }
        return names.map { values[$0] ?? .null }
    }

    /// The parameters' names, without their first character.
    private static func names(of statement: Statement) throws(StretchError) -> [ExactText] {
        var names: [ExactText] = []
        for index in 1..<(statement.parameterCount + 1) {
            guard let name = statement.parameterName(index), !name.beginsWith("?") else {
                throw StretchError(
                    .invalidArgument,
                    "parameter \(index) has no name, and values were given by name",
                    hint: "Name each parameter, such as :day, or give the values in order.")
            }
            names.append(ExactText(String(name.unicodeScalars.dropFirst())))
        }
        return names
    }

    private static func list(_ names: [String]) -> String {
        var seen: Set<ExactText> = []
        return names.filter { seen.insert(ExactText($0)).inserted }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
