internal import StretchCatalog
internal import StretchSQLite
internal import StretchText

/// Checks whether a key is hot.
struct HotKeyProbe {
    /// The positions of the key's columns in the table.
    let places: [Int]
    private let query: String

    init?(_ schema: TableSchema) {
        guard schema.keyKind.isKeyed else { return nil }
        places = schema.keyTerms.map(\.column)
        query = """
            SELECT 1 FROM main.\(schema.name.quotedName) AS h \
            WHERE \(schema.keyCondition("h", firstParameter: 1))
            """
    }

    /// - Parameter page: Rows that end with the key's columns.
    func isHot(_ page: RowBuffer, row: Int, _ connection: Connection) throws -> Bool {
        let statement = try connection.cached(query)
        try statement.bind(page.values(ofRow: row).suffix(places.count))
        defer { statement.reset() }
        return try statement.step()
    }
}
