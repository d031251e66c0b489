internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

extension EmbeddedRelation {
    /// Creates a relation, or adds its missing parts, within a write transaction.
    ///
    /// - Returns: Whether anything was added.
    static func provision(
        _ relation: Relation, on connection: Connection, path: String
    ) throws -> Bool {
        let changesBefore = connection.totalChangeCount
        let number = try number(of: relation, on: connection, path: path)
        let known = try EmbeddedRelation(relation.id, on: connection, path: path)?.defaults ?? [:]
        let added = relation.columns.filter { known[$0.id] == nil }
        guard known.count + added.count <= maximumColumnCount else {
            throw StretchError(
                .unsupported,
                "table \"\(relation.name)\" has \(known.count + added.count) columns; "
                    + "the remote holds at most \(maximumColumnCount)")
        }
        try refuseChanges(of: relation, on: connection)
        let isNew = try !exists("rows_\(number)", on: connection)
        if isNew {
            let names = added.map { ", \(columnName($0.id))" }.joined()
            try connection.execute(
                one: "CREATE TABLE rows_\(number)(id INTEGER PRIMARY KEY\(names))")
        }
        for column in added {
            try connection.run(
                "INSERT INTO stretch_column VALUES (?, ?, ?, ?, ?)", .integer(relation.id),
                .integer(column.id), .text(column.name), .text(column.affinity.rawValue),
                column.defaultValue)
            if !isNew { try add(column, to: "rows_\(number)", on: connection) }
        }
        // An existing index shows that indexes were built before.
        let hasIndexes = try relation.indexes.contains {
            try $0 != relation.key && exists(index($0, number: number).name, on: connection)
        }
        let indexes = [relation.key] + (hasIndexes ? relation.indexes : [])
        let hasNewIndex = try makeIndexes(indexes, number: number, on: connection)
        return hasNewIndex || connection.totalChangeCount != changesBefore
    }

    /// Creates all indexes of a relation and drops those that it no longer has, within a write
    /// transaction.
    ///
    /// - Returns: Whether an index was missing or dropped.
    static func buildIndexes(
        _ relation: Relation, on connection: Connection, path: String
    ) throws -> Bool {
        let number = try number(of: relation, on: connection, path: path)
        let surplus = try surplusIndexes(
            relation, number: number, on: connection, path: path)
        for name in surplus { try connection.execute(one: "DROP INDEX \(name.quotedName)") }
        let isNew = try makeIndexes(
            [relation.key] + relation.indexes, number: number, on: connection)
        return isNew || !surplus.isEmpty
    }

    /// Returns the names of the indexes that a relation no longer has, and no other branch needs.
    private static func surplusIndexes(
        _ relation: Relation, number: Int64, on connection: Connection, path: String
    ) throws -> [String] {
        let wanted = ([relation.key] + relation.indexes).map { index($0, number: number).name }
        let surplus = try connection.rows(
            "SELECT name FROM pragma_index_list(?)", .text("rows_\(number)")
        ).compactMap(\.[0].stringValue).filter { name in
            name.beginsWith("rows_\(number)_by_") && !wanted.contains { $0.isSameText(as: name) }
        }
        guard !surplus.isEmpty else { return [] }
        let sql = RelationSharing.branchCountSQL(relation: relation.id)
        let counts = try connection.stored("stretch_branch", of: .remote(path), sql) {
            try $0.integer(0, in: .rows)
        }
        return counts.allSatisfy { $0 <= 1 } ? surplus : []
    }

    /// Returns the parts that ``provision(_:on:)`` and ``buildIndexes(_:on:)`` would add.
    static func gap(
        _ relation: Relation, on connection: Connection, path: String
    ) throws -> RelationGap {
        var gap = RelationGap()
        guard let known = try EmbeddedRelation(relation.id, on: connection, path: path) else {
            gap.isMissing = true
            return gap
        }
        gap.columns = relation.columns.map(\.id).filter { known.defaults[$0] == nil }
        func lacks(_ terms: [OrderTerm]) throws -> Bool {
            try !terms.isEmpty && !exists(index(terms, number: known.number).name, on: connection)
        }
        gap.lacksKeyIndex = try lacks(relation.key)
        gap.indexCount = try Set(relation.indexes).count { try $0 != relation.key && lacks($0) }
        gap.surplusIndexCount =
            try surplusIndexes(
                relation, number: known.number, on: connection, path: path
            ).count
        return gap
    }

    private static func makeIndexes(
        _ indexes: [[OrderTerm]], number: Int64, on connection: Connection
    ) throws -> Bool {
        var hasNewIndex = false
        for terms in indexes where !terms.isEmpty {
            let index = index(terms, number: number)
            guard try !exists(index.name, on: connection) else { continue }
            try connection.execute(
                one: "CREATE INDEX \(index.name) ON rows_\(number)(\(index.terms))")
            hasNewIndex = true
        }
        return hasNewIndex
    }

    private static func exists(_ name: String, on connection: Connection) throws -> Bool {
        // SQLite looks up a name directly; a query of `sqlite_master` would scan all names.
        try connection.integer(
            """
            SELECT 1 FROM pragma_table_xinfo(?1, 'main')
            UNION ALL SELECT 1 FROM pragma_index_xinfo(?1, 'main')
            """, .text(name)) != nil
    }

    private static func number(
        of relation: Relation, on connection: Connection, path: String
    ) throws -> Int64 {
        if let known = try number(of: relation.id, on: connection, path: path) { return known }
        let numbers = try connection.stored(
            "stretch_relation", of: .remote(path), "SELECT number FROM stretch_relation"
        ) { try $0.integer(0, in: 1...ClosedRange.numbers.upperBound - 1) }
        let number = (numbers.max() ?? 0) + 1
        try connection.run(
            "INSERT INTO stretch_relation VALUES(?, ?, ?, 1, 0, 0)", .integer(number),
            .integer(relation.id), .text(relation.name))
        return number
    }

    /// Throws if the definition of a column changed: another default would change older rows.
    private static func refuseChanges(of relation: Relation, on connection: Connection) throws {
        for column in relation.columns {
            let row = try connection.rows(
                "SELECT affinity, default_value FROM stretch_column WHERE relation = ? AND id = ?",
                .integer(relation.id), .integer(column.id)
            ).first
            guard let row else { continue }
            guard row[0].stringValue == column.affinity.rawValue, row[1] == column.defaultValue
            else {
                throw StretchError(
                    .schemaMismatch,
                    "table \"\(relation.name)\": column \(column.id) (\"\(column.name)\") has "
                        + "another affinity or default in the remote",
                    hint: "Give a new column an id that no branch has used.")
            }
        }
    }

    /// Adds a column to a table, whose existing rows have exactly the default.
    private static func add(
        _ column: RemoteColumn, to table: String, on connection: Connection
    ) throws {
        let name = columnName(column.id)
        let literal = try literal(column.defaultValue, on: connection)
        try connection.execute(
            one: "ALTER TABLE \(table) ADD COLUMN \(name) DEFAULT \(literal)")
        let read = try connection.rows("SELECT \(name) FROM \(table) LIMIT 1").first?[0]
        guard let read, read != column.defaultValue else { return }
        // A real that this SQLite cannot read from decimal digits is stored in each row.
        try connection.run("UPDATE \(table) SET \(name) = ?", column.defaultValue)
    }

    /// Returns a value as the DEFAULT of `ALTER TABLE`, which accepts only constants.
    ///
    /// A bare `1.0` would become the integer 1 in a column without affinity, and `-0.0` would
    /// become 0; casts preserve both.
    static func literal(_ value: Value, on connection: Connection) throws -> String {
        switch value {
        case .null: return "NULL"
        case .integer(let value): return "(\(value))"
        case .text(let text): return "(CAST(\(hexadecimal(text.bytes)) AS TEXT))"
        case .blob(let bytes): return hexadecimal(bytes)
        case .real(let value):
            let sign = value.sign == .minus ? "-" : ""
            let magnitude = value.magnitude
            guard magnitude.isFinite else { return "(\(sign)CAST(9e999 AS REAL))" }
            // SQLite's conversion of digits can be off by one unit in the last place.
            for candidate in [magnitude, magnitude.nextUp, magnitude.nextDown]
            where candidate.isFinite {
                let read = try connection.prepare("SELECT CAST(\(candidate) AS REAL)").firstRow()
                if read?[0] == .real(magnitude) { return "(\(sign)CAST(\(candidate) AS REAL))" }
            }
            return "(\(sign)CAST(\(magnitude) AS REAL))"
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = Array("x'".utf8)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text + Array("'".utf8), as: UTF8.self)
    }
}
