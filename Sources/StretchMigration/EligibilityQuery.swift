package import StretchCatalog
package import StretchCore
internal import StretchText

/// The SQL that selects the eligible rows of a table, with the row under the alias `h`.
///
/// Column names always carry their alias, because SQLite reads an unknown name in double quotes as
/// a string.
package struct EligibilityQuery: Hashable, Sendable {
    /// A parent that a table follows.
    package struct Followed: Hashable, Sendable {
        let childColumns: [String]
        let parent: String
        let parentColumns: [String]
        /// The alias of the parent in `condition`.
        let alias: String
        /// The condition of an eligible row of the parent.
        let condition: String
        /// The common table expressions that `condition` reads.
        private let ancestors: [String]

        /// - Parameter followed: The parent that the parent itself follows, or `nil`.
        package init(
            _ key: ForeignKeySchema, alias: String, filter: String?, followed: Followed? = nil
        ) {
            childColumns = key.childColumns
            parent = key.parent
            parentColumns = key.parentColumns
            self.alias = alias
            condition = EligibilityQuery.condition(
                filter: filter, followed: followed, alias: alias)
            ancestors = followed?.commonTables ?? []
        }

        /// The common table expressions for the keys of the parent's rows that stay hot, and their
        /// ancestors.
        ///
        /// A chain of parents as a single condition would exceed the depth of SQLite's parser.
        var commonTables: [String] {
            let names = parentColumns.indices.map { "k\($0)" }.joined(separator: ", ")
            let columns = parentColumns.map { "\(alias).\($0.quotedName)" }
            return ancestors + [
                """
                stays_\(alias)(\(names)) AS (SELECT \(columns.joined(separator: ", ")) \
                FROM main.\(parent.quotedName) AS \(alias) WHERE (\(condition)) IS NOT TRUE)
                """
            ]
        }

        /// Returns a condition that is true if the referenced parent row does not stay hot.
        func sql(child: String) -> String {
            let join = childColumns.enumerated().map {
                "\(alias).k\($0) = \(child).\($1.quotedName)"
            }
            return """
                NOT EXISTS (SELECT 1 FROM stays_\(alias) AS \(alias) \
                WHERE \(join.joined(separator: " AND ")))
                """
        }

        func hasNull(child: String) -> String {
            childColumns.map { "\(child).\($0.quotedName) IS NULL" }.joined(separator: " OR ")
        }
    }

    private let name: String
    private let columns: [String]
    private let keyKind: KeyKind
    private let keyTerms: [KeyTerm]
    private let rowid: String?
    /// Whether the rows end with their rowid, which no column of the table holds.
    private let storesRowid: Bool
    private let keepsHighestRowid: Bool
    private let children: [ForeignKeySchema]
    private let filterCondition: String
    /// The common table expressions that the condition reads.
    private let commonTableList: [String]

    /// Builds the query of a table.
    ///
    /// - Parameters:
    ///   - filter: The table's own filter on the alias `h`, or `nil` without one.
    ///   - followed: The parent that the table follows, or `nil`.
    ///   - storesRowid: Whether batches of the table store the rowid; see ``CatalogColumn``.
    /// - Throws: `unsupported` for a table whose columns take all names of the rowid.
    package init(
        _ schema: TableSchema, filter: String?, followed: Followed? = nil, storesRowid: Bool
    ) throws(StretchError) {
        name = schema.name
        columns = schema.columns.map(\.name)
        keyKind = schema.keyKind
        keyTerms = schema.keyTerms
        if schema.keyKind == .rowid {
            rowid = schema.keyTerms[0].name.quotedName
        } else {
            rowid = schema.rowidName
        }
        guard rowid != nil || keyKind == .withoutRowid else {
            throw StretchError(
                .unsupported,
                "table \"\(name)\": its columns take the names rowid, _rowid_ and oid",
                hint: "Rename one of the three columns.")
        }
        self.storesRowid = storesRowid && schema.hasUnnamedRowid
        keepsHighestRowid =
            self.storesRowid || (schema.keyKind == .rowid && !schema.isAutoincrement)
        children = schema.children.filter { !$0.parentColumns.isEmpty }
        filterCondition = Self.condition(filter: filter, followed: followed, alias: "h")
        commonTableList = followed?.commonTables ?? []
    }

    private var commonTables: String {
        commonTableList.isEmpty ? "" : "WITH \(commonTableList.joined(separator: ", ")) "
    }

    /// Returns the condition of a row that the filter and the followed parent select.
    ///
    /// A row with a NULL foreign key has no parent; only the table's own filter applies.
    package static func condition(filter: String?, followed: Followed?, alias: String) -> String {
        guard let followed else { return filter.map { "(\($0))" } ?? "1" }
        let hasNull = followed.hasNull(child: alias)
        let follows = followed.sql(child: alias)
        guard let filter else { return "NOT (\(hasNull)) AND \(follows)" }
        return "(\(filter)) AND (\(hasNull) OR \(follows))"
    }

    // MARK: Conditions

    private var source: String { "main.\(name.quotedName) AS h" }
    private var hasNullInKey: String? {
        guard keyKind == .declared else { return nil }
        return keyTerms.map { "h.\($0.name.quotedName) IS NULL" }.joined(separator: " OR ")
    }
    private var isHighest: String? {
        guard keepsHighestRowid, let rowid else { return nil }
        return "h.\(rowid) = (SELECT max(m.\(rowid)) FROM main.\(name.quotedName) AS m)"
    }

    /// A condition that is true if no other hot row refers to the row; `nil` if no foreign key
    /// references the table.
    private var hasNoHotChild: String? { hasNoHotChild(of: children) }

    private func hasNoHotChild(of keys: [ForeignKeySchema]) -> String? {
        guard !keys.isEmpty else { return nil }
        return keys.map { key in
            "NOT EXISTS (SELECT 1 FROM \(Self.child(of: key)) WHERE \(isChild(by: key)))"
        }.joined(separator: " AND ")
    }

    private static func child(of key: ForeignKeySchema) -> String {
        "main.\(key.child.quotedName) AS c"
    }

    /// A condition that is true if the row `c` refers to another row `h`.
    private func isChild(by key: ForeignKeySchema) -> String {
        let join = zip(key.parentColumns, key.childColumns).map {
            "h.\($0.quotedName) = c.\($1.quotedName)"
        }
        let isOwn = key.child.isEqualFoldingCase(name)
        return (join + (isOwn ? ["NOT (\(isSame("c", "h")))"] : [])).joined(separator: " AND ")
    }

    /// Whether rows of the table can refer to other rows of it.
    package var refersToItself: Bool { !ownKeys.isEmpty }

    /// The foreign keys from the table to itself.
    var ownKeys: [ForeignKeySchema] { children.filter { $0.child.isEqualFoldingCase(name) } }

    /// The condition of an eligible row.
    package var condition: String { condition(regarding: children) }

    /// - Parameter keys: The foreign keys by which a hot row keeps the row.
    private func condition(regarding keys: [ForeignKeySchema]) -> String {
        var parts = [filterCondition]
        if let hasNullInKey { parts.append("NOT (\(hasNullInKey))") }
        if let isHighest { parts.append("NOT (\(isHighest))") }
        if let hasNoHotChild = hasNoHotChild(of: keys) { parts.append(hasNoHotChild) }
        return parts.joined(separator: " AND ")
    }

    /// The condition of a row that is eligible once the rows of the table that refer to it moved.
    private var conditionBesideOwnKeys: String {
        condition(regarding: children.filter { !$0.child.isEqualFoldingCase(name) })
    }

    // MARK: Identity

    /// The columns that identify a hot row: its rowid, or its key in a table without rowids.
    private func identity(_ alias: String) -> [String] {
        rowid.map { ["\(alias).\($0)"] } ?? keyTerms.map { $0.sql(alias) }
    }

    private func isSame(_ first: String, _ second: String) -> String {
        zip(identity(first), identity(second)).map { "\($0) IS \($1)" }
            .joined(separator: " AND ")
    }

    // MARK: Rows that refer to each other

    /// Returns a query for the row to which a row refers, if it is eligible beside those that refer
    /// to it: the identifier and the columns.
    ///
    /// The parameters are the values of the key's child columns.
    func parentSQL(_ key: ForeignKeySchema) -> String {
        let match = key.parentColumns.enumerated().map { "h.\($1.quotedName) = ?\($0 + 1)" }
        return """
            \(commonTables)SELECT \(rowColumns) FROM \(source) \
            WHERE \(match.joined(separator: " AND ")) AND \(conditionBesideOwnKeys)
            """
    }

    /// A query for the number of references to a row from other rows of the table.
    ///
    /// The parameters are the row's identity.
    var referenceCountSQL: String {
        let counts = ownKeys.map {
            "(SELECT count(*) FROM \(Self.child(of: $0)) WHERE \(isChild(by: $0)))"
        }
        let match = identity("h").enumerated().map { "\($1) = ?\($0 + 1)" }
        return """
            SELECT \(counts.joined(separator: " + ")) FROM \(source) \
            WHERE \(match.joined(separator: " AND "))
            """
    }

    /// A query that counts the rows that can move after those of the table that refer to them.
    private var closedCountSQL: String {
        let names = identity("h").indices.map { "k\($0)" }.joined(separator: ", ")
        func list(_ alias: String) -> String { identity(alias).joined(separator: ", ") }
        let table = "main.\(name.quotedName)"
        let steps = ownKeys.map { key in
            zip(key.parentColumns, key.childColumns).map {
                "p.\($0.quotedName) = s.\($1.quotedName)"
            }.joined(separator: " AND ")
        }
        let first = steps.map {
            """
            SELECT \(list("p")) FROM \(table) AS s JOIN \(table) AS p ON \($0) \
            WHERE (\(list("s"))) NOT IN (SELECT \(names) FROM passes)
            """
        }
        let match = identity("s").enumerated().map { "\($1) = x.k\($0)" }
            .joined(separator: " AND ")
        let others = steps.map {
            """
            SELECT \(list("p")) FROM stays AS x JOIN \(table) AS s ON \(match) \
            JOIN \(table) AS p ON \($0)
            """
        }
        let tables =
            commonTableList + [
                "passes(\(names)) AS (SELECT \(list("h")) FROM \(source) "
                    + "WHERE \(conditionBesideOwnKeys))",
                "stays(\(names)) AS (\((first + others).joined(separator: " UNION ")))",
            ]
        return """
            WITH RECURSIVE \(tables.joined(separator: ", ")) \
            SELECT count(*) FROM passes WHERE (\(names)) NOT IN (SELECT \(names) FROM stays)
            """
    }

    // MARK: Statements

    /// A query that counts the eligible rows.
    package var countSQL: String {
        guard !refersToItself else { return closedCountSQL }
        return "\(commonTables)SELECT count(*) FROM \(source) WHERE \(condition)"
    }

    /// A query that counts the rows that meet the filter but stay hot.
    ///
    /// It returns one row, in the order of the first three cases of ``KeptReason``.
    package var keptSQL: String {
        let reasons = [hasNullInKey, isHighest, hasNoHotChild.map { "NOT (\($0))" }]
        let counts = reasons.map { "count(CASE WHEN \($0 ?? "0") THEN 1 END)" }
        return """
            \(commonTables)SELECT \(counts.joined(separator: ", ")) FROM \(source) \
            WHERE \(filterCondition)
            """
    }

    /// Returns a query for eligible rows in key order: an identifier and the columns.
    ///
    /// The identifier is the rowid, or NULL without one. The limit is the last parameter; in a
    /// continuation, the first parameters are the last row's position.
    package func rowsSQL(isContinuation: Bool) -> String {
        let parameterCount = isContinuation ? placeParameterCount : 0
        let place = isContinuation ? "\(placeCondition) AND " : ""
        return """
            \(commonTables)SELECT \(rowColumns) FROM \(source) \
            WHERE \(place)\(condition) \
            ORDER BY \(order) LIMIT ?\(parameterCount + 1)
            """
    }

    private var rowColumns: String {
        let identifier = rowid.map { "h.\($0)" } ?? "NULL"
        let values = columns.map { "h.\($0.quotedName)" } + (storesRowid ? [identifier] : [])
        return ([identifier] + values).joined(separator: ", ")
    }

    /// The number of values of a row.
    var rowColumnCount: Int { columns.count + (storesRowid ? 1 : 0) }

    /// The position of the rowid among the values of a row, or `nil`.
    var rowidPlace: Int? {
        if storesRowid { return columns.count }
        return keyKind == .rowid ? keyTerms[0].column : nil
    }

    /// The table positions of the columns that identify a hot row; `nil` if its rowid does.
    var identityColumns: [Int]? { rowid == nil ? keyTerms.map(\.column) : nil }

    /// Returns the table positions of columns by name.
    func positions(of names: [String]) -> [Int] {
        names.compactMap { name in columns.firstIndex { $0.isEqualFoldingCase(name) } }
    }

    /// Whether the order is by rowid rather than by the key's columns.
    package var isOrderedByRowid: Bool { keyKind == .rowid || keyKind == .none }

    /// The table positions of the columns that define the order.
    package var placeColumns: [Int] { keyTerms.map(\.column) }

    private var placeParameterCount: Int { isOrderedByRowid ? 1 : keyTerms.count }

    private var order: String {
        guard !isOrderedByRowid else { return "h.\(rowid ?? "rowid")" }
        return keyTerms.map { "\($0.sql("h"))\($0.isDescending ? " DESC" : "")" }
            .joined(separator: ", ")
    }

    private var placeCondition: String {
        guard !isOrderedByRowid else { return "h.\(rowid ?? "rowid") > ?1" }
        // The condition on the first column is a range that the index supports; the rest is exact.
        let first = keyTerms[0]
        var exact = ""
        for (index, term) in keyTerms.enumerated().reversed() {
            let sign = term.isDescending ? "<" : ">"
            let after = "\(term.sql("h")) \(sign) ?\(index + 1)"
            exact =
                exact.isEmpty
                ? after : "(\(after) OR (\(term.sql("h")) = ?\(index + 1) AND \(exact)))"
        }
        guard keyTerms.count > 1 else { return exact }
        return "\(first.sql("h")) \(first.isDescending ? "<=" : ">=") ?1 AND \(exact)"
    }

    /// Returns a statement that deletes one row if ``provingFunction`` accepts it and no hot row
    /// refers to it.
    ///
    /// - Parameter isByRowid: Whether `?1` is the rowid; otherwise the key's columns are bound.
    package func deletionSQL(isByRowid: Bool) -> String {
        let place =
            isByRowid
            ? "h.\(rowid ?? "rowid") = ?1"
            : keyTerms.enumerated().map { "\($1.sql("h")) = ?\($0 + 1)" }
                .joined(separator: " AND ")
        // A function takes 127 arguments at most: https://sqlite.org/limits.html
        let proofs = stride(from: 0, to: columns.count, by: 100).map { first in
            let slice = columns[first..<min(first + 100, columns.count)]
            let arguments = slice.map { "h.\($0.quotedName)" }.joined(separator: ", ")
            return "\(Self.provingFunction)(\(first), \(arguments))"
        }
        var parts = [place] + proofs
        if storesRowid, !isByRowid, let rowid {
            // The row may have got another rowid since, or its rowid was not stored.
            parts.append("\(Self.provingFunction)(\(columns.count), h.\(rowid))")
        }
        if let hasNoHotChild { parts.append(hasNoHotChild) }
        return "DELETE FROM \(source) WHERE \(parts.joined(separator: " AND "))"
    }

    /// A query for the highest rowid if its row stays hot.
    package var highestRowidSQL: String? {
        guard keepsHighestRowid, let rowid else { return nil }
        return "SELECT max(h.\(rowid)) FROM \(source)"
    }

    /// The SQL function that compares a row's values with those read back.
    ///
    /// Its arguments are the position of the first value, and the values.
    package static let provingFunction = "stretch_is_proved"
}
