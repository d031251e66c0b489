internal import StretchText

/// Words that were probably meant by misspelled ones.
enum EditDistance {
    /// Returns whether at most some letters of two words were typed wrongly, left out, added, or
    /// swapped with their neighbour.
    static func `is`(_ word: [UInt8], _ other: [UInt8], atMost limit: Int) -> Bool {
        guard abs(word.count - other.count) <= limit else { return false }
        var rows = [Array(0...other.count)]
        for (index, letter) in word.enumerated() {
            var row = [index + 1]
            for (column, wanted) in other.enumerated() {
                var cost = min(row[column], rows[index][column + 1]) + 1
                cost = min(cost, rows[index][column] + (letter == wanted ? 0 : 1))
                if index > 0, column > 0, letter == other[column - 1], word[index - 1] == wanted {
                    cost = min(cost, rows[index - 1][column - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[word.count][other.count] <= limit
    }

    /// Returns the word nearest to a misspelled one, if a third of its letters at most are wrong,
    /// or if it begins with the given letters.
    static func nearest(to word: String, among words: [String]) -> String? {
        let typed = Array(word.foldingCase.utf8)
        guard !typed.isEmpty else { return nil }
        for limit in 0...max(1, typed.count / 3) {
            let near = words.first { EditDistance.is(typed, Array($0.utf8), atMost: limit) }
            if let near { return near }
        }
        return words.first { $0.beginsWith(word.foldingCase) }
    }
}
