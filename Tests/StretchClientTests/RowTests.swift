import Foundation
import Stretch
import Testing

@Suite struct RowTests {
    struct Order: Codable, Equatable {
        enum Note: String, Codable { case a, b, c }
        var id: Int
        var day: Date
        var total: Double
        var note: Note?
    }

    @Test func `values are given in order`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let sql = "SELECT id FROM orders WHERE id IN (?, ?) ORDER BY id"
        let ids = [2, 4]
        #expect(try database.query(sql, 2, 4).rows == [[2], [4]])
        #expect(try database.query(sql, ids.map { Value($0) }).rows == [[2], [4]])
        #expect(try database.query(sql, ids.map { .integer(Int64($0)) }).rows == [[2], [4]])
        #expect(try database.query(sql, arguments: [ids[0], 4]).rows == [[2], [4]])
        for values: [Value] in [[], [1], [1, 2, 3]] {
            let error = #expect(throws: StretchError.self) { try database.query(sql, values) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func `values are given by name`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let sql = "SELECT id FROM orders WHERE id > :low AND id < @high AND id > $low ORDER BY id"
        #expect(try database.query(sql, ["low": 1, "high": 4]).rows == [[2], [3]])
        let low = 2
        #expect(try database.query(sql, arguments: ["low": low, "high": 4.5]).rows == [[3], [4]])
        try database.execute("UPDATE orders SET note = :note WHERE id = 1", ["note": nil])
        #expect(try database.query("SELECT note FROM orders WHERE id = 1").rows == [[nil]])
    }

    @Test(
        arguments: [
            (["low": 1], #"parameter "high" has no value"#),
            (["low": 1, "high": 2, "day": 3], #"the statement has no parameter "day""#),
            (["low": 1, ":high": 2], #"the statement has no parameter ":high""#),
        ] as [([String: Value], String)])
    func `a name without a partner is named`(_ values: [String: Value], _ message: String) throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let error = #expect(throws: StretchError.self) {
            try database.query("SELECT 1 FROM orders WHERE id BETWEEN :low AND :high", values)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == message)
    }

    @Test func `parameters without names take no values by name`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        for sql in ["SELECT ?", "SELECT ?1"] {
            let error = #expect(throws: StretchError.self) { try database.query(sql, ["1": 5]) }
            #expect(error?.message == "parameter 1 has no name, and values were given by name")
        }
    }

    @Test func `a row gives its values by position and name`() throws {
        let shop = try ShopFile()
        let result = try shop.open().query("SELECT id, total AS Sum, note FROM orders ORDER BY id")
        #expect(result.map { $0["sum"] } == [10.5, 20.0, 30.0, 40.0])
        let row = result[1]
        #expect(row[0] == 2)
        #expect(row["absent"] == nil)
        #expect(row["note"] == .some(.null))
        #expect(try row.value("sum", as: Double.self) == 20)
        #expect(try row.value("sum", as: Int.self) == 20)
        #expect(try row.value("note", as: String.self) == nil)
        for (name, message) in [
            ("absent", #"the answer has no column "absent""#),
            ("id", #"column "id" holds an INTEGER, which is not a valid String"#),
        ] {
            let error = #expect(throws: StretchError.self) {
                try row.value(name, as: String.self)
            }
            #expect(error?.message == message)
        }
    }

    @Test func `rows become values of a type, and back`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let orders = try database.query("SELECT * FROM orders ORDER BY id").rows(as: Order.self)
        #expect(orders.map(\.id) == [1, 2, 3, 4])
        #expect(orders.map(\.note) == [.a, nil, .c, nil])
        #expect(orders[0].day == Date(timeIntervalSince1970: 1_577_872_800))
        for var order in orders {
            order.id += 10
            try database.execute(
                "INSERT INTO orders VALUES(:id, :day, :total, :note)",
                arguments: StatementArguments(encoding: order))
            let row = try #require(
                try database.query("SELECT * FROM orders WHERE id = ?", Value(order.id)).first)
            #expect(try row.decode(Order.self) == order)
        }
    }

    struct Numbers: Codable, Equatable {
        var small: Int8
        var huge: UInt64
        var single: Float
        var flag: Bool
        var bytes: Data
        var absent: UInt?
    }

    @Test func `numbers of every width survive`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let numbers = Numbers(
            small: -8, huge: 1 << 62, single: 0.5, flag: true, bytes: Data([0, 255]), absent: nil)
        let sql =
            "SELECT :small small, :huge huge, :single single, :flag flag, :bytes bytes, "
            + ":absent absent"
        let result = try database.query(sql, arguments: StatementArguments(encoding: numbers))
        #expect(try result.rows(as: Numbers.self) == [numbers])
        #expect(result.rows == [[-8, .integer(1 << 62), 0.5, true, .blob([0, 255]), nil]])
    }

    struct Nested: Codable { var id: Int; var tags: [String] }

    @Test(arguments: [
        ("SELECT 1 AS id", #"there is no column "tags""#),
        ("SELECT 1 AS id, 2 AS tags", #"property "tags" has parts, and a column holds one value"#),
        ("SELECT 'x' AS id, 2 AS tags", #"column "id" holds a TEXT, which is not a valid Int"#),
        ("SELECT NULL AS id, 2 AS tags", #"column "id" holds NULL, which is not a valid Int"#),
        ("SELECT 2.5 AS id, 2 AS tags", #"column "id" holds a REAL, which is not a valid Int"#),
    ])
    func `a row that does not fit is refused`(_ sql: String, _ message: String) throws {
        let shop = try ShopFile()
        let result = try shop.open().query(sql)
        let error = #expect(throws: StretchError.self) { try result.rows(as: Nested.self) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == "a row cannot be decoded as Nested: \(message)")
    }

    @Test func `what has parts is not bound`() throws {
        let error = #expect(throws: StretchError.self) {
            try StatementArguments(encoding: Nested(id: 1, tags: ["a"]))
        }
        #expect(error?.message == #"property "tags" has parts, and a parameter takes one value"#)
        #expect(throws: StretchError.self) { try StatementArguments(encoding: [1, 2]) }
        #expect(throws: StretchError.self) { try StatementArguments(encoding: 5) }
    }

    @Test func `a prepared statement takes arguments`() throws {
        let shop = try ShopFile()
        let statement = try shop.open().prepare("SELECT total FROM orders WHERE id = :id")
        for id in 1...4 {
            try statement.bind(arguments: ["id": id])
            #expect(try statement.step())
            #expect(statement.column(0) != .null)
            statement.reset()
        }
    }
}
