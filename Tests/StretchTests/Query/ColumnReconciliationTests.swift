import SQLText
import StretchCore
import StretchTestSupport
import Testing

@Suite struct ColumnReconciliationTests {
    /// Columns of identities from 1, written as names with an optional type: `a:TEXT`.
    private static func stored(_ text: String) -> [StoredColumn] {
        current(text).enumerated().map { index, column in
            StoredColumn(id: index + 1, name: column.name, declaredType: column.declaredType)
        }
    }

    private static func current(_ text: String) -> [(name: String, declaredType: String)] {
        text.split(separator: " ").map { word in
            let parts = word.split(separator: ":")
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    private func reconcile(
        _ old: String, _ new: String, _ hints: [ColumnHint] = [],
        evidence: ColumnEvidence = .altered
    ) throws -> ColumnReconciliation {
        try ColumnReconciliation(
            stored: Self.stored(old), current: Self.current(new), nextID: 10, evidence: evidence,
            hints: hints, table: "orders")
    }

    private static func added(_ id: Int, _ name: String) -> ColumnReconciliation.Change {
        .added(StoredColumn(id: id, name: name, declaredType: ""))
    }

    @Test(
        arguments: [
            ("a b", "a b", [], [1, 2]),
            ("a b", "a b c d", [added(10, "c"), added(11, "d")], [1, 2, 10, 11]),
            ("a b c", "a c", [.dropped(id: 2)], [1, 3]),
            ("a b c", "a b", [.dropped(id: 3)], [1, 2]),
            ("a b c", "a x c", [.renamed(id: 2, to: "x")], [1, 2, 3]),
            (
                "a b c d", "x y c d", [.renamed(id: 1, to: "x"), .renamed(id: 2, to: "y")],
                [1, 2, 3, 4]
            ),
            ("a b c", "x c d", nil, []),
            ("a b c", "x b d", nil, []),
            ("a b c", "x b c d", [.renamed(id: 1, to: "x"), added(10, "d")], [1, 2, 3, 10]),
            ("a b c", "a c b", [.dropped(id: 2), added(10, "b")], [1, 3, 10]),
            (
                "a b c d", "d a b c",
                [
                    .dropped(id: 1), .dropped(id: 2), .dropped(id: 3), added(10, "a"),
                    added(11, "b"),
                    added(12, "c"),
                ], [4, 10, 11, 12]
            ),
            ("a b c", "a x c b", [.renamed(id: 2, to: "x"), added(10, "b")], [1, 2, 3, 10]),
            ("a B", "A b", [.renamed(id: 1, to: "A"), .renamed(id: 2, to: "b")], [1, 2]),
            ("a:INT b:text", "a:int b:TEXT", [], [1, 2]), ("a", "", [.dropped(id: 1)], []),
        ] as [(String, String, [ColumnReconciliation.Change]?, [Int])])
    func `columns are told by their names and their order`(
        old: String, new: String, changes: [ColumnReconciliation.Change]?, ids: [Int]
    ) throws {
        guard let changes else {
            #expect(throws: StretchError.self) { try reconcile(old, new) }
            return
        }
        let result = try reconcile(old, new)
        #expect(result.changes == changes)
        #expect(result.columns.map(\.id) == ids)
        #expect(result.columns.map(\.name) == Self.current(new).map(\.name))
    }

    @Test(
        arguments: [
            ("a b", "a x", .renameColumn(table: "orders", from: "b", to: "x")),
            ("a b", "a x", .replaceColumn(table: "orders", "b")),
            ("a", "x", .renameColumn(table: "orders", from: "a", to: "x")),
            ("a b c", "x c", .renameColumn(table: "orders", from: "a", to: "x")),
            ("a b", "a x b", .renameColumn(table: "orders", from: "b", to: "x")),
            ("a b", "a x b", .replaceColumn(table: "orders", "b")),
            ("a b c d", "a c b d", .replaceColumn(table: "orders", "d")),
            ("a b:INT", "a b:TEXT", .renameColumn(table: "orders", from: "b", to: "b")),
            ("a b:INT c", "a x:TEXT c", .replaceColumn(table: "orders", "b")),
            ("a b c", "a x y", .renameColumn(table: "orders", from: "b", to: "x")),
        ] as [(String, String, Advice)])
    func `what more than one history explains is refused with the way out`(
        old: String, new: String, advice: Advice
    ) {
        let error = #expect(throws: StretchError.self) { try reconcile(old, new) }
        #expect(error?.code == .schemaMismatch)
        #expect(error?.advice.contains(advice) == true, "\(error?.hint ?? "")")
    }

    @Test(
        arguments: [
            ("a b", "a x", [.renamed(from: "b", to: "x")], [.renamed(id: 2, to: "x")]),
            ("a b", "a x", [.replaced("B")], [.dropped(id: 2), added(10, "x")]),
            ("a b", "a b", [.replaced("b")], [.dropped(id: 2), added(10, "b")]),
            (
                "a b", "a x b", [.renamed(from: "b", to: "x")],
                [.renamed(id: 2, to: "x"), added(10, "b")]
            ),
            ("a b", "a x b", [.replaced("b")], [.dropped(id: 2), added(10, "x"), added(11, "b")]),
            (
                "a b c", "a b", [.replaced("b"), .renamed(from: "c", to: "b")],
                [.dropped(id: 2), .renamed(id: 3, to: "b")]
            ),
            (
                "a b c", "c x", [.renamed(from: "b", to: "x")],
                [.renamed(id: 1, to: "c"), .renamed(id: 2, to: "x"), .dropped(id: 3)]
            ),
            ("a b:INT", "a b:TEXT", [.renamed(from: "b", to: "b")], [.retyped(id: 2, to: "TEXT")]),
            (
                "a b c", "x y", [.renamed(from: "a", to: "x"), .renamed(from: "c", to: "y")],
                [.renamed(id: 1, to: "x"), .dropped(id: 2), .renamed(id: 3, to: "y")]
            ),
            (
                "a b c d", "a c b d", [.replaced("d")],
                [.dropped(id: 2), .dropped(id: 4), added(10, "b"), added(11, "d")]
            ),
        ] as [(String, String, [ColumnHint], [ColumnReconciliation.Change])])
    func `a hint decides`(
        old: String, new: String, hints: [ColumnHint], changes: [ColumnReconciliation.Change]
    ) throws {
        #expect(try reconcile(old, new, hints).changes == changes)
    }

    @Test(
        arguments: [
            [.replaced("z")], [.renamed(from: "z", to: "a")], [.renamed(from: "a", to: "z")],
            [.renamed(from: "a", to: "b"), .renamed(from: "b", to: "a")],
            [.renamed(from: "a", to: "a"), .renamed(from: "a", to: "b")],
            [.renamed(from: "a", to: "a"), .renamed(from: "b", to: "a")],
            [.replaced("a"), .renamed(from: "a", to: "b")],
        ] as [[ColumnHint]])
    func `a hint that contradicts the columns is refused`(hints: [ColumnHint]) {
        let error = #expect(throws: StretchError.self) { try reconcile("a b", "a b", hints) }
        #expect(error?.code == .invalidArgument)
    }

    // MARK: Random histories

    /// A table's columns with their true identities, altered as SQLite alters them.
    private struct History {
        var columns = [StoredColumn(id: 1, name: "a", declaredType: "")]
        var nextID = 2
        var freshNameCount = 0

        mutating func freshName() -> String {
            freshNameCount += 1
            return "n\(freshNameCount)"
        }

        /// Alters the table once.
        ///
        /// - Returns: What the ALTER itself tells.
        mutating func alter(
            newName: (inout History) -> String, using generator: inout SeededGenerator
        ) -> [ColumnHint] {
            let name = newName(&self)
            let isTaken = columns.contains { $0.name == name }
            let index = Int.random(in: 0..<columns.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where !isTaken:
                columns.append(StoredColumn(id: nextID, name: name, declaredType: ""))
                nextID += 1
                return []
            case 1 where !isTaken:
                let old = columns[index]
                columns[index] = StoredColumn(id: old.id, name: name, declaredType: "")
                return [.renamed(from: old.name, to: name)]
            default:
                guard columns.count > 1 else { return [] }
                return [.replaced(columns.remove(at: index).name)]
            }
        }
    }

    @Test func `every ALTER through Stretch is told exactly`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var history = History()
            for _ in 0..<30 {
                let before = history
                // Few names, so that dropped ones come again.
                let letter = ["a", "b", "c", "d", "e"].randomElement(using: &generator) ?? "a"
                let hints = history.alter(newName: { _ in letter }, using: &generator)
                let result = try ColumnReconciliation(
                    stored: before.columns,
                    current: history.columns.map { ($0.name, $0.declaredType) },
                    nextID: before.nextID, evidence: .altered, hints: hints, table: "t")
                #expect(result.columns == history.columns, "seed \(seed)")
            }
        }
    }

    @Test(
        arguments: [
            ("a b c", "c a b", [:], [], [3, 1, 2]),
            ("a:INT b", "b a:BOOLEAN", [:], [], [2, 1]),
            ("a b", "a b c", [:], [], [1, 2, 10]),
            ("a b c", "c a", [:], [], [3, 1]),
            ("a b c", "c x a", [1: 1], [], [3, 2, 1]),
            ("a b", "b:TEXT a", [:], [0], [2, 1]),
        ] as [(String, String, [Int: Int], Set<Int>, [Int])])
    func `columns of a table that was made anew are found in any order`(
        old: String, new: String, proved: [Int: Int], doubted: Set<Int>, ids: [Int]
    ) throws {
        let evidence = ColumnEvidence.remade(proved: proved, doubted: doubted)
        #expect(try reconcile(old, new, evidence: evidence).columns.map(\.id) == ids)
    }

    @Test(
        arguments: [
            // One is gone, and one is new.
            ("a b", "x a", [:], []),
            // The values of each are now under the other's name.
            ("a b", "a b", [0: 1, 1: 0], []),
            // Another type, and no value that was there.
            ("a b:INT", "a b:TEXT", [:], [1]),
        ] as [(String, String, [Int: Int], Set<Int>)])
    func `a table that was made anew is asked about where values and names differ`(
        old: String, new: String, proved: [Int: Int], doubted: Set<Int>
    ) throws {
        let error = #expect(throws: StretchError.self) {
            try reconcile(old, new, evidence: .remade(proved: proved, doubted: doubted))
        }
        #expect(error?.code == .schemaMismatch)
    }

    @Test func `without evidence a moved name is asked about, and hints answer`() throws {
        #expect(throws: StretchError.self) { try reconcile("a b c", "b a c", evidence: .unknown) }
        let kept = ["a", "b", "c"].map { ColumnHint.renamed(from: $0, to: $0) }
        let answered = try reconcile("a b c", "b a c", kept, evidence: .unknown)
        #expect(answered.columns.map(\.id) == [2, 1, 3])
        #expect(answered.changes.isEmpty)
    }

    @Test func `a history behind Stretch's back is told exactly or refused`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var toldCount = 0
        for _ in 0..<3_000 {
            var history = History()
            for _ in 0..<4 {
                let column = StoredColumn(
                    id: history.nextID, name: history.freshName(), declaredType: "")
                history.columns.append(column)
                history.nextID += 1
            }
            let before = history
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                _ = history.alter(newName: { $0.freshName() }, using: &generator)
            }
            let result = try? ColumnReconciliation(
                stored: before.columns,
                current: history.columns.map { ($0.name, $0.declaredType) },
                nextID: before.nextID, evidence: .altered, table: "t")
            guard let result else { continue }
            toldCount += 1
            let known = Set(before.columns.map(\.id))
            // New identities need not be the same numbers: a column added and dropped took one.
            let (told, truth) = (result.columns, history.columns)
            #expect(told.map(\.name) == truth.map(\.name), "seed \(seed)")
            for (left, right) in zip(told, truth) {
                let isRight =
                    left.id == right.id || !known.contains(left.id) && !known.contains(right.id)
                #expect(isRight, "seed \(seed): \(before.columns) to \(truth): \(told)")
            }
        }
        #expect(toldCount > 300, "seed \(seed): nearly everything is refused")
    }
}
