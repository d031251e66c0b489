internal import StretchCore
package import StretchSQLite
package import StretchText

/// How a stretch-enabled table was when Stretch last looked at it.
package struct TableEvidence: Hashable, Sendable {
    /// A column as it was.
    package struct Column: Hashable, Sendable {
        package let id: Int64
        package let collation: String
        /// The place in the key, from 1; zero for other columns.
        package let keyPlace: Int64

        package init(id: Int64, collation: String, keyPlace: Int64) {
            self.id = id
            self.collation = collation
            self.keyPlace = keyPlace
        }
    }

    /// A hot row: its key, and a salted hash of each column's value.
    package struct Witness: Hashable, Sendable {
        package let key: [Value]
        package let hashes: [[UInt8]]

        package init(key: [Value], hashes: [[UInt8]]) {
            self.key = key
            self.hashes = hashes
        }
    }

    /// The columns, in the table's own order.
    package let columns: [Column]
    package let salt: [UInt8]
    package let witnesses: [Witness]

    package init(columns: [Column], salt: [UInt8], witnesses: [Witness]) {
        self.columns = columns
        self.salt = salt
        self.witnesses = witnesses
    }
}

/// `stretch_mark` and `stretch_evidence`: what tells how another program changed a table.
///
/// SQLite appends the entry of a new table to `sqlite_schema`, and ALTER TABLE leaves it where it
/// is. An entry behind that of the empty table `stretch_mark` is thus of a table that was made
/// after the mark. VACUUM and `.dump` keep the order.
extension Catalog {
    private static let evidenceDefinition: StaticString = """
        CREATE TABLE IF NOT EXISTS main.stretch_evidence(
            table_id INTEGER PRIMARY KEY,
            columns BLOB NOT NULL,
            salt BLOB NOT NULL,
            witnesses BLOB NOT NULL
        ) STRICT
        """
    /// The row of `stretch_evidence` that holds the names of all tables at the time of the mark.
    private static let namesID: Int64 = 0

    /// Makes the mark anew, behind all tables, and records the names of all tables.
    package func setMark() throws(SQLiteError) {
        try connection.execute(Self.evidenceDefinition)
        try connection.execute(
            """
            DROP TABLE IF EXISTS main.stretch_mark;
            CREATE TABLE main.stretch_mark(id INTEGER PRIMARY KEY) STRICT
            """)
        let names = try connection.rows(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name")
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_evidence VALUES(?, ?, x'', x'')",
            .integer(Self.namesID), .blob(Value.encode(names.map { $0[0] })))
    }

    /// Returns the names of all tables at the time of the mark, or `nil` without a mark.
    package func markedNames() throws -> Set<SQLName>? {
        guard try has("stretch_evidence") else { return nil }
        return try connection.stored(
            "stretch_evidence", of: .local,
            "SELECT table_id, columns FROM main.stretch_evidence WHERE table_id = ?",
            .integer(Self.namesID)
        ) { row in
            guard let names = Value.decode(try row.blob(1)) else {
                throw row.damaged(1, expected: "encoded names")
            }
            return Set(names.compactMap { $0.stringValue.map(SQLName.init) })
        }.first
    }

    /// Returns the evidence of all tables, by table id.
    package func evidence() throws -> [Int64: TableEvidence] {
        guard try has("stretch_evidence") else { return [:] }
        let found = try connection.stored(
            "stretch_evidence", of: .local,
            """
            SELECT table_id, columns, salt, witnesses FROM main.stretch_evidence
            WHERE table_id <> ?
            """, .integer(Self.namesID)
        ) { row in
            guard let columns = Value.decode(try row.blob(1)).flatMap(Self.columns) else {
                throw row.damaged(1, expected: "encoded columns")
            }
            let keyCount = max(columns.count { $0.keyPlace > 0 }, 1)
            guard let values = Value.decode(try row.blob(3)),
                let witnesses = Self.witnesses(values, keyCount, hashCount: columns.count)
            else { throw row.damaged(3, expected: "encoded witnesses") }
            return (
                try row.integer(0, in: .numbers),
                TableEvidence(columns: columns, salt: try row.blob(2), witnesses: witnesses)
            )
        }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }

    private static func columns(_ values: [Value]) -> [TableEvidence.Column]? {
        guard values.count.isMultiple(of: 3) else { return nil }
        var columns: [TableEvidence.Column] = []
        for start in stride(from: 0, to: values.count, by: 3) {
            guard let id = values[start].integerValue,
                let collation = values[start + 1].stringValue,
                let keyPlace = values[start + 2].integerValue
            else { return nil }
            columns.append(
                TableEvidence.Column(id: id, collation: collation, keyPlace: keyPlace))
        }
        return columns
    }

    private static func witnesses(
        _ values: [Value], _ keyCount: Int, hashCount: Int
    ) -> [TableEvidence.Witness]? {
        let width = keyCount + hashCount
        guard width > 0, values.count.isMultiple(of: width) else { return nil }
        var witnesses: [TableEvidence.Witness] = []
        for start in stride(from: 0, to: values.count, by: width) {
            let hashes = values[(start + keyCount)..<(start + width)].compactMap { value in
                if case .blob(let bytes) = value { bytes } else { nil as [UInt8]? }
            }
            guard hashes.count == hashCount else { return nil }
            witnesses.append(
                TableEvidence.Witness(
                    key: Array(values[start..<(start + keyCount)]), hashes: hashes))
        }
        return witnesses
    }

    /// Records the evidence of a table.
    package func save(_ evidence: TableEvidence, table id: Int64) throws(SQLiteError) {
        try connection.execute(Self.evidenceDefinition)
        let columns = evidence.columns.flatMap { column -> [Value] in
            [.integer(column.id), .text(column.collation), .integer(column.keyPlace)]
        }
        let witnesses = evidence.witnesses.flatMap { witness in
            witness.key + witness.hashes.map(Value.blob)
        }
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_evidence VALUES(?, ?, ?, ?)", .integer(id),
            .blob(Value.encode(columns)), .blob(evidence.salt), .blob(Value.encode(witnesses)))
    }

    /// Removes the evidence of a table that is no longer stretch-enabled.
    func removeEvidence(table id: Int64) throws(SQLiteError) {
        guard try has("stretch_evidence") else { return }
        try connection.run(
            "DELETE FROM main.stretch_evidence WHERE table_id = ?", .integer(id))
    }
}
