import Testing
import TransactSQL

/// Types and their conversions, and arguments that meet parameters: pure functions.
@Suite struct ValueTests {
    private static let place = SourcePosition(line: 1, column: 1, offset: 0)

    private static func number(_ body: () throws -> Void) -> Int? {
        do {
            try body()
            return nil
        } catch {
            return (error as? TransactSQLError)?.number
        }
    }

    @Test(arguments: [
        ("0", 0, "0"), ("-0.00", 1, "0.0"), ("9.995", 2, "10.00"), ("-0.5", 0, "-1"),
        ("0.4", 0, "0"),
        ("007.10", 3, "7.100"), (".5", 1, "0.5"), ("5.", 0, "5"), (" +12 ", 0, "12"),
        ("0.05", 0, "0"),
    ])
    func `decimal numbers round half away from zero`(text: String, scale: Int, result: String)
        throws
    {
        let number = try #require(DecimalNumber(text))
        let converted = try DataType.decimal(precision: 10, scale: scale).converting(
            .decimal(number))
        #expect(converted.text == result)
    }

    @Test func `what is no decimal number is refused`() {
        for text in ["", ".", "-", "1e3", "1,5", "--1", "1 2", String(repeating: "9", count: 39)] {
            #expect(DecimalNumber(text) == nil, "\(text)")
        }
        #expect(DecimalNumber(String(repeating: "9", count: 38)) != nil)
    }

    @Test(
        arguments: [
            ("2016-02-29", "2016-02-29 00:00:00"), ("20000229 23:59", "2000-02-29 23:59:00"),
            ("0001-01-01T00:00:00.0000001Z", "0001-01-01 00:00:00.0000001Z"),
            ("2016-02-26 13:45:07.120 -05:30", nil),
            ("2016-02-26 13:45:07.120-05:30", "2016-02-26 13:45:07.12-05:30"),
            ("2015-02-29", nil), ("1900-02-29", nil), ("2016-13-01", nil), ("2016-00-01", nil),
            ("2016-1-1", nil),
            ("2016-02-26 24:00", nil), ("2016-02-26 13:60", nil),
            ("2016-02-26 13:45:07.12345678", nil),
            ("2016-02-26T", nil), ("0000-01-01", nil), ("2016-0226", nil),
            ("2016-02-26 13:45+15:00", nil),
        ] as [(String, String?)])
    func `dates are those of the calendar, in forms that no language changes`(
        text: String, result: String?
    ) {
        #expect(DateTime(text)?.description == result)
    }

    @Test func `integers stay in the range of their type`() throws {
        let ranges: [(DataType, Int64, Int64)] = [
            (.tinyInt, 0, 255), (.smallInt, -32768, 32767),
            (.int, Int64(Int32.min), Int64(Int32.max)), (.bigInt, Int64.min, Int64.max),
        ]
        for (type, low, high) in ranges {
            for bound in [low, high] {
                #expect(try type.converting(.integer(bound)) == .integer(bound))
                #expect(try type.converting(.text(String(bound))) == .integer(bound))
            }
            let over = TransactSQLValue.float(Double(high) * 2 + 1)
            #expect(Self.number { _ = try type.converting(over) } == 8115, "\(type)")
        }
        #expect(
            try DataType.int.converting(.decimal(#require(DecimalNumber("-7.9")))) == .integer(-7))
        #expect(try DataType.bit.converting(.integer(-3)) == .integer(1))
    }

    @Test func `texts are measured as their type measures them`() throws {
        let name = String(repeating: "é", count: 128)
        #expect(try DataType.sysname.converting(.text(name)) == .text(name))
        #expect(try DataType.nvarchar(128).converting(.text(name)) == .text(name))
        #expect(Self.number { _ = try DataType.varchar(255).converting(.text(name)) } == 2628)
        #expect(Self.number { _ = try DataType.sysname.converting(.text(name + "a")) } == 2628)
        #expect(try DataType.varchar(nil).converting(.text(name)) == .text(name))
    }

    @Test func `arguments go by place, then by name`() throws {
        let procedure = try #require(Procedure.named("SP_RDA_Reauthorize_DB"))
        let bound = try procedure.bind(
            [
                ArgumentValue(value: .text("cred"), position: Self.place),
                ArgumentValue(
                    name: "@Azure_DatabaseName", value: .text("db"), position: Self.place),
                ArgumentValue(name: "@with_copy", value: nil, position: Self.place),
            ], at: Self.place)
        #expect(bound.text("@credential") == "cred")
        #expect(bound.text("@azure_databasename") == "db")
        #expect(bound.text("@azure_servername") == nil)
        #expect(bound.isSet("@with_copy"))
    }

    @Test func `every required parameter is missed, by the number of its family`() {
        for procedure in Procedure.all {
            let needs = procedure.parameters.contains { $0.isRequired || $0.isOutput }
            let number = Self.number { _ = try procedure.bind([], at: Self.place) }
            let expected = procedure.name.hasPrefix("sp_rda_") ? 14860 : 201
            #expect(number == (needs ? expected : nil), "\(procedure.name)")
        }
    }

    @Test func `a parameter that does not exist is refused by every procedure`() {
        for procedure in Procedure.all {
            let extra = ArgumentValue(name: "@no_such", value: .null, position: Self.place)
            #expect(Self.number { _ = try procedure.bind([extra], at: Self.place) } == 8145)
        }
    }
}
