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
    /// - Throws: `invalidArgument` if no foreign key references the parent; `wrongState` if the
    ///   parent is not stretch-enabled; `unsupported` for a cycle.
    package func parent(named name: String) throws(StretchError) -> String {
        guard schema.parents.contains(where: { $0.parent.isEqualFoldingCase(name) }) else {
            let parents = Set(schema.parents.map(\.parent)).sorted().joined(separator: ", ")
            throw StretchError(
                .invalidArgument,
                "table \"\(schema.name)\" has no foreign key to \"\(name)\"",
                hint: parents.isEmpty
                    ? "A table can follow the parent of one of its foreign keys; it has none."
                    : "A table can follow the parent of one of its foreign keys: \(parents).")
        }
        guard let parent = enabled.first(where: { $0.name.isEqualFoldingCase(name) }) else {
            throw StretchError(
                .wrongState, "table \"\(name)\" is not stretch-enabled",
                hint: "Enable \"\(name)\" first, then the table that follows it.")
        }
        try refuseCircle(parent)
        return parent.name
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
