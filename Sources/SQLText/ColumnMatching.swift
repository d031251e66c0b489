internal import StretchCore
internal import StretchText

/// Matches each current column of a table to its stored column.
struct ColumnMatching {
    private let stored: [StoredColumn]
    private let current: [(name: String, declaredType: String)]
    private let table: String
    /// For each current column, the index of its stored column.
    private var matches: [Int?]
    /// Stored columns that are known to have been dropped.
    private var replaced: Set<Int> = []
    /// Current columns whose match was given by a hint.
    private var told: Set<Int> = []

    init(
        stored: [StoredColumn], current: [(name: String, declaredType: String)], table: String
    ) {
        self.stored = stored
        self.current = current
        self.table = table
        matches = Array(repeating: nil, count: current.count)
    }

    /// Returns the index of the stored column at a current position, or `nil` for a new column.
    func storedIndex(at position: Int) -> Int? { matches[position] }

    /// Returns the current position of a stored column, or `nil` if it was dropped.
    func position(ofStored index: Int) -> Int? { matches.firstIndex(of: index) }

    /// Returns whether two declared types are equal, ignoring case and white space.
    static func isSameType(_ left: String, _ right: String) -> Bool {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let words = { (type: String) in type.foldingCase.utf8.split(whereSeparator: isSpace) }
        return words(left).elementsEqual(words(right)) { $0.elementsEqual($1) }
    }

    /// Matches the columns as far as hints, values, names and order determine them.
    mutating func match(_ evidence: ColumnEvidence, _ hints: [ColumnHint]) throws(StretchError) {
        try applyHints(hints)
        switch evidence {
        case .remade(let proved, let doubted):
            try matchValues(proved)
            try matchNames(doubted: doubted)
            try requireNoneLeft()
        case .altered where isInOrder, .unknown where isInOrder:
            if evidence == .unknown { try refuseMovedNames() }
            matchNamesInOrder()
            try matchGaps()
            try checkTypes()
        case .altered:
            throw contradiction("renaming does not change the order of columns")
        case .unknown:
            // ALTER TABLE moves no column, so the hints speak of a table that was made anew.
            try matchNames(doubted: [])
            try requireNoneLeft()
        }
    }

    // MARK: Hints

    /// Applies the hints.
    private mutating func applyHints(_ hints: [ColumnHint]) throws(StretchError) {
        for hint in hints {
            switch hint {
            case .sameTable: break
            case .replaced(let name):
                replaced.insert(try storedIndex(named: name))
            case .renamed(let from, let to):
                let index = try storedIndex(named: from)
                guard let position = current.firstIndex(where: { $0.name.isEqualFoldingCase(to) })
                else { throw contradiction("no column is called \"\(to)\"") }
                guard matches[position] == nil, !matches.contains(index) else {
                    throw contradiction("\"\(from)\" or \"\(to)\" is named twice")
                }
                matches[position] = index
                told.insert(position)
            }
        }
        guard replaced.isDisjoint(with: matches.compactMap { $0 }) else {
            throw contradiction("a column cannot be both renamed and replaced")
        }
    }

    /// Whether the matches so far keep the order of the columns.
    private var isInOrder: Bool {
        let order = matches.compactMap { $0 }
        return order == order.sorted()
    }

    // MARK: A table that was made anew

    /// Matches columns with the same values.
    private mutating func matchValues(_ proved: [Int: Int]) throws(StretchError) {
        for (index, position) in proved.sorted(by: { $0.key < $1.key }) {
            guard matches[position] == nil, !matches.contains(index), !replaced.contains(index)
            else { continue }
            let name = stored[index].name
            let named = current.firstIndex { $0.name.isEqualFoldingCase(name) }
            // Two names were swapped, or two columns have the same values.
            if let named, named != position { throw ambiguity([index], [position]) }
            matches[position] = index
        }
    }

    /// Matches equal names, in any order.
    private mutating func matchNames(doubted: Set<Int>) throws(StretchError) {
        for (position, column) in current.enumerated() where matches[position] == nil {
            guard let index = unmatchedIndex(named: column.name) else { continue }
            let isSame = Self.isSameType(column.declaredType, stored[index].declaredType)
            guard isSame || !doubted.contains(index) else { throw conversion(index, position) }
            matches[position] = index
        }
    }

    /// Throws if columns are both missing and new.
    private func requireNoneLeft() throws(StretchError) {
        let missing = missing(in: 0..<stored.count)
        let new = matches.indices.filter { matches[$0] == nil }
        guard missing.isEmpty || new.isEmpty else { throw ambiguity(missing, new) }
    }

    // MARK: A table that was altered

    /// Throws if a name is no longer in its old order.
    ///
    /// Its column was dropped and added again, or the table was made anew in another order.
    private func refuseMovedNames() throws(StretchError) {
        var last = -1
        for (position, column) in current.enumerated() where matches[position] == nil {
            guard let index = unmatchedIndex(named: column.name) else { continue }
            guard index > last else { throw ambiguity([index], [position]) }
            last = index
        }
    }

    /// Matches equal names that are still in their old order.
    ///
    /// A column after one that used to follow it was dropped and added again, so it is a new
    /// column.
    private mutating func matchNamesInOrder() {
        var last = -1
        for (position, column) in current.enumerated() {
            if let index = matches[position] {
                last = index
                continue
            }
            let nextTold = matches[(position + 1)...].lazy.compactMap { $0 }.first ?? stored.count
            guard let index = unmatchedIndex(named: column.name), index > last, index < nextTold
            else { continue }
            matches[position] = index
            last = index
        }
    }

    /// Matches renamed columns: a new name before a kept column can only be an old column.
    private mutating func matchGaps() throws(StretchError) {
        let kept = matches.indices.filter { matches[$0] != nil }
        var firstMissing = 0
        var firstNew = 0
        for position in kept {
            guard let index = matches[position] else { continue }
            let missing = missing(in: firstMissing..<index)
            let new = Array(firstNew..<position)
            guard new.isEmpty || missing.count == new.count else {
                // A new column before a kept one may also mean that the kept one is a different
                // column now.
                throw ambiguity(missing.isEmpty ? [index] : missing, new)
            }
            // Without a new column in the gap, its missing columns were dropped.
            for (index, position) in zip(missing, new) { matches[position] = index }
            firstMissing = index + 1
            firstNew = position + 1
        }
        let trailing = missing(in: firstMissing..<stored.count)
        let new = Array(firstNew..<current.count)
        guard trailing.isEmpty || new.isEmpty else { throw ambiguity(trailing, new) }
    }

    /// Throws if a column kept its name or its position but has another type.
    ///
    /// ALTER TABLE changes no type, so the column may be another one.
    private func checkTypes() throws(StretchError) {
        for (position, index) in matches.enumerated() where !told.contains(position) {
            guard let index else { continue }
            let isSame = Self.isSameType(current[position].declaredType, stored[index].declaredType)
            guard isSame else { throw ambiguity([index], [position]) }
        }
    }

    /// Returns the index of the stored column with a name, unless it was matched or dropped.
    private func unmatchedIndex(named name: String) -> Int? {
        stored.firstIndex { $0.name.isEqualFoldingCase(name) }.flatMap { index in
            matches.contains(index) || replaced.contains(index) ? nil : index
        }
    }

    private func missing(in range: Range<Int>) -> [Int] {
        range.filter { !replaced.contains($0) && !matches.contains($0) }
    }

    // MARK: Errors

    private func storedIndex(named name: String) throws(StretchError) -> Int {
        let index = stored.firstIndex { $0.name.isEqualFoldingCase(name) }
        guard let index else { throw contradiction("no column was called \"\(name)\"") }
        return index
    }

    private func contradiction(_ reason: String) -> StretchError {
        StretchError(
            .invalidArgument, "table \"\(table)\": its column hints are wrong: \(reason)",
            hint: "Name the columns as they were, and as they are now: "
                + "\(advice: .renameColumn(table: table, from: nil, to: nil)).")
    }

    /// Returns the error for a column with the old name and another type, in which no value is what
    /// it was.
    private func conversion(_ index: Int, _ position: Int) -> StretchError {
        let (name, type) = (stored[index].name, current[position].declaredType)
        return StretchError(
            .schemaMismatch,
            "table \"\(table)\": column \"\(name)\" \(type) has none of the values that "
                + "\"\(name)\" \(stored[index].declaredType) had, and it is unknown whether it is "
                + "the same column",
            hint: "If it is, its cold values take the new type: "
                + "\(advice: .convertColumn(table: table, name)). If it is another one: "
                + "\(advice: .replaceColumn(table: table, name)).")
    }

    /// Returns the error for columns, at least one each, whose history is ambiguous.
    private func ambiguity(_ missing: [Int], _ new: [Int]) -> StretchError {
        let olds = missing.map { "\"\(stored[$0].name)\"" }.joined(separator: ", ")
        let news = new.map { position in
            "\"\(current[position].name)\" \(current[position].declaredType)"
        }.joined(separator: ", ")
        let (old, name) = (stored[missing[0]].name, current[new[0]].name)
        return StretchError(
            .schemaMismatch,
            "table \"\(table)\": its columns changed without Stretch, and it is unknown what "
                + "became of \(olds) and where \(news) came from",
            hint: "Where it was renamed: "
                + "\(advice: .renameColumn(table: table, from: old, to: name)). Where the old "
                + "column was dropped: \(advice: .replaceColumn(table: table, old)).")
    }
}
