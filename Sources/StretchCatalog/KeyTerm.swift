package import StretchEndpoint
internal import StretchText

/// A column of a table's key, with the order of the key's own index.
package struct KeyTerm: Hashable {
    /// The place of the column in the table.
    package let column: Int
    package let name: String
    let collationName: String
    package let isDescending: Bool
    /// Whether the key compares by another collation than the column.
    package let needsCollation: Bool

    /// The collation, when it is built in.
    package var collation: Collation? { Collation(rawValue: collationName) }

    /// The column under an alias, compared as the key compares.
    package func sql(_ alias: String) -> String {
        let column = "\(alias).\(name.quotedName)"
        return needsCollation ? "\(column) COLLATE \(collationName.quotedName)" : column
    }
}

extension TableSchema {
    /// The key's columns, in the key's order.
    package var keyTerms: [KeyTerm] {
        let index = indexes.first(where: \.isPrimaryKey)
        return key.enumerated().map { place, column in
            let term = index.flatMap { $0.terms.count > place ? $0.terms[place] : nil }
            let collationName =
                keyKind == .rowid ? "BINARY" : term?.collationName ?? columns[column].collationName
            return KeyTerm(
                column: column, name: columns[column].name, collationName: collationName,
                isDescending: keyKind == .rowid ? false : term?.isDescending ?? false,
                needsCollation: keyKind != .rowid && collationName != columns[column].collationName)
        }
    }

    /// A condition on an alias that is true for the one row whose key is bound from `first` on.
    package func keyCondition(_ alias: String, firstParameter first: Int) -> String {
        keyTerms.enumerated().map { "\($1.sql(alias)) = ?\(first + $0)" }
            .joined(separator: " AND ")
    }
}
