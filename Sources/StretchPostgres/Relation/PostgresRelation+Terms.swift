internal import StretchEndpoint
internal import StretchText

extension PostgresRelation.Column {
    /// Returns the column in a form whose bytewise order is that of the collation.
    ///
    /// Under the collation "C" `lower` folds the 26 letters of ASCII, as NOCASE does. Texts with
    /// NUL, where NOCASE stops, are misfits.
    func collated(_ collation: Collation) -> String {
        guard type == .text else { return name }
        switch collation {
        case .binary: return name
        case .nocase: return "pg_catalog.lower(\(name))"
        case .rtrim: return "pg_catalog.rtrim(\(name))"
        }
    }

    /// Returns the part of the column that an index contains.
    ///
    /// An entry of a btree has at most 2,704 bytes.
    func indexed(_ collation: Collation, prefixLength: Int) -> String {
        switch type {
        case .text: "pg_catalog.left(\(collated(collation)), \(prefixLength))"
        case .blob: "pg_catalog.substr(\(name), 1, \(prefixLength))"
        default: name
        }
    }
}

/// The definition of an index on some terms.
struct IndexDefinition {
    /// The name, which is derived from the terms.
    let name: String
    let terms: String
    let prefixLength: Int

    /// - Parameter relation: The relation with the columns.
    init(_ terms: [OrderTerm], of relation: PostgresRelation) throws {
        let columns = try terms.map { try relation.column($0.column) }
        let longCount = columns.count { $0.type == .text || $0.type == .blob }
        // A character has up to four bytes.
        prefixLength = max(600 / max(longCount, 1), 1)
        var parts: [String] = []
        var name = "by"
        for (term, column) in zip(terms, columns) {
            let part = column.indexed(term.collation, prefixLength: prefixLength)
            parts.append("(\(part)) " + OrderSQL.direction(term))
            name += "_\(column.number)"
            if term.collation != .binary { name += term.collation == .nocase ? "n" : "r" }
            if term.isDescending { name += "d" }
        }
        self.name = name
        self.terms = parts.joined(separator: ", ")
    }
}

enum OrderSQL {
    /// Returns the direction; SQLite's NULL is less than every value.
    static func direction(_ term: OrderTerm) -> String {
        term.isDescending ? "DESC NULLS LAST" : "ASC NULLS FIRST"
    }

    /// Returns the terms of an ORDER BY; the first uses an index if there is one.
    static func terms(_ order: [OrderTerm], of relation: PostgresRelation) throws -> String {
        var parts: [String] = []
        for (index, term) in order.enumerated() {
            let column = try relation.column(term.column)
            let leading = PostgresRelation.Term(column: term.column, collation: term.collation)
            let collated = column.collated(term.collation)
            if index == 0, relation.leadingTerms.contains(leading),
                let length = relation.prefixLengths[leading]
            {
                let part = column.indexed(term.collation, prefixLength: length)
                if !part.isSameText(as: collated) { parts.append("\(part) \(direction(term))") }
            }
            parts.append("\(collated) \(direction(term))")
        }
        return parts.joined(separator: ", ")
    }
}
