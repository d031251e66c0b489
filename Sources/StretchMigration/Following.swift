package import StretchCatalog
package import StretchCore
internal import StretchText

/// A column of a table and the column of its parent that has the same value.
public struct FollowColumn: Hashable, Sendable {
    /// The column of the table that follows.
    public let child: String
    /// The column of the parent.
    public let parent: String

    /// Creates a pair.
    public init(child: String, parent: String) {
        self.child = child
        self.parent = parent
    }
}

/// A change of what a table follows.
public enum FollowChange: Hashable, Sendable {
    /// The table follows a parent, by a foreign key or, without one, by columns.
    ///
    /// A row whose parent row does not exist counts as one whose parent row is cold.
    case parent(String, on: [FollowColumn] = [])
    /// The table follows no other; its own filter decides alone.
    case nothing
}

extension FollowCheck {
    /// Makes a table follow another one, or none.
    ///
    /// - Throws: As ``parent(named:needsKey:)`` and ``terms(_:of:parent:)``.
    package func apply(
        _ change: FollowChange, to table: inout StretchedTable
    ) throws(StretchError) {
        switch change {
        case .nothing: (table.follows, table.followTerms) = (nil, [])
        case .parent(let name, let columns):
            let parent = try self.parent(named: name, needsKey: columns.isEmpty)
            table.followTerms = try Self.terms(columns, of: table, parent: parent)
            table.follows = parent.name
        }
    }

    /// Returns the named columns by which a table follows its parent; empty if they are those of a
    /// foreign key.
    package static func columns(
        of table: StretchedTable, among tables: [StretchedTable]
    ) -> [FollowColumn] {
        let parent = tables.first { one in
            table.follows.map { one.name.isEqualFoldingCase($0) } ?? false
        }
        return table.followTerms.compactMap { term in
            guard let child = table.columns.first(where: { $0.id == term.child }),
                let column = parent?.columns.first(where: { $0.id == term.parent })
            else { return nil }
            return FollowColumn(child: child.name, parent: column.name)
        }
    }
}
