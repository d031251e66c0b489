import Testing

@testable import StretchCatalog
@testable import StretchEndpoint
@testable import StretchMigration

@Suite struct EligibilityQueryTests {
    private func schema(
        _ kind: KeyKind, key: [Int], isAutoincrement: Bool = false,
        children: [ForeignKeySchema] = [], descending: Set<Int> = []
    ) -> TableSchema {
        let columns = ["a", "b"].map {
            ColumnSchema(
                name: $0, declaredType: "", affinity: .blob, collationName: "BINARY",
                isNotNull: false, defaultText: nil, isGenerated: false)
        }
        let index = IndexSchema(
            name: "pk", isUnique: true, isPartial: false, isPrimaryKey: true,
            terms: key.map {
                IndexTermSchema(
                    column: $0, collationName: "BINARY", isDescending: descending.contains($0))
            }, rowsPerPrefix: [])
        return TableSchema(
            name: "t", isStrict: false, isAutoincrement: isAutoincrement, keyKind: kind,
            columns: columns, key: key, rowidName: kind == .withoutRowid ? nil : "rowid",
            indexes: kind == .declared || kind == .withoutRowid ? [index] : [],
            estimatedRowCount: nil, parents: [], children: children, triggers: [])
    }

    private let child = ForeignKeySchema(
        child: "c d", parent: "t", childColumns: ["x"], parentColumns: ["a"], onDelete: "",
        onUpdate: "")

    @Test func `a table without a filter moves whole`() throws {
        let query = try EligibilityQuery(schema(.none, key: []), filter: nil, storesRowid: false)
        #expect(query.condition == "1")
        #expect(
            query.rowsSQL(isContinuation: true)
                == "SELECT h.rowid, h.\"a\", h.\"b\" FROM main.\"t\" AS h WHERE h.rowid > ?1 "
                + "AND 1 ORDER BY h.rowid LIMIT ?2")
    }

    @Test func `the highest rowid stays, unless AUTOINCREMENT guards it`() throws {
        let plain = try EligibilityQuery(
            schema(.rowid, key: [0]), filter: "h.b", storesRowid: false)
        #expect(plain.condition.contains("max(m.\"a\")"))
        let guarded = try EligibilityQuery(
            schema(.rowid, key: [0], isAutoincrement: true), filter: "h.b",
            storesRowid: false)
        #expect(guarded.condition == "(h.b)")
        #expect(guarded.highestRowidSQL == nil)
    }

    @Test func `a rowid that no column holds moves with its row, and the highest one stays`() throws
    {
        let query = try EligibilityQuery(
            schema(.declared, key: [0]), filter: "h.b", storesRowid: true)
        #expect(
            query.rowsSQL(isContinuation: false).hasPrefix(
                "SELECT h.rowid, h.\"a\", h.\"b\", h.rowid "))
        #expect(query.condition.contains("max(m.rowid)"))
        // The row of a batch of an earlier run is found by its key, and may have another rowid now.
        #expect(query.deletionSQL(isByRowid: false).contains("stretch_is_proved(2, h.rowid)"))
        #expect(!query.deletionSQL(isByRowid: true).contains("stretch_is_proved(2, h.rowid)"))
    }

    @Test func `a NULL in a declared key stays`() throws {
        let query = try EligibilityQuery(
            schema(.declared, key: [0, 1]), filter: nil, storesRowid: false)
        #expect(query.condition == "1 AND NOT (h.\"a\" IS NULL OR h.\"b\" IS NULL)")
    }

    @Test func `a row with a hot child stays, also in the deletion`() throws {
        let query = try EligibilityQuery(
            schema(.rowid, key: [0], isAutoincrement: true, children: [child]), filter: nil,
            storesRowid: false)
        let guardSQL = "NOT EXISTS (SELECT 1 FROM main.\"c d\" AS c WHERE h.\"a\" = c.\"x\")"
        #expect(query.condition == "1 AND \(guardSQL)")
        #expect(query.deletionSQL(isByRowid: true).hasSuffix(guardSQL))
    }

    @Test func `a key of several orders is continued exactly`() throws {
        let query = try EligibilityQuery(
            schema(.withoutRowid, key: [0, 1], descending: [1]), filter: nil, storesRowid: false)
        #expect(
            query.rowsSQL(isContinuation: true).contains(
                "h.\"a\" >= ?1 AND (h.\"a\" > ?1 OR (h.\"a\" = ?1 AND h.\"b\" < ?2)) AND 1 "
                    + "ORDER BY h.\"a\", h.\"b\" DESC LIMIT ?3"))
    }

    @Test func `a follower moves with its parent, and a NULL follows nobody`() throws {
        let key = ForeignKeySchema(
            child: "t", parent: "p", childColumns: ["b"], parentColumns: ["id"], onDelete: "",
            onUpdate: "")
        let followed = EligibilityQuery.Followed(key, alias: "p1", filter: "p1.old")
        let follows = "NOT EXISTS (SELECT 1 FROM stays_p1 AS p1 WHERE p1.k0 = h.\"b\")"
        #expect(
            EligibilityQuery.condition(filter: nil, followed: followed, alias: "h")
                == "NOT (h.\"b\" IS NULL) AND \(follows)")
        #expect(
            EligibilityQuery.condition(filter: "h.a", followed: followed, alias: "h")
                == "(h.a) AND (h.\"b\" IS NULL OR \(follows))")
        let query = try EligibilityQuery(
            schema(.rowid, key: [0], isAutoincrement: true), filter: nil, followed: followed,
            storesRowid: false)
        #expect(
            query.countSQL.hasPrefix(
                "WITH stays_p1(k0) AS (SELECT p1.\"id\" FROM main.\"p\" AS p1 "
                    + "WHERE ((p1.old)) IS NOT TRUE) SELECT count(*) "))
    }

    @Test func `a wide row is proved in parts that a function can take`() throws {
        let columns = (0..<250).map {
            ColumnSchema(
                name: "c\($0)", declaredType: "", affinity: .blob, collationName: "BINARY",
                isNotNull: false, defaultText: nil, isGenerated: false)
        }
        let wide = TableSchema(
            name: "w", isStrict: false, isAutoincrement: false, keyKind: .none, columns: columns,
            key: [], rowidName: "rowid", indexes: [], estimatedRowCount: nil, parents: [],
            children: [], triggers: [])
        let sql = try EligibilityQuery(wide, filter: nil, storesRowid: false).deletionSQL(
            isByRowid: true)
        for first in [0, 100, 200] { #expect(sql.contains("stretch_is_proved(\(first), ")) }
    }
}

@Suite struct BatchSizerTests {
    @Test func `batches grow to the budget, and shrink at once`() {
        var sizer = BatchSizer(lockBudget: .milliseconds(50), fixedRowCount: nil)
        for _ in 0..<20 {
            sizer.record(
                rowCount: sizer.rowCount, lockTime: .microseconds(10 * sizer.rowCount))
        }
        #expect((2_500...3_500).contains(sizer.rowCount))
        sizer.record(rowCount: sizer.rowCount, lockTime: .milliseconds(300))
        #expect(sizer.rowCount < 400)
    }

    @Test func `a fixed number stays`() {
        var sizer = BatchSizer(lockBudget: .milliseconds(50), fixedRowCount: 7)
        sizer.record(rowCount: 7, lockTime: .seconds(1))
        #expect(sizer.rowCount == 7)
    }
}
