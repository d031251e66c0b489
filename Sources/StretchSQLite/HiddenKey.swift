/// The rowids of external rows, in tables whose own rowids are small.
package enum HiddenRowid {
    private static let base: Int64 = 1 << 62

    package static func make(_ identifier: Int64) -> Int64 { base | identifier }
    package static func identifier(of rowid: Int64) -> Int64? {
        rowid >= base ? rowid & (base - 1) : nil
    }
}

/// The content of the hidden key column of a table without rowids.
package enum HiddenKey {
    /// A row of the inner statement, by its key values.
    case hot([Value])
    /// An external row, by its identifier.
    case cold(Int64)

    package var value: Value {
        switch self {
        case .hot(let values): .blob([0] + Value.encode(values))
        case .cold(let identifier): .blob([1] + Value.encode([.integer(identifier)]))
        }
    }

    package init?(_ value: Value) {
        guard case .blob(let bytes) = value, let first = bytes.first,
            let values = Value.decode(Array(bytes.dropFirst()))
        else { return nil }
        if first == 0 {
            self = .hot(values)
        } else {
            guard let identifier = values.first?.integerValue else { return nil }
            self = .cold(identifier)
        }
    }
}
