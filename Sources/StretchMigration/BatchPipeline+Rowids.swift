internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension BatchPipeline {
    /// The number of rowids that one request looks for.
    private static let rowidsPerRequest = 5_000

    /// Returns the batch without those of its rowids that visible cold rows have.
    ///
    /// SQLite takes rows with one rowid for the same row, so no two rows of a table may show it. A
    /// VACUUM of a table without an index, or another program, can give a hot row the rowid of a
    /// cold one.
    ///
    /// Only batches with an overlapping range of rowids are searched.
    func withUniqueRowids(_ moving: MovingBatch) throws(StretchError) -> MovingBatch {
        guard let column = moving.table.rowidColumn?.id,
            let own = moving.zones.zone(of: column)
        else { return moving }
        let found = try local { () throws in
            (
                try manifest.entries(of: moving.table, column: column, catalog: catalog),
                try catalog.position()
            )
        }
        let overlapping = found.0.filter { $0.zone?.overlaps(own, collation: .binary) ?? false }
        guard !overlapping.isEmpty, let position = found.1 else { return moving }
        var rows: [Int64: Int] = [:]
        for row in 0..<moving.rows.rowCount {
            let rowid = moving.rows.rowIdentifiers[row]
            let constraint = ColdConstraint(column: column, comparison: .equal(.integer(rowid)))
            let canMatch = overlapping.contains {
                $0.zone?.canContain(constraint, collation: .binary) ?? false
            }
            if canMatch { rows[rowid] = row }
        }
        let taken = try taken(
            Array(rows.keys), column: column, batches: overlapping.map(\.batch), of: moving.table,
            at: position)
        guard !taken.isEmpty else { return moving }
        try note(taken, of: moving.table)
        return moving.withoutRowids(ofRows: Set(taken.compactMap { rows[$0] }))
    }

    /// Returns those of some rowids that visible cold rows have.
    private func taken(
        _ rowids: [Int64], column: Int64, batches: [VisibleBatch], of table: StretchedTable,
        at position: TimelinePosition
    ) throws(StretchError) -> [Int64] {
        var taken: [Int64] = []
        for start in stride(from: 0, to: rowids.count, by: Self.rowidsPerRequest) {
            let part = rowids[start..<min(start + Self.rowidsPerRequest, rowids.count)]
            var found: [Int64] = []
            var request = ColdScanRequest(
                relation: table.relation, position: position, batches: batches, columns: [column],
                constraints: [
                    ColdConstraint(
                        column: column, comparison: .oneOf(part.map(Value.integer)))
                ])
            request.hidesRows = true
            try context.retrying { () throws(StretchError) in found = try visible(request) }
            taken += Set(found).intersection(part)
        }
        return taken
    }

    /// Returns the integers in the only column of the visible rows that a request returns.
    private func visible(_ request: ColdScanRequest) throws(StretchError) -> [Int64] {
        var found: [Int64] = []
        let page = RowBuffer(columnCount: 1)
        let scan = try context.endpoint.scan(request)
        while try scan.nextPage(into: page, maximumRowCount: 1_024) {
            for row in 0..<page.rowCount {
                let location = ColdLocation(packed: page.rowIdentifiers[row])
                let isVisible = try local { () throws in try !catalog.isHidden(location) }
                if isVisible, let rowid = page.value(row: row, column: 0).value.integerValue {
                    found.append(rowid)
                }
            }
        }
        return found
    }

    private func note(_ rowids: [Int64], of table: StretchedTable) throws(StretchError) {
        try writer.locked { () throws in
            try context.note(
                .rowidTaken, table: table.name,
                "\(rowids.count) rows lose their rowid when they become cold, because other cold "
                    + "rows have it, such as \(rowids.min() ?? 0)")
        }
    }
}
