/// A name in a script, without its quotes, and its position.
public struct Identifier: Equatable, Sendable, CustomStringConvertible {
    /// The name; that of a variable includes its `@`.
    public let name: String
    /// The position of the name.
    public let position: SourcePosition

    /// Creates an identifier.
    public init(_ name: String, at position: SourcePosition) {
        self.name = name
        self.position = position
    }

    /// The name.
    public var description: String { name }
}

/// The name of an object: `name`, `schema.name`, or `database.schema.name`.
public struct ObjectName: Equatable, Sendable, CustomStringConvertible {
    /// The database, or `nil`.
    public let database: String?
    /// The schema, or `nil`; an empty one, as in `database..name`, is also `nil`.
    public let schema: String?
    /// The object.
    public let name: String
    /// The start of the name.
    public let position: SourcePosition

    /// The name with its written qualifiers.
    public var description: String {
        [database, schema, name].compactMap { $0 }.joined(separator: ".")
    }
}

/// A text operand of a statement: a constant or a variable.
public enum TextOperand: Equatable, Sendable {
    /// A string, or a name where one is allowed.
    case text(String, at: SourcePosition)
    /// A variable.
    case variable(Identifier)
}

/// The database of a statement.
public enum DatabaseName: Equatable, Sendable {
    /// `CURRENT`, or no name at all.
    case current
    /// A name.
    case named(Identifier)
    /// A name in a variable, in `BACKUP` and `RESTORE`.
    case variable(Identifier)
}
