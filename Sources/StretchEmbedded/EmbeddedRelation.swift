internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// The definition of one relation in the file, and its table `rows_<number>`.
///
/// Columns have no declared type and therefore no affinity, so that values are preserved exactly
/// (<https://sqlite.org/datatype3.html>); `id` is the row's position in the relation, and an alias
/// of the rowid, because VACUUM can renumber rowids without an alias.
struct EmbeddedRelation {
    /// The maximum number of columns: SQLite's default limit minus one for `id`.
    static let maximumColumnCount = 1_999

    let id: Int64
    let number: Int64
    /// The default of each column, by column id.
    let defaults: [Int64: Value]
    /// The first terms of the table's indexes.
    let leadingTerms: Set<Term>

    /// A column under a collation, by which an index finds rows.
    struct Term: Hashable {
        let column: Int64
        let collation: Collation
    }

    var table: String { "rows_\(number)" }

    /// Loads a definition; `nil` if the remote has none.
    init?(_ id: Int64, on connection: Connection, path: String) throws {
        guard let number = try EmbeddedRelation.number(of: id, on: connection, path: path) else {
            return nil
        }
        try Self.requireTable(number, on: connection, path: path)
        let columns = try connection.stored(
            "stretch_column", of: .remote(path),
            "SELECT id, default_value FROM stretch_column WHERE relation = ?", .integer(id)
        ) { (id: try $0.integer(0, in: .ids), value: $0.value(1)) }
        var defaults: [Int64: Value] = [:]
        for column in columns { defaults[column.id] = column.value }
        var leadingTerms: Set<Term> = []
        for row in try connection.rows(
            """
            SELECT x.name, x.coll FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS x
            WHERE x.seqno = 0
            """, .text("rows_\(number)"))
        {
            guard let name = row[0].stringValue, let collation = row[1].stringValue,
                let column = Int64(name.dropFirst()), let known = Collation(rawValue: collation)
            else { continue }
            leadingTerms.insert(Term(column: column, collation: known))
        }
        (self.id, self.number) = (id, number)
        (self.defaults, self.leadingTerms) = (defaults, leadingTerms)
    }

    /// Checks that the table of rows has unique locations; a missing table is left to the caller.
    private static func requireTable(
        _ number: Int64, on connection: Connection, path: String
    ) throws {
        let count = try connection.integer(
            """
            SELECT count(*) FROM sqlite_schema
            WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view') AND (type = 'view'
                OR (SELECT group_concat(c.name || c.type) FROM pragma_table_info(?1) AS c
                    WHERE c.pk > 0) IS NOT 'idINTEGER')
            """, .text("rows_\(number)"))
        guard count == 0 else {
            throw StoredFile.remote(path).damaged(
                "\"rows_\(number)\" is not the table that Stretch created")
        }
    }

    /// Returns the number of a relation's table, or `nil` if the remote has none.
    static func number(of id: Int64, on connection: Connection, path: String) throws -> Int64? {
        try connection.stored(
            "stretch_relation", of: .remote(path),
            "SELECT number FROM stretch_relation WHERE id = ?", .integer(id)
        ) { try $0.integer(0, in: .numbers) }.first
    }

    /// Checks that the relation has all these columns.
    func require(_ columns: some Sequence<Int64>) throws {
        for column in columns where defaults[column] == nil {
            throw StretchError(
                .schemaMismatch, "the remote's relation \(id) has no column \(column)",
                hint: "Provision the relation with the column first.")
        }
    }

    /// Returns the name of a column: a letter and its id.
    static func columnName(_ id: Int64) -> String { "c\(id)" }

    /// Returns an index's name and its terms in SQL; the name is derived from the terms.
    static func index(_ terms: [OrderTerm], number: Int64) -> (name: String, terms: String) {
        var name = "rows_\(number)_by"
        for term in terms {
            name += "_\(columnName(term.column))"
            if term.collation != .binary { name += "_\(term.collation.rawValue.foldingCase)" }
            if term.isDescending { name += "_desc" }
        }
        return (name, terms.map(order).joined(separator: ", "))
    }

    /// Returns a term of an index or an order in SQL.
    static func order(_ term: OrderTerm) -> String {
        collated(term.column, term.collation) + (term.isDescending ? " DESC" : "")
    }

    /// Returns a column under a collation in SQL.
    static func collated(_ column: Int64, _ collation: Collation) -> String {
        guard collation != .binary else { return columnName(column) }
        return "\(columnName(column)) COLLATE \(collation.rawValue)"
    }
}
