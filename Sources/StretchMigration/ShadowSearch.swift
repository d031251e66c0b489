package import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// Finds visible cold rows whose keys are hot because a program without Stretch inserted rows.
///
/// Only hot keys within the key ranges of the batches are looked up. In the usual case, with old
/// rows cold and new rows hot, the search costs one index lookup and no round trip.
package struct ShadowSearch {
    /// A hidden row, by location and key.
    package struct Finding {
        let location: ColdLocation
        let key: [Value]
    }

    private let connection: Connection
    private let table: StretchedTable
    private let terms: [KeyTerm]
    private let collations: [Collation]
    private let ids: [Int64]
    private let source: String
    private let batches: [ManifestBatch]
    /// Disjoint ranges of the key's first column; `nil` means unbounded.
    private let ranges: [(minimum: Value?, maximum: Value?)]
    private static let maximumRangeCount = 500
    private static let chunkRowCount = 500

    /// - Returns: `nil` for a table without a key, or with a collation that is not built in.
    package init?(_ table: StretchedTable, _ schema: TableSchema, _ catalog: Catalog) throws {
        let columns = table.currentColumns
        let terms = schema.keyTerms
        self.terms = terms
        collations = terms.compactMap(\.collation)
        guard schema.keyKind.isKeyed, !terms.isEmpty, collations.count == terms.count,
            columns.map(\.name).areSameTexts(as: schema.columns.map(\.name))
        else { return nil }
        connection = catalog.connection
        self.table = table
        let keyIDs = terms.map { columns[$0.column].id }
        ids = keyIDs
        source = "main.\(schema.name.quotedName) AS h"
        let batches = try catalog.batches(table: table.id)
        self.batches = batches
        let isZoned = collations[0] == schema.columns[terms[0].column].collation
        let zones = batches.map { $0.zones.zone(of: keyIDs[0]) }
        ranges = isZoned ? Self.merged(zones, collations[0]) : batches.isEmpty ? [] : [(nil, nil)]
    }

    private static func merged(
        _ zones: [Zone?], _ collation: Collation
    ) -> [(minimum: Value?, maximum: Value?)] {
        guard !zones.isEmpty else { return [] }
        // Rows with NULL in the key are not migrated, so a zone without a minimum is unknown.
        let known = zones.compactMap { zone in zone?.minimum.map { ($0, zone?.maximum) } }
        guard known.count == zones.count else { return [(nil, nil)] }
        var result: [(minimum: Value?, maximum: Value?)] = []
        for (minimum, maximum) in known.sorted(by: { $0.0.compare($1.0, collation) < 0 }) {
            guard let last = result.last else {
                result = [(minimum, maximum)]
                continue
            }
            guard let end = last.maximum else { break }
            if end.compare(minimum, collation) < 0 {
                result.append((minimum, maximum))
            } else if maximum.map({ $0.compare(end, collation) > 0 }) ?? true {
                result[result.count - 1].maximum = maximum
            }
        }
        guard result.count > maximumRangeCount else { return result }
        return [(result[0].minimum, result[result.count - 1].maximum)]
    }

    // MARK: Hot keys

    /// Returns the number of hot keys that a cold row can have, without a round trip.
    package func hotKeyCount() throws(SQLiteError) -> Int64 {
        var count: Int64 = 0
        for range in ranges { count += try hotKeyCount(in: range) }
        return count
    }

    private func hotKeyCount(
        in range: (minimum: Value?, maximum: Value?)
    ) throws(SQLiteError) -> Int64 {
        let statement = try connection.cached(
            "SELECT count(*) FROM \(source) WHERE \(condition(range))")
        return try statement.bind([range.minimum ?? .null, range.maximum ?? .null])
            .firstRow()?.first?.integerValue ?? 0
    }

    /// Both parameters occur in every form, so that both can be bound.
    private func condition(_ range: (minimum: Value?, maximum: Value?)) -> String {
        let column = terms[0].sql("h")
        let parts = [
            range.minimum == nil ? "?1 IS NULL" : "\(column) >= ?1",
            range.maximum == nil ? "?2 IS NULL" : "\(column) <= ?2",
        ]
        return (parts + terms.map { "h.\($0.name.quotedName) IS NOT NULL" })
            .joined(separator: " AND ")
    }

    // MARK: Cold keys

    /// Returns the hidden rows among a part of the hot keys.
    ///
    /// - Parameters:
    ///   - first: The number of hot keys to skip, in the order of the ranges.
    ///   - limit: The maximum number of hot keys to look up.
    package func findings(
        from first: Int64, limit: Int64, endpoint: any Endpoint, at position: TimelinePosition
    ) throws -> [Finding] {
        var findings: [Finding] = []
        var (skip, rest) = (first, limit)
        let order = terms.map { $0.sql("h") + ($0.isDescending ? " DESC" : "") }
            .joined(separator: ", ")
        let columns = terms.map { "h.\($0.name.quotedName)" }.joined(separator: ", ")
        for range in ranges where rest > 0 {
            let count = skip > 0 ? try hotKeyCount(in: range) : 0
            guard skip == 0 || skip < count else {
                skip -= count
                continue
            }
            let statement = try connection.prepare(
                """
                SELECT \(columns) FROM \(source) WHERE \(condition(range)) ORDER BY \(order) \
                LIMIT ?3 OFFSET ?4
                """)
            try statement.bind([
                range.minimum ?? .null, range.maximum ?? .null, .integer(rest), .integer(skip),
            ])
            skip = 0
            var keys: [[Value]] = []
            while try statement.step() {
                keys.append(terms.indices.map { statement.column($0) })
                rest -= 1
                guard keys.count == Self.chunkRowCount else { continue }
                findings += try visible(keys, endpoint, position)
                keys = []
            }
            findings += try visible(keys, endpoint, position)
        }
        return findings
    }

    private func visible(
        _ keys: [[Value]], _ endpoint: any Endpoint, _ position: TimelinePosition
    ) throws -> [Finding] {
        guard !keys.isEmpty else { return [] }
        let wanted = Set(keys.map { KeyIdentity.encode($0, collations) })
        let constraint = ColdConstraint(
            column: ids[0], comparison: .oneOf(Array(Set(keys.map { $0[0] }))),
            collation: collations[0])
        var request = ColdScanRequest(
            relation: table.relation, position: position, batches: batches.map(\.visible),
            columns: ids, constraints: [constraint])
        request.hidesRows = true
        let scan = try endpoint.scan(request)
        let page = RowBuffer(columnCount: ids.count)
        var findings: [Finding] = []
        while try scan.nextPage(into: page, maximumRowCount: 1_024) {
            for row in 0..<page.rowCount {
                let key = page.values(ofRow: row)
                let location = ColdLocation(packed: page.rowIdentifiers[row])
                guard wanted.contains(KeyIdentity.encode(key, collations)),
                    try !Catalog(connection).isHidden(location)
                else { continue }
                findings.append(Finding(location: location, key: key))
            }
        }
        return findings
    }
}
