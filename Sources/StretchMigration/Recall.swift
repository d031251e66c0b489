internal import SQLText
package import StretchCatalog
internal import StretchCore
package import StretchEndpoint
package import StretchSQLite
internal import StretchSchema
internal import StretchText

/// Inserts rows of the remote into one hot table.
package final class Recall {
    package enum Outcome {
        case inserted
        /// A hot row has the same key and hides the cold row.
        case shadowed
        /// A UNIQUE constraint rejected the row.
        case refused(String)
    }

    package let table: StretchedTable
    /// The ids of the columns to read: those of the table, and that of the rowid.
    package let columns: [Int64]
    /// The number of rows that are visible and cold when the recall starts.
    package let visibleRowCount: Int64

    private let connection: Connection
    private let schema: TableSchema
    private let coldColumns: ColdColumns
    private let insertion: Statement
    /// The insertion of a row with its rowid, and the hot rows' rowids; `nil` if none is stored.
    private let withRowid: (insertion: Statement, hot: HotRowids)?
    /// The positions of the inserted columns, which are those that are not generated.
    private let inserted: [Int]
    private let keyPlaces: [Int]
    private let lookUp: String?
    private let selection: Selection?

    /// - Parameter now: The current time for the condition's time windows, in UTC.
    package init(
        _ table: StretchedTable, _ condition: String?, from reader: SchemaReader, now: String
    ) throws {
        self.table = table
        let connection = reader.connection
        self.connection = connection
        columns = table.storedColumns.map(\.id)
        guard let schema = try reader.table(table) else {
            throw TableInspection.vanished(table)
        }
        self.schema = schema
        coldColumns = ColdColumns(table, schema, routines: connection.routines)
        let name = "main.\(schema.name.quotedName)"
        inserted = schema.columns.indices.filter { !schema.columns[$0].isGenerated }
        let names = inserted.map { schema.columns[$0].name.quotedName }
        func insertion(_ names: [String]) throws -> Statement {
            let marks = names.indices.map { "?\($0 + 1)" }
            // OR ABORT overrides a conflict clause of the table, which could delete a hot row.
            return try connection.prepare(
                """
                INSERT OR ABORT INTO \(name)(\(names.joined(separator: ", "))) \
                VALUES (\(marks.joined(separator: ", ")))
                """)
        }
        self.insertion = try insertion(names)
        withRowid =
            try schema.rowidName.flatMap { rowid in
                guard table.rowidColumn != nil, let hot = try HotRowids(schema, on: connection)
                else { return nil }
                return (try insertion(names + [rowid]), hot)
            }
        keyPlaces = schema.keyTerms.map(\.column)
        lookUp =
            schema.keyKind.isKeyed
            ? "SELECT 1 FROM \(name) AS h WHERE \(schema.keyCondition("h", firstParameter: 1))"
            : nil
        let counts = try Catalog(connection).counts(table: table.id)
        visibleRowCount = counts.visibleRows
        selection = try condition.map {
            try Selection($0, schema: schema, now: now, connection: connection)
        }
    }

    /// Reads rows of a batch with the table's current columns.
    package func read(
        _ batch: ManifestBatch, from ordinal: Int64, maximumRowCount: Int, into page: RowBuffer,
        of endpoint: any Endpoint
    ) throws {
        try coldColumns.read(
            batch, columns: columns, from: ordinal, maximumRowCount: maximumRowCount, into: page,
            of: endpoint)
    }

    /// Whether the rows of a batch are read as they were sent, and in all their columns.
    package func isWhole(_ batch: ManifestBatch) -> Bool {
        table.columnIDs(schemaVersion: batch.schemaVersion) == columns
            && !columns.contains { coldColumns.isConverted($0) }
    }

    /// Throws if the table's definition has changed since the recall started.
    func requireDefinition() throws {
        let version = try Catalog(connection).schemaVersion(table: table.id)
        let names = try connection.rows(
            "SELECT name FROM pragma_table_xinfo(?1, 'main') ORDER BY cid", .text(schema.name)
        ).map { $0[0].stringValue ?? "" }
        guard version == table.schemaVersion,
            Set(names.map(ExactText.init)) == Set(schema.columns.map { ExactText($0.name) })
        else {
            throw StretchError(
                .schemaMismatch,
                "table \"\(table.name)\" was altered while its rows came back",
                hint: "Run the command again.")
        }
    }

    /// Returns the rows of a page that meet the condition.
    func selectedRows(of page: RowBuffer) throws -> [Int] {
        guard let selection else { return Array(0..<page.rowCount) }
        return try selection.rows(of: page)
    }

    func key(_ page: RowBuffer, row: Int) -> [Value] {
        keyPlaces.map { page.value(row: row, column: $0).value }
    }

    /// Inserts one row, with its rowid unless a hot row has it.
    package func insert(_ page: RowBuffer, row: Int) throws -> Outcome {
        let rowid = try freeRowid(page, row: row)
        let insertion = rowid == nil ? insertion : withRowid?.insertion ?? insertion
        defer {
            insertion.reset()
            // The bound values point into the page.
            insertion.clearBindings()
        }
        var value = page.value(row: row, column: 0)
        var parameter = 1
        for column in schema.columns.indices {
            if !schema.columns[column].isGenerated {
                try insertion.bind(value, at: parameter)
                parameter += 1
            }
            if column + 1 < schema.columns.count { value = value.next }
        }
        if let rowid { try insertion.bind(integer: rowid, at: parameter) }
        guard let message = try constraintFailure(of: insertion) else { return .inserted }
        return try isHot(page, row: row) ? .shadowed : .refused(message)
    }

    /// Returns the stored rowid of a row; `nil` without one, or if a hot row has it.
    private func freeRowid(_ page: RowBuffer, row: Int) throws -> Int64? {
        try withRowid?.hot.free(
            page.value(row: row, column: columns.count - 1).value.integerValue)
    }

    /// Runs a statement and returns the constraint failure, or `nil` if there was none.
    private func constraintFailure(of statement: Statement) throws(SQLiteError) -> String? {
        do throws(SQLiteError) {
            try statement.step()
            return nil
        } catch {
            guard error.isConstraint else { throw error }
            return error.message
        }
    }

    private func isHot(_ page: RowBuffer, row: Int) throws -> Bool {
        guard let lookUp else { return false }
        let statement = try connection.cached(lookUp)
        defer {
            statement.reset()
            statement.clearBindings()
        }
        for (index, column) in keyPlaces.enumerated() {
            try statement.bind(page.value(row: row, column: column), at: index + 1)
        }
        return try statement.step()
    }
}

/// A condition on rows that are not yet in a table.
///
/// The rows are inserted into a temporary table whose columns have the affinities and collations of
/// the real table.
private final class Selection {
    private let connection: Connection
    private let columnCount: Int
    private let insertion: String
    private let query: String

    init(
        _ condition: String, schema: TableSchema, now: String, connection: Connection
    ) throws {
        let predicate = try FilterPredicate(
            parsing: condition, columns: schema.columns.map(\.name))
        self.connection = connection
        columnCount = schema.columns.count
        var rowName = "stretch_row"
        while schema.column(named: rowName) != nil { rowName += "_" }
        let columns = try schema.columns.map { column in
            // A collation that is not built in is unknown, so the condition fails with an error.
            "\(column.name.quotedName) \(try column.typeText()) "
                + "COLLATE \(column.collationName.quotedName)"
        }
        try connection.execute("DROP TABLE IF EXISTS temp.stretch_recall")
        try connection.execute(
            one: """
                CREATE TEMP TABLE stretch_recall(
                    \(rowName) INTEGER PRIMARY KEY, \(columns.joined(separator: ", "))
                )\(schema.isStrict ? " STRICT" : "")
                """)
        let marks = (1...columnCount + 1).map { "?\($0)" }
        insertion = "INSERT INTO temp.stretch_recall VALUES (\(marks.joined(separator: ", ")))"
        query = """
            SELECT h.\(rowName) FROM temp.stretch_recall AS h \
            WHERE \(predicate.qualified(by: "h", now: now)) ORDER BY 1
            """
    }

    func rows(of page: RowBuffer) throws -> [Int] {
        try connection.transaction(.deferred) { () throws in
            try connection.run("DELETE FROM temp.stretch_recall")
            let statement = try connection.cached(insertion)
            defer {
                statement.reset()
                statement.clearBindings()
            }
            for row in 0..<page.rowCount {
                try statement.bind(integer: Int64(row), at: 1)
                var value = page.value(row: row, column: 0)
                for column in 0..<columnCount {
                    try statement.bind(value, at: column + 2)
                    if column + 1 < columnCount { value = value.next }
                }
                try statement.step()
                statement.reset()
            }
            return try connection.rows(query).compactMap { $0[0].integerValue.map(Int.init) }
        }
    }
}
