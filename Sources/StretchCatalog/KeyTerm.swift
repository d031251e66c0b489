package import StretchEndpoint
internal import StretchText

/// A column of a table's key, with the order of the key's index.
package struct KeyTerm: Hashable {
    /// The index of the column in the table.
    package let column: Int
    package let name: String
    let collationName: String
    package let isDescending: Bool
    /// Whether the key's collation differs from that of the column.
    package let needsCollation: Bool

    /// The collation, if it is built in.
    package var collation: Collation? { Collation(rawValue: collationName) }

    /// Returns the column under an alias, with the key's collation.
    package func sql(_ alias: String) -> String {
        let column = "\(alias).\(name.quotedName)"
        return needsCollation ? "\(column) COLLATE \(collationName.quotedName)" : column
    }
}

extension TableSchema {
    /// The key's columns, in key order.
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

    /// Returns a condition on an alias that selects the row whose key is bound from `first` on.
    package func keyCondition(_ alias: String, firstParameter first: Int) -> String {
        keyTerms.enumerated().map { "\($1.sql(alias)) = ?\(first + $0)" }
            .joined(separator: " AND ")
    }
}
