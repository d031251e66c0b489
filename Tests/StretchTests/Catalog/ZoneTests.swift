import StretchCatalog
import StretchEndpoint
import StretchSQLite
import Testing

/// Which conditions a zone excludes, and how zones are made and stored.
@Suite struct ZoneTests {
    private static func canContain(
        _ zone: Zone, _ comparison: ColdConstraint.Comparison, _ collation: Collation = .binary,
        zoneCollation: Collation? = nil
    ) -> Bool {
        zone.canContain(
            ColdConstraint(column: 1, comparison: comparison, collation: collation),
            collation: zoneCollation ?? collation)
    }

    private static func prefix(_ text: String) throws -> ColdConstraint.Comparison {
        .prefix(try #require(TextPrefix(Text(bytes: Array(text.utf8)))))
    }

    // MARK: Patterns

    @Test(arguments: [
        ("abc", "abd", "ab", true), ("abc", "abd", "abd", true), ("abc", "abd", "abe", false),
        ("abc", "abd", "aa", false), ("abc", "abd", "b", false), ("abc", "abd", "a", true),
        // A range that ends in the middle of the prefix.
        ("a", "ab", "abc", false), ("a", "abc", "abc", true),
    ])
    func `a prefix meets the texts between its first and its end`(
        minimum: String, maximum: String, prefix: String, isMet: Bool
    ) throws {
        let zone = Zone(
            minimum: .text(Text(minimum)), maximum: .text(Text(maximum)), hasNull: false)
        #expect(try Self.canContain(zone, Self.prefix(prefix)) == isMet)
    }

    @Test func `a prefix meets whatever is no text, and texts whose end is not known`() throws {
        let prefix = try Self.prefix("b")
        #expect(Self.canContain(Zone(minimum: 1, maximum: 2, hasNull: false), prefix))
        #expect(Self.canContain(Zone(minimum: 1, maximum: "a", hasNull: false), prefix))
        #expect(Self.canContain(Zone(minimum: "a", maximum: .blob([]), hasNull: false), prefix))
        #expect(Self.canContain(Zone(minimum: "a", maximum: nil, hasNull: false), prefix))
        #expect(!Self.canContain(Zone(minimum: "c", maximum: .blob([]), hasNull: false), prefix))
        #expect(!Self.canContain(Zone(minimum: nil, maximum: nil, hasNull: true), prefix))
    }

    @Test func `a prefix in any case meets both cases, whatever the zone's collation`() throws {
        let upper = Zone(minimum: "ABC", maximum: "ABD", hasNull: false)
        let prefix = try Self.prefix("ab")
        #expect(!Self.canContain(upper, prefix, .binary))
        #expect(Self.canContain(upper, prefix, .nocase, zoneCollation: .binary))
        #expect(Self.canContain(upper, prefix, .nocase, zoneCollation: .nocase))
        #expect(try !Self.canContain(upper, Self.prefix("b"), .nocase, zoneCollation: .nocase))
        // Under RTRIM, texts of one prefix are not next to each other.
        #expect(try Self.canContain(upper, Self.prefix("zz"), .binary, zoneCollation: .rtrim))
    }

    // MARK: Collations

    @Test func `values compare as the column's collation does`() {
        let zone = Zone(minimum: "b  ", maximum: "D", hasNull: false)
        #expect(Self.canContain(zone, .equal("B  "), .nocase))
        #expect(!Self.canContain(zone, .equal("E"), .nocase))
        let spaces = Zone(minimum: "b", maximum: "b", hasNull: false)
        #expect(Self.canContain(spaces, .equal("b   "), .rtrim))
        #expect(!Self.canContain(spaces, .equal("b   "), .binary))
        // A comparison by another collation than the bounds' excludes nothing.
        #expect(Self.canContain(spaces, .equal("z"), .nocase, zoneCollation: .binary))
        #expect(Self.canContain(spaces, .less("a"), .nocase, zoneCollation: .binary))
    }

    @Test(arguments: [
        (Value.null, Value.integer(.min)), (.integer(3), .real(3.5)), (.real(2.5), .integer(3)),
        (.real(.infinity), ""), (.integer(.max), "0"), ("Z", "a"), ("a", "aa"),
        ("z", .blob([])), (.blob([1]), .blob([1, 0])),
    ])
    func `values are in SQLite's order`(lower: Value, higher: Value) {
        #expect(lower.compare(higher, .binary) < 0 && higher.compare(lower, .binary) > 0)
        #expect(lower.compare(lower, .binary) == 0)
    }

    // MARK: Zones of rows

    private static func zones(
        _ values: [Value], _ collation: Collation? = .binary
    ) -> Zone? {
        let rows = RowBuffer(columnCount: 1)
        for value in values {
            rows.beginRow(identifier: 0)
            rows.append(value)
        }
        return ZoneMap(of: rows, columns: [(id: 7, collation: collation)]).zone(of: 7)
    }

    @Test func `the zone of rows is the least and the greatest value but NULL`() {
        #expect(
            Self.zones([3, .null, 1, 2]) == Zone(minimum: 1, maximum: 3, hasNull: true))
        #expect(
            Self.zones([.null, .null]) == Zone(minimum: nil, maximum: nil, hasNull: true))
        #expect(
            Self.zones(["a", "B"], .nocase) == Zone(minimum: "a", maximum: "B", hasNull: false))
        #expect(
            Self.zones(["a", "B"]) == Zone(minimum: "B", maximum: "a", hasNull: false))
        #expect(Self.zones([]) == nil && Self.zones([1], nil) == nil)
    }

    @Test func `long bounds are cut so that they still contain the values`() {
        let long = String(repeating: "m", count: 30)
        let text = Self.zones([.text(Text(long))])
        #expect(text?.minimum == .text(Text(String(repeating: "m", count: 24))))
        #expect(text?.maximum == .blob([]))
        let blob = Self.zones([.blob([UInt8](repeating: 9, count: 25))])
        #expect(blob?.minimum == .blob([UInt8](repeating: 9, count: 24)) && blob?.maximum == nil)
        let exact = String(repeating: "m", count: 24)
        #expect(
            Self.zones([.text(Text(exact))])
                == Zone(minimum: .text(Text(exact)), maximum: .text(Text(exact)), hasNull: false))
        for zone in [text, blob].compactMap({ $0 }) {
            let value: Value =
                zone == text ? .text(Text(long)) : .blob([UInt8](repeating: 9, count: 25))
            #expect(Self.canContain(zone, .equal(value)) && Self.canContain(zone, .oneOf([value])))
        }
    }

    // MARK: Stored form

    @Test(
        arguments: [
            [:], [1: Zone(minimum: nil, maximum: nil, hasNull: true)],
            [
                -3: Zone(minimum: "a", maximum: nil, hasNull: true),
                9: Zone(minimum: 1, maximum: .real(2.5), hasNull: false),
            ],
        ] as [[Int64: Zone]])
    func `zones are read as they were written`(zones: [Int64: Zone]) {
        #expect(ZoneMap(encoded: ZoneMap(zones: zones).encoded).zones == zones)
    }

    @Test(
        arguments: [
            [1], ["x", 7, 1, 2], [1, 8], [1, -1], [1, "x"], [1, 2, 5], [1, 3, 5], [1, 1],
            [1, 4, 2],
        ] as [[Value]])
    func `zones that say something else give none`(values: [Value]) {
        #expect(ZoneMap(encoded: Value.encode(values)).zones == [:])
    }
}
