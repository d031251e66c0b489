import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchMigration

@Suite struct UniqueListTests {
    private func contains(_ fingerprint: UInt64, _ page: [UInt8], _ count: Int) -> Bool? {
        page.withUnsafeBytes { UniqueListPage.contains(fingerprint, $0, count: count) }
    }

    private func decode(_ page: [UInt8], _ count: Int) -> [UInt64]? {
        page.withUnsafeBytes { UniqueListPage.decode($0, count: count) }
    }

    @Test(arguments: [1, 2, 127, 128, 129, 256, 1_000, UniqueListPage.maximumCount])
    func `a page holds its fingerprints and no other`(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        for bits in [14, 24, 40] where bits > 13 || count <= 128 {
            var chosen: Set<UInt64> = []
            while chosen.count < min(count, 1 << (bits - 1)) {
                chosen.insert(random.next() >> UInt64(64 - bits))
            }
            let sorted = chosen.sorted()
            let page = UniqueListPage.encode(sorted)
            #expect(decode(page, sorted.count) == sorted)
            for fingerprint in sorted.prefix(300) + sorted.suffix(300) {
                #expect(contains(fingerprint, page, sorted.count) == true)
                for other in [fingerprint &+ 1, fingerprint &- 1] where !chosen.contains(other) {
                    #expect(contains(other, page, sorted.count) == false)
                }
            }
        }
    }

    @Test func `distances of any size are kept`() throws {
        let top: UInt64 = 1 << 40 - 1
        for list in [[0, 1, top], [0, top - 1, top], [5], [top], Array(0...300) + [top]] {
            #expect(decode(UniqueListPage.encode(list), list.count) == list)
        }
    }

    @Test func `a damaged page is recognized or harmless`() throws {
        let sorted = (0..<500).map { UInt64($0 * $0 * 1_000) }
        let page = UniqueListPage.encode(sorted)
        for length in stride(from: 0, to: page.count, by: 7) {
            _ = decode(Array(page.prefix(length)), sorted.count)
            _ = contains(7_000, Array(page.prefix(length)), sorted.count)
        }
        for place in page.indices {
            var damaged = page
            damaged[place] ^= 0xff
            _ = decode(damaged, sorted.count)
            _ = contains(123_456, damaged, sorted.count)
        }
    }

    @Test func `equal values have the same fingerprint, and others another one`() throws {
        func make(_ value: Value, _ collation: Collation = .binary) -> UInt64 {
            UniqueFingerprint.make([value], [collation], salt: 7)
        }
        #expect(make(1) == make(.real(1)))
        #expect(make("Ab", .nocase) == make("aB", .nocase))
        #expect(make("a  ", .rtrim) == make("a", .rtrim))
        #expect(make("a  ") != make("a"))
        #expect(make("1") != make(1))
        let numbers = Set((0..<100_000).map { make(.integer($0)) })
        let texts = Set((0..<100_000).map { make(.text(Text("user-\($0)@example.org"))) })
        #expect(numbers.count > 99_990 && texts.count > 99_990)
        #expect(numbers.intersection(texts).count < 10)
        #expect(numbers.allSatisfy { $0 >> 40 == 0 })
    }
}
