internal import CLibPQ
internal import Stretch
internal import StretchSQLite

/// A scan of one relation, with a session, and so a snapshot, of its own, or two of them.
final class PostgresScan: ColdScan {
    /// A page ends at this size, whatever its number of rows.
    static let maximumPageByteCount = 4 << 20

    private let endpoint: PostgresEndpoint
    private let columnCount: Int
    private let limit: Int?
    /// The next page comes from the first one.
    private var sources: [RowSource] = []
    private var merge: MisfitMerge?
    private var isFirstPage = true

    init(_ request: ColdScanRequest, endpoint: PostgresEndpoint) throws {
        self.endpoint = endpoint
        columnCount = request.columns.count
        limit = request.limit
        (sources, merge) = try endpoint.open(request)
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
                // By turns: while one session's rows are used, the other one sends.
                sources.append(source)
                return true
            }
            finish()
            return false
        }
    }

    /// Gives the sessions back.
    private func finish() {
        sources = []
        merge = nil
    }
}
