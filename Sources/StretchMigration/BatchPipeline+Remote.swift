internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension BatchPipeline {
    /// Step 3: reads the remote's copy and compares it byte by byte; the encoding is canonical.
    func remoteCopyIsEqual(to moving: MovingBatch) throws(StretchError) -> Bool {
        let rows = moving.rows
        let page = RowBuffer(columnCount: rows.columnCount, capacity: min(rows.byteCount, 4 << 20))
        let pageRowCount = RunContext.pageRowCount(
            rowCount: Int64(rows.rowCount), byteCount: Int64(rows.byteCount))
        var row = 0
        var offset = 0
        while row < rows.rowCount {
            try context.endpoint.read(
                batch: moving.batch.id, columns: moving.batch.columns, from: Int64(row),
                maximumRowCount: min(pageRowCount, rows.rowCount - row), into: page)
            guard page.rowCount > 0, page.rowCount <= rows.rowCount - row,
                page.byteCount <= rows.byteCount - offset
            else { return false }
            let expected = UnsafeRawBufferPointer(
                rebasing: rows.bytes[offset..<offset + page.byteCount])
            guard let left = page.bytes.baseAddress, let right = expected.baseAddress,
                memcmp(left, right, expected.count) == 0
            else { return false }
            row += page.rowCount
            offset += page.byteCount
        }
        return offset == rows.byteCount
    }

    /// Returns the visible cold rows in older batches that the batch's rows replace.
    ///
    /// They have the key of a row of the batch.
    ///
    /// Only batches with an overlapping key range are searched.
    func olderCopies(
        of moving: MovingBatch, at position: TimelinePosition
    ) throws(StretchError) -> [ColdLocation] {
        guard moving.schema.keyKind.isKeyed else { return [] }
        let terms = moving.schema.keyTerms
        let columns = moving.table.currentColumns
        let ids = terms.map { columns[$0.column].id }
        let entries = try local { () throws in
            try manifest.entries(of: moving.table, column: ids[0], catalog: catalog)
        }
        guard !entries.isEmpty else { return [] }
        let collations = terms.compactMap(\.collation)
        guard collations.count == terms.count else {
            throw StretchError(
                .unsupported,
                "table \"\(moving.table.name)\": its key has a collation that is not built in",
                hint: "Use BINARY, NOCASE or RTRIM for the key.")
        }
        let own = moving.zones.zone(of: ids[0])
        let zoneCollation = moving.schema.columns[terms[0].column].collation ?? .binary
        let overlapping = entries.filter { entry in
            guard let own, let zone = entry.zone, collations[0] == zoneCollation else {
                return true
            }
            return zone.overlaps(own, collation: zoneCollation)
        }
        guard !overlapping.isEmpty else { return [] }
        var keys: Set<[UInt8]> = []
        var firsts: Set<Value> = []
        for row in 0..<moving.rows.rowCount {
            let first = moving.rows.value(row: row, column: terms[0].column).value
            let constraint = ColdConstraint(
                column: ids[0], comparison: .equal(first), collation: collations[0])
            let canMatch = overlapping.contains { entry in
                entry.zone?.canContain(constraint, collation: zoneCollation) ?? true
            }
            guard canMatch else { continue }
            let values = terms.map { moving.rows.value(row: row, column: $0.column).value }
            keys.insert(KeyIdentity.encode(values, collations))
            firsts.insert(first)
        }
        return try cold(
            keys: keys, firsts: Array(firsts), ids: ids, collations: collations,
            batches: overlapping.map(\.batch), relation: moving.table.relation, at: position)
    }

    private func cold(
        keys: Set<[UInt8]>, firsts: [Value], ids: [Int64], collations: [Collation],
        batches: [VisibleBatch], relation: Int64, at position: TimelinePosition
    ) throws(StretchError) -> [ColdLocation] {
        var locations: [ColdLocation] = []
        let page = RowBuffer(columnCount: ids.count)
        for start in stride(from: 0, to: firsts.count, by: 500) {
            let slice = Array(firsts[start..<min(start + 500, firsts.count)])
            var request = ColdScanRequest(
                relation: relation, position: position, batches: batches, columns: ids,
                constraints: [
                    ColdConstraint(
                        column: ids[0], comparison: .oneOf(slice), collation: collations[0])
                ])
            request.hidesRows = true
            let scan = try context.endpoint.scan(request)
            while try scan.nextPage(into: page, maximumRowCount: 1_024) {
                for row in 0..<page.rowCount
                where keys.contains(KeyIdentity.encode(page.values(ofRow: row), collations)) {
                    locations.append(ColdLocation(packed: page.rowIdentifiers[row]))
                }
            }
        }
        return locations
    }
}

extension Zone {
    /// Returns whether a value can be in both zones; NULL is in neither.
    func overlaps(_ other: Zone, collation: Collation) -> Bool {
        guard let minimum, let otherMinimum = other.minimum else { return false }
        if let maximum, maximum.compare(otherMinimum, collation) < 0 { return false }
        if let otherMaximum = other.maximum, otherMaximum.compare(minimum, collation) < 0 {
            return false
        }
        return true
    }
}
