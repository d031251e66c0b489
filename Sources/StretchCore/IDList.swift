internal import StretchText

/// Lists of ids as text.
package enum IDList {
    /// The ids, separated by commas.
    package static func text(_ ids: [Int64]) -> String {
        ids.map(String.init).joined(separator: ",")
    }

    /// The ids as a JSON array, the form stored in SQLite files.
    package static func json(_ ids: [Int64]) -> String { "[\(text(ids))]" }

    /// The ids of a comma-separated list, or `nil` if the text is not such a list.
    package static func ids(in text: String) -> [Int64]? {
        let ids = text.parts(between: ",", omitsEmptyParts: true).compactMap { Int64($0) }
        return IDList.text(ids).isSameText(as: text) ? ids : nil
    }
}

extension StoredRow {
    /// A JSON array of ids.
    package func ids(_ column: Int) throws(StretchError) -> [Int64] {
        let text = try string(column)
        guard let ids = IDList.ids(in: String(text.dropFirst().dropLast())),
            IDList.json(ids).isSameText(as: text)
        else { throw damaged(column, expected: "a JSON array of integers") }
        return ids
    }
}
