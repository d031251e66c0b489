internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchTimeline

/// Checks of the manifest and the remote's metadata, on which readers rely.
extension Verification {
    /// Checks the zones by which readers skip batches.
    func findWrongZone(_ columns: String, _ table: String, _ number: Int64) {
        find(
            .wrongZone, table, number,
            """
            the zones leave out \(columns), which queries may miss: UPDATE stretch_batch SET \
            zones = x'' WHERE number = \(number) makes queries look at each of its rows
            """)
    }

    /// Checks for rows that are hidden without having been deleted.
    ///
    /// Causes are tombstones of missing batches, and a step that retires a batch with visible rows.
    func verifyHiding() throws(StretchError) {
        let strays = try local { () throws in try catalog.strayTombstoneCount() }
        if strays > 0 {
            find(
                .strayTombstone, nil, nil,
                """
                \(strays) tombstones are of no batch, and may hide rows of the next ones: DELETE \
                FROM stretch_tombstone WHERE batch NOT IN (SELECT number FROM stretch_batch) \
                removes them
                """)
        }
        guard let step = report.pending, step.kind == .retirement else { return }
        let (batch, tables) = try local { () throws in
            (try catalog.batch(id: step.batch), try catalog.tables())
        }
        guard let batch else { return }
        let hidden = try local { () throws in
            try catalog.hiddenOrdinals(batchNumber: batch.number)
                .count { (0..<batch.rowCount).contains($0) }
        }
        guard hidden < batch.rowCount else { return }
        find(
            .catalog, tables.first { $0.id == step.table }?.name, batch.number,
            """
            the step in flight takes the batch out, and \(batch.rowCount - Int64(hidden)) of its \
            rows are visible: put a backup of the file back
            """)
    }

    /// Scans a whole table as a query does, and checks for rows that belong to no batch.
    func verifyScan(
        _ table: StretchedTable, _ batches: [ManifestBatch]
    ) throws(StretchError) {
        do throws(StretchError) {
            let count = try endpoint.strayRowCount(relation: table.relation)
            guard count == 0 else {
                return find(
                    .strayRows, table.name, nil,
                    """
                    \(count) rows of the remote's relation \(table.relation) are of no batch, and \
                    a query that meets one fails: delete them at the remote, or put it back from \
                    its backup and reauthorize the file
                    """)
            }
            let position = try local { () throws in try catalog.position() }
            guard let position, !batches.isEmpty else { return }
            let scan = try endpoint.scan(
                ColdScanRequest(
                    relation: table.relation, position: position, batches: batches.map(\.visible),
                    columns: []))
            let page = RowBuffer(columnCount: 0)
            while try scan.nextPage(into: page, maximumRowCount: 4_096) {}
        } catch {
            guard error.code == .damaged || error.code == .remoteMismatch else { throw error }
            find(.refusedScan, table.name, nil, error.message)
        }
    }
}
