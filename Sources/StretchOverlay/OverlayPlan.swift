internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// A plan of one overlay: the constraints applied to both sides, the row order, and the columns
/// read.
///
/// It owns the statements of the hot side.
final class OverlayPlan {
    /// The identity of a plan.
    struct Key: Hashable {
        struct Term: Hashable {
            let column: Int
            let comparison: IndexRequest.Operator
            let collationName: String
            let isList: Bool
            /// Whether SQLite relies on both sides for the check.
            let isExact: Bool
            /// Whether it is not useful for the hot side.
            let isColdOnly: Bool
            /// Whether its value may come from a column of unknown affinity.
            var mayHaveAffinity = false
        }

        var terms: [Term]
        var orders: [IndexRequest.Order]
        var columnsUsed: UInt64
        /// Whether cold rows that are equal in the used columns may be returned once.
        var isDistinct = false
        /// Whether cold rows show their stored rowid.
        var showsRowid = false

        var withoutAffinities: Key {
            var key = self
            for index in key.terms.indices { key.terms[index].mayHaveAffinity = false }
            return key
        }
    }

    let key: Key
    /// The part of the key that determines which rows a scan looks up.
    private let lookupKey: Key
    let schema: TableSchema
    /// For each column of the table, its index in the hot statement, or -1; one more for a hidden
    /// key.
    ///
    /// Index 0 is the rowid.
    let hotColumns: UnsafeMutablePointer<Int32>
    /// For each column of the table, whether its values are never its default.
    let hasDirectValue: UnsafeMutablePointer<Bool>
    /// For each column of the table, its index in the pages, or -1; one more for a hidden key.
    let pageColumns: UnsafeMutablePointer<Int32>
    /// All columns, for pages of a scan that may write.
    let allPageColumns: UnsafeMutablePointer<Int32>
    /// The columns of pages: those of the statement, then the rest of the key.
    let coldColumns: [Int]
    /// Their ids.
    let coldColumnIDs: [Int64]
    /// The indexes of the key's columns among them.
    let keyPlaces: [Int]
    /// The index of the stored rowid in pages of the statement's columns; `nil` if it is not shown.
    let rowidPlace: Int?
    /// The number of columns that the statement reads; the remaining columns determine which rows
    /// are hidden.
    let usedColumnCount: Int
    /// Whether the terms select at most one row.
    let isUnique: Bool
    /// Whether the scan selects the rows of one key.
    let isKeyGiven: Bool
    /// Whether only the number of rows matters.
    ///
    /// The statement uses only ranges of the rowid, which both sides check.
    let mayCount: Bool
    /// The term whose list is processed as a whole, or `nil`.
    let listTerm: Int?
    /// The bit of that term among dropped ones, or 0.
    let listBit: UInt64
    /// The statement of the last scan that could compare all terms, which the next scan nearly
    /// always uses.
    private var spareStatement: Statement?
    /// All other unused statements, by dropped terms.
    private var pools: [UInt64: [Statement]] = [:]

    /// - Parameters:
    ///   - columnIDs: The ids of the table's columns, in table order.
    ///   - rowidColumnID: The id of the column that stores rowids, or `nil`.
    init(key: Key, schema: TableSchema, columnIDs: [Int64], rowidColumnID: Int64?) {
        self.key = key
        lookupKey = key.withoutAffinities
        self.schema = schema
        let count = schema.columns.count
        hotColumns = .allocate(capacity: count + 1)
        hasDirectValue = .allocate(capacity: count + 1)
        hasDirectValue.initialize(repeating: false, count: count + 1)
        pageColumns = .allocate(capacity: count + 1)
        allPageColumns = .allocate(capacity: count + 1)
        hotColumns.initialize(repeating: -1, count: count + 1)
        pageColumns.initialize(repeating: -1, count: count + 1)
        allPageColumns.initialize(repeating: -1, count: count + 1)
        // In a table without rowids, the rest of a row cannot be requested later.
        let needsAll = schema.keyKind == .withoutRowid
        var hot: [Int] = []
        var cold: [Int] = []
        let ordered = Set(key.orders.map(\.column))
        let keyColumns = Set(schema.key)
        for column in 0..<count {
            let isUsed = needsAll || key.columnsUsed & (1 << UInt64(min(column, 63))) != 0
            if schema.keyKind == .rowid, column == schema.key[0] {
                hotColumns[column] = 0
            } else if isUsed || ordered.contains(column) {
                hotColumns[column] = Int32(hot.count + 1)
                hot.append(column)
            }
            if isUsed || ordered.contains(column) { cold.append(column) }
            allPageColumns[column] = Int32(column)
            hasDirectValue[column] = schema.columns[column].defaultText == nil
        }
        usedColumnCount = cold.count
        cold += keyColumns.subtracting(cold).sorted()
        for (place, column) in cold.enumerated() { pageColumns[column] = Int32(place) }
        selectedColumns = hot
        coldColumns = cold
        let shownRowid = key.showsRowid ? rowidColumnID : nil
        rowidPlace = shownRowid.map { _ in cold.count }
        coldColumnIDs = cold.map { columnIDs[$0] } + [shownRowid].compactMap(\.self)
        let places = pageColumns
        keyPlaces = schema.key.map { Int(places[$0]) }
        let equal = Set(key.terms.filter { $0.comparison == .equal }.map(\.column))
        isUnique =
            schema.keyKind == .rowid
            && (equal.contains(-1) || equal.contains(schema.key.first ?? -2))
        isKeyGiven =
            isUnique
            || schema.keyKind.isKeyed && schema.key.allSatisfy { equal.contains($0) }
        listTerm = key.terms.firstIndex(where: \.isList)
        listBit = listTerm.map { 1 << UInt64($0) } ?? 0
        let compared = key.terms.reduce(into: UInt64(0)) { bits, term in
            if term.column >= 0 { bits |= 1 << UInt64(min(term.column, 63)) }
        }
        mayCount =
            key.orders.isEmpty && key.columnsUsed & ~compared == 0
            && key.terms.allSatisfy { $0.isExact && $0.comparison != .equal }
    }

    /// Returns whether the scans of two plans look up the same rows; a parameter of one may be a
    /// literal of the other.
    func isSameLookup(as other: OverlayPlan) -> Bool {
        self === other || lookupKey == other.lookupKey
    }

    deinit {
        hotColumns.deallocate()
        hasDirectValue.deallocate()
        pageColumns.deallocate()
        allPageColumns.deallocate()
    }

    private let selectedColumns: [Int]

    // MARK: Statements

    /// Takes a statement from the pool, or prepares one.
    ///
    /// - Parameter dropped: The terms, one bit each, whose value cannot be compared in the inner
    ///   statement.
    func takeStatement(dropped: UInt64, on connection: Connection) throws(SQLiteError) -> Statement
    {
        if dropped == 0, let statement = spareStatement {
            spareStatement = nil
            return statement
        }
        if let statement = pools[dropped]?.popLast() { return statement }
        return try connection.prepare(sql(dropped: dropped))
    }

    /// Returns a statement to the pool, after a reset so that it holds no snapshot.
    func putStatement(_ statement: Statement, dropped: UInt64) {
        statement.reset()
        if dropped == 0, spareStatement == nil {
            spareStatement = statement
        } else {
            pools[dropped, default: []].append(statement)
        }
    }

    /// Returns the statement of the hot side: `SELECT h.rowid, h."a" FROM main."t" AS h WHERE …`.
    ///
    /// Names are always qualified, because SQLite reads an unknown unqualified name in double
    /// quotes as a string.
    func sql(dropped: UInt64) -> String {
        var columns = [schema.rowidName.map { "h.\($0)" } ?? "0"]
        columns += selectedColumns.map { "h.\(schema.columns[$0].name.quotedName)" }
        var sql = """
            \(Overlay.innerMark) SELECT \(columns.joined(separator: ", ")) \
            FROM main.\(schema.name.quotedName) AS h
            """
        var conditions: [String] = []
        for (index, term) in key.terms.enumerated()
        where dropped & (1 << UInt64(index)) == 0 && !term.isColdOnly {
            conditions.append(condition(term, parameter: index + 1))
        }
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        if !key.orders.isEmpty {
            let terms = key.orders.map { name(of: $0.column) + ($0.isDescending ? " DESC" : "") }
            sql += " ORDER BY " + terms.joined(separator: ", ")
        }
        return sql
    }

    private func name(of column: Int) -> String {
        guard column >= 0 else { return "h.\(schema.rowidName ?? "rowid")" }
        return "h.\(schema.columns[column].name.quotedName)"
    }

    private func condition(_ term: Key.Term, parameter: Int) -> String {
        let name = name(of: term.column)
        let column = term.column >= 0 ? schema.columns[term.column] : nil
        let collation =
            term.collationName == column?.collationName ?? "BINARY"
            ? "" : " COLLATE \(term.collationName.quotedName)"
        switch term.comparison {
        case .isNull: return "\(name) IS NULL"
        case .isNotNull: return "\(name) IS NOT NULL"
        case .equal where column?.affinity == .blob:
            // The inner side applies no affinity, but the outer side may; this selects all values
            // that it could make equal.
            return """
                (\(name) = ?\(parameter)\(collation) \
                OR (\(name) >= '' AND \(name) < x'' \
                AND typeof(?\(parameter)) IN ('integer', 'real')) \
                OR (\(name) < '' AND typeof(?\(parameter)) = 'text'))
                """
        default:
            return "\(name) \(term.comparison.sql) ?\(parameter)\(collation)"
        }
    }
}

extension IndexRequest.Operator {
    var sql: String {
        switch self {
        case .equal: "="
        case .greater: ">"
        case .lessOrEqual: "<="
        case .less: "<"
        case .greaterOrEqual: ">="
        case .identical: "IS"
        case .like: "LIKE"
        case .glob: "GLOB"
        case .isNull, .isNotNull, .other: preconditionFailure("an operator without a right side")
        }
    }

    /// Whether the operator takes a value.
    var hasValue: Bool { self != .isNull && self != .isNotNull }
}
