internal import SQLText
internal import StretchCore
package import StretchEndpoint
internal import StretchText

/// A UNIQUE constraint or index beside a table's key that can hold among hot and cold rows.
package struct UniqueConstraint: Hashable, Sendable {
    /// A column of the constraint, by its place in the table, and its collation in the index.
    package struct Term: Hashable, Sendable {
        package let column: Int
        package let collation: Collation
    }

    package let terms: [Term]
    /// The condition of a partial index, with columns of the alias `h`.
    package let condition: String?
    /// The columns that decide whether a row violates the constraint.
    package let columns: [Int]

    /// A query for a hot row with the bound values that the constraint concerns.
    package func probe(_ schema: TableSchema) -> String {
        var parts = terms.enumerated().map { place, term in
            "h.\(schema.columns[term.column].name.quotedName) = ?\(place + 1) "
                + "COLLATE \(term.collation.rawValue.quotedName)"
        }
        if let condition { parts.append("(\(condition)\n)") }
        return "SELECT 1 FROM main.\(schema.name.quotedName) AS h "
            + "WHERE \(parts.joined(separator: " AND "))"
    }
}

extension TableSchema {
    /// The maximum number of columns; a function takes 127 arguments at most.
    private static let maximumTermCount = 100

    /// The constraints beside the key that can hold among hot and cold rows.
    package var uniqueConstraints: [UniqueConstraint] {
        Array(Set(indexesBesideKey.compactMap(constraint))).sorted {
            $0.terms.map(\.column).lexicographicallyPrecedes($1.terms.map(\.column))
        }
    }

    /// The constraints beside the key that hold among hot rows only, as text.
    ///
    /// - Parameter scope: What is chosen for the table.
    package func unenforcedConstraints(_ scope: UniqueScope) -> [String] {
        indexesBesideKey.filter { scope == .local || constraint(of: $0) == nil }
            .map(description)
    }

    /// Returns the constraint as text, such as `UNIQUE (a, b)`.
    package func description(of constraint: UniqueConstraint) -> String {
        "UNIQUE (\(constraint.terms.map { columns[$0.column].name }.joined(separator: ", ")))"
    }

    /// The UNIQUE indexes other than that of the key; one with the rowid follows from the key.
    private var indexesBesideKey: [IndexSchema] {
        indexes.filter { index in
            index.isUnique && !index.isPrimaryKey
                && !(keyKind == .rowid && index.terms.contains { $0.column == key[0] })
        }
    }

    private func description(of index: IndexSchema) -> String {
        let terms = index.terms.map { term in
            switch term.column {
            case .none: "an expression"
            case .some(let column) where column < 0: "rowid"
            case .some(let column): columns[column].name
            }
        }
        return "UNIQUE (\(terms.joined(separator: ", ")))"
    }

    /// Returns the constraint of an index, or `nil` if only SQLite can compute its values.
    ///
    /// These are indexes of expressions, with a collation of the application, or with a condition
    /// that is not a filter predicate.
    private func constraint(of index: IndexSchema) -> UniqueConstraint? {
        let terms = index.terms.compactMap { term -> UniqueConstraint.Term? in
            guard let column = term.column, column >= 0,
                let collation = Collation(rawValue: term.collationName)
            else { return nil }
            return UniqueConstraint.Term(column: column, collation: collation)
        }
        guard terms.count == index.terms.count, terms.count <= Self.maximumTermCount else {
            return nil
        }
        let own = terms.map(\.column)
        guard index.isPartial else {
            return UniqueConstraint(terms: terms, condition: nil, columns: own)
        }
        guard let text = index.conditionText,
            let predicate = try? FilterPredicate(parsing: text, columns: columns.map(\.name)),
            !predicate.isMovingWindow
        else { return nil }
        let others = predicate.columnNames.compactMap { name in
            columns.firstIndex { SQLName($0.name) == name }
        }
        return UniqueConstraint(
            terms: terms,
            condition: predicate.qualified(by: "h", now: "2000-01-01 00:00:00.000"),
            columns: own + Set(others).subtracting(own).sorted())
    }
}

extension IndexSchema {
    /// The condition of a partial index, as it is written.
    var conditionText: String? {
        guard let definition else { return nil }
        var depth = 0
        for token in SQLTokenizer(definition) {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
            guard depth == 0, token.isKeyword("WHERE") else { continue }
            let rest = Array(definition.utf8)[token.range.upperBound...]
            return String(decoding: rest, as: UTF8.self)
        }
        return nil
    }
}
