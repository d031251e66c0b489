package import StretchCatalog
package import StretchCore
internal import StretchText

/// Finds the parent that a table is to follow.
package struct FollowCheck {
    private let schema: TableSchema
    private let enabled: [StretchedTable]

    /// - Parameter enabled: All tables of the catalog.
    package init(schema: TableSchema, enabled: [StretchedTable]) {
        (self.schema, self.enabled) = (schema, enabled)
    }

    /// Returns the parent's name as spelled in the catalog.
    ///
    /// - Parameter needsKey: Whether a foreign key must lead to the parent.
    /// - Throws: `invalidArgument` if no foreign key references the parent; `wrongState` if the
    ///   parent is not stretch-enabled; `unsupported` for a cycle.
    package func parent(
        named name: String, needsKey: Bool = true
    ) throws(StretchError) -> StretchedTable {
        guard !needsKey || schema.parents.contains(where: { $0.parent.isEqualFoldingCase(name) })
        else {
            let parents = Set(schema.parents.map(\.parent)).sorted().joined(separator: ", ")
            throw StretchError(
                .invalidArgument,
                "table \"\(schema.name)\" has no foreign key to \"\(name)\"",
                hint: (parents.isEmpty
                    ? "A table can follow the parent of one of its foreign keys; it has none."
                    : "A table can follow the parent of one of its foreign keys: \(parents).")
                    + " Without a key, name the columns: "
                    + "\(advice: .nameFollowColumns(parent: name)).")
        }
        guard let parent = enabled.first(where: { $0.name.isEqualFoldingCase(name) }) else {
            throw StretchError(
                .wrongState, "table \"\(name)\" is not stretch-enabled",
                hint: "Enable \"\(name)\" first, then the table that follows it.")
        }
        try refuseCircle(parent)
        return parent
    }

    /// Returns the foreign key, declared or named, by which a table follows a parent; `nil` if it
    /// is gone.
    package static func key(
        of table: StretchedTable, _ schema: TableSchema, parent: StretchedTable
    ) -> ForeignKeySchema? {
        guard !table.followTerms.isEmpty else {
            return schema.parents.first { $0.parent.isEqualFoldingCase(parent.name) }
        }
        let children = table.followTerms.compactMap { term in
            table.currentColumns.first { $0.id == term.child }?.name
        }
        let parents = table.followTerms.compactMap { term in
            parent.currentColumns.first { $0.id == term.parent }?.name
        }
        let count = table.followTerms.count
        guard children.count == count, parents.count == count else { return nil }
        return ForeignKeySchema(
            child: table.name, parent: parent.name, childColumns: children,
            parentColumns: parents, onDelete: "NO ACTION", onUpdate: "NO ACTION")
    }

    /// Returns the ids of the columns by which a table is to follow a parent.
    ///
    /// - Parameter pairs: The names of a column of the table and of one of the parent.
    /// - Throws: `invalidArgument` for an unknown column, or one that is named twice.
    package static func terms(
        _ pairs: [FollowColumn], of table: StretchedTable,
        parent: StretchedTable
    ) throws(StretchError) -> [FollowTerm] {
        func id(_ name: String, in table: StretchedTable) throws(StretchError) -> Int64 {
            let column = table.currentColumns.first { $0.name.isEqualFoldingCase(name) }
            if let column { return column.id }
            let names = table.currentColumns.map(\.name).joined(separator: ", ")
            throw StretchError(
                .invalidArgument, "table \"\(table.name)\" has no column \"\(name)\"",
                hint: "Write the column of \"\(table.name)\" on its side of the pair: the child's "
                    + "column, then the parent's. Its columns are: \(names).")
        }
        var terms: [FollowTerm] = []
        for pair in pairs {
            let term = FollowTerm(
                child: try id(pair.child, in: table), parent: try id(pair.parent, in: parent))
            guard !terms.contains(where: { $0.child == term.child || $0.parent == term.parent })
            else {
                throw StretchError(
                    .invalidArgument,
                    "a column of the pair \"\(pair.child)\" and \"\(pair.parent)\" is named twice",
                    hint: "Name each column once.")
            }
            terms.append(term)
        }
        return terms
    }

    /// Throws if the chain of parents leads back to the table or is too long.
    private func refuseCircle(_ parent: StretchedTable) throws(StretchError) {
        let byName = Dictionary(enabled.map { (SQLName($0.name), $0) }) { first, _ in first }
        var next: StretchedTable? = parent
        for _ in 0..<MigrationPlan.maximumDepth {
            guard let table = next else { return }
            guard !table.name.isEqualFoldingCase(schema.name) else {
                throw StretchError(
                    .unsupported, "table \"\(schema.name)\" would follow itself",
                    hint: "Let it follow another table, or none.")
            }
            next = table.follows.flatMap { byName[SQLName($0)] }
        }
        if next != nil { throw Self.tooDeep(schema.name) }
    }

    /// Returns the error for a table that follows more tables than supported.
    package static func tooDeep(_ name: String) -> StretchError {
        StretchError(
            .unsupported,
            "table \"\(name)\" follows more than \(MigrationPlan.maximumDepth) tables, one "
                + "after the other",
            hint: "Let one of them follow no table, and give it its own filter.")
    }
}
