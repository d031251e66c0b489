import StretchCatalog
import StretchEndpoint
import StretchSQLite
import Testing

/// Which batches a condition can meet.
@Suite struct TableManifestTests {
    private static let column: Int64 = 5

    /// A manifest whose batches have zones of one column, numbered from 1; `nil` for no zone.
    private static func manifest(
        _ zones: [Zone?], collation: Collation? = .binary, isRowid: Bool = false
    ) -> TableManifest {
        let batches = zones.enumerated().map { index, zone in
            ManifestBatch(
                visible: VisibleBatch(
                    id: Int64(index) + 100, number: Int64(index) + 1, rowCount: 10),
                table: 1, epoch: 1, schemaVersion: 1, byteCount: 1,
                zones: ZoneMap(zones: zone.map { [column: $0] } ?? [:]), digest: [])
        }
        return TableManifest(
            batches: batches, collations: collation.map { [column: $0] } ?? [:],
            keyColumn: isRowid ? column : nil)
    }

    private static func zone(_ minimum: Value?, _ maximum: Value?, hasNull: Bool = false) -> Zone {
        Zone(minimum: minimum, maximum: maximum, hasNull: hasNull)
    }

    private static func numbers(
        _ manifest: TableManifest, _ comparisons: ColdConstraint.Comparison...,
        collation: Collation = .binary
    ) -> [Int64] {
        var manifest = manifest
        return manifest.candidates(
            for: comparisons.map {
                ColdConstraint(column: column, comparison: $0, collation: collation)
            }
        ).map(\.visible.number)
    }

    /// 1: 0–9, 2: 5–14, 3: nothing known, 4: only NULL, 5: 20 without an end, 6: 9–9 and NULL.
    private static let mixed = manifest([
        zone(0, 9), zone(5, 14), nil, zone(nil, nil, hasNull: true), zone(20, nil),
        zone(9, 9, hasNull: true),
    ])

    @Test(
        arguments: [
            (ColdConstraint.Comparison.equal(9), [1, 2, 3, 6]), (.equal(10), [2, 3]),
            (.equal(-1), [3]), (.equal(15), [3]), (.equal(20), [3, 5]), (.equal("a"), [3, 5]),
            (.equal(.null), [3]), (.oneOf([]), [3]), (.oneOf([.null]), [3]),
            (.oneOf([0, 14, 99]), [1, 2, 3, 5]),
            (.less(0), [3]), (.lessOrEqual(0), [1, 3]), (.less(5), [1, 3]),
            (.lessOrEqual(5), [1, 2, 3]), (.less(21), [1, 2, 3, 5, 6]),
            (.greater(14), [3, 5]), (.greaterOrEqual(14), [2, 3, 5]), (.greater(9), [2, 3, 5]),
            (.greaterOrEqual(9), [1, 2, 3, 5, 6]), (.less(.null), [3]),
            (.isNull, [3, 4, 6]), (.isNotNull, [1, 2, 3, 5, 6]),
        ] as [(ColdConstraint.Comparison, [Int64])])
    func `a comparison meets the batches whose range it touches`(
        comparison: ColdConstraint.Comparison, expected: [Int64]
    ) {
        #expect(Self.numbers(Self.mixed, comparison) == expected)
    }

    @Test func `several comparisons meet the batches that each of them meets`() {
        #expect(Self.numbers(Self.mixed, .greaterOrEqual(6), .less(9)) == [1, 2, 3])
        #expect(Self.numbers(Self.mixed, .equal(9), .isNull) == [3, 6])
        #expect(Self.numbers(Self.mixed, .less(0), .greater(0)) == [3])
        #expect(Self.numbers(Self.mixed) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `no batch is asked for where all zones exclude the value`() {
        let manifest = Self.manifest([Self.zone(1, 2), Self.zone(3, 4)])
        #expect(Self.numbers(manifest, .equal(5)) == [])
        #expect(Self.numbers(manifest, .less(9), .greater(4)) == [])
        #expect(Self.numbers(Self.manifest([]), .equal(5)) == [])
        #expect(Self.manifest([]).isEmpty && !manifest.isEmpty && manifest.rowCount == 20)
    }

    @Test func `zones are in the order of the column's collation and say nothing of others`() {
        let manifest = Self.manifest(
            [Self.zone("B", "c"), Self.zone("x", "Y")], collation: .nocase)
        #expect(Self.numbers(manifest, .equal("C"), collation: .nocase) == [1])
        #expect(Self.numbers(manifest, .equal("X"), collation: .nocase) == [2])
        #expect(Self.numbers(manifest, .equal("C"), collation: .binary) == [1, 2])
        let unknown = Self.manifest([Self.zone("B", "c")], collation: nil)
        #expect(Self.numbers(unknown, .equal("z")) == [1])
    }

    @Test func `an index over many batches finds what looking at each one finds`() {
        // Ranges of several lengths, so that long ones lie behind short ones that ended before.
        let zones = (0..<200).map { index -> Zone? in
            guard index % 17 != 3 else { return nil }
            let first = Int64(index * 37 % 101)
            let length = Int64(index % 5 == 0 ? index % 60 : index % 3)
            return Self.zone(
                .integer(first), index % 41 == 7 ? nil : .integer(first + length),
                hasNull: index % 2 == 0)
        }
        let manifest = Self.manifest(zones)
        for value in -1...160 {
            for comparison in [
                ColdConstraint.Comparison.equal(.integer(Int64(value))),
                .less(.integer(Int64(value))), .lessOrEqual(.integer(Int64(value))),
                .greater(.integer(Int64(value))), .greaterOrEqual(.integer(Int64(value))),
                .oneOf([.integer(Int64(value)), .integer(Int64(value * 2))]),
            ] {
                let constraint = ColdConstraint(column: Self.column, comparison: comparison)
                let expected = zones.indices.filter {
                    zones[$0]?.canContain(constraint, collation: .binary) ?? true
                }.map { Int64($0) + 1 }
                #expect(Self.numbers(manifest, comparison) == expected, "\(comparison)")
            }
        }
    }

    // MARK: Bounds

    @Test func `the least and the greatest value of batches are told where all have zones`() {
        var manifest = Self.mixed
        let all = manifest.batches
        func bounds(_ numbers: Int...) -> [Value?] {
            let batches = numbers.map { all[$0 - 1] }
            return [false, true].map {
                manifest.bound(of: Self.column, isMaximum: $0, in: batches)
            }
        }
        #expect(bounds(1, 2) == [0, 14])
        #expect(bounds(2, 1) == [0, 14])
        // NULL is the least value, and a batch of NULLs has no other.
        #expect(bounds(1, 6) == [.null, 9])
        #expect(bounds(4) == [.null, .null])
        #expect(bounds(4, 1) == [.null, 9] && bounds(1, 4) == [.null, 9])
        #expect(bounds(1, 5) == [0, nil] && bounds(1, 3) == [nil, nil])
        #expect(manifest.bound(of: 6, isMaximum: true, in: all) == nil)
    }

    @Test func `a batch of another manifest has no zone`() {
        var manifest = Self.manifest([Self.zone(1, 2)])
        let stranger = Self.mixed.batches[4]
        #expect(manifest.zone(of: Self.column, in: stranger) == nil)
        #expect(manifest.bound(of: Self.column, isMaximum: false, in: [stranger]) == nil)
        #expect(manifest.zone(of: Self.column, in: manifest.batches[0]) == Self.zone(1, 2))
        #expect(manifest.zone(of: 6, in: manifest.batches[0]) == nil)
    }

    @Test(
        arguments: [
            (
                [
                    Zone(minimum: 3, maximum: 9, hasNull: false),
                    Zone(minimum: 1, maximum: 4, hasNull: false),
                ],
                1...9
            ),
            ([Zone(minimum: 3, maximum: 9, hasNull: false), nil], nil),
            ([Zone(minimum: 3, maximum: nil, hasNull: false)], nil),
            ([Zone(minimum: 3, maximum: "x", hasNull: false)], nil),
            ([], nil),
        ] as [([Zone?], ClosedRange<Int64>?)])
    func `the range of all cold rowids is known where each batch tells its own`(
        zones: [Zone?], rowids: ClosedRange<Int64>?
    ) {
        #expect(Self.manifest(zones, isRowid: true).rowids == rowids)
        #expect(Self.manifest(zones).rowids == nil)
    }
}
