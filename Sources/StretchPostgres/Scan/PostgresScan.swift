internal import CLibPQ
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

/// A scan of one relation, with one or two sessions and snapshots of its own.
final class PostgresScan: ColdScan {
    /// The size at which a page ends, whatever its number of rows.
    static let maximumPageByteCount = 4 << 20

    private let endpoint: PostgresEndpoint
    private let columnCount: Int
    /// The sources, of which the first provides the next page.
    private var sources: [RowSource] = []
    private var merge: MisfitMerge?
    private let hasPlaces: Bool
    private let tally: RowTally

    init(_ request: ColdScanRequest, endpoint: PostgresEndpoint) throws {
        self.endpoint = endpoint
        columnCount = request.columns.count
        hasPlaces = request.needsIdentifiers
        // No row is omitted silently; if no row is wanted, only the fence was checked.
        let isWhole = request.isWhole
        var made = RowTally([], isWhole: false)
        (sources, merge) = try endpoint.open(request) { batches in
            made = RowTally(batches, isWhole: isWhole)
            return made
        }
        tally = made
    }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        precondition(page.columnCount == columnCount, "the page has other columns")
        precondition(maximumRowCount > 0, "a page has at least one row")
        page.removeAll()
        return try endpoint.attempt {
            while let source = sources.first {
                source.beginCall()
                do {
                    if let merge {
                        try merge.fill(page, maximumRowCount: maximumRowCount, from: source)
                    } else {
                        try source.fill(page, maximumRowCount: maximumRowCount)
                    }
                } catch {
                    page.removeAll()
                    finish()
                    throw error
                }
                sources.removeFirst()
                guard page.rowCount > 0 else { continue }
                // The sources alternate: while one session's rows are used, the other one sends.
                sources.append(source)
                if !hasPlaces { tally.take(rowCount: page.rowCount) }
                return true
            }
            finish()
            try tally.finish(remote: endpoint.remoteName)
            return false
        }
    }

    /// Returns the sessions to the pool.
    private func finish() {
        sources = []
        merge = nil
    }
}
