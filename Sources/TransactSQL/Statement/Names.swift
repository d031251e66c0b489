/// A name in a script, without its quotes, and where it stands.
public struct Identifier: Equatable, Sendable, CustomStringConvertible {
    /// The name; of a variable with its `@`.
    public let name: String
    /// Where it stands.
    public let position: SourcePosition

    /// Makes an identifier.
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
    /// The schema, or `nil`; an empty one, as in `database..name`, is `nil`, too.
    public let schema: String?
    /// The object.
    public let name: String
    /// Where it begins.
    public let position: SourcePosition

    /// The name with what was written before it.
    public var description: String {
        [database, schema, name].compactMap { $0 }.joined(separator: ".")
    }
}

/// A text of a statement: written out, or in a variable.
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
