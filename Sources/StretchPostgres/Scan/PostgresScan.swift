internal import CLibPQ
internal import Stretch
internal import StretchSQLite

/// A scan of one relation, with a session, and so a snapshot, of its own.
final class PostgresScan: ColdScan {
    /// A page ends at this size, whatever its number of rows.
    static let maximumPageByteCount = 4 << 20

    private let endpoint: PostgresEndpoint
    private let columnCount: Int
    private let limit: Int?
    private var source: RowSource?
    private var merge: MisfitMerge?
    private var isFirstPage = true

    init(_ request: ColdScanRequest, endpoint: PostgresEndpoint) throws {
        self.endpoint = endpoint
        columnCount = request.columns.count
        limit = request.limit
        (source, merge) = try endpoint.open(request)
    }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        precondition(page.columnCount == columnCount, "the page has other columns")
        precondition(maximumRowCount > 0, "a page has at least one row")
        page.removeAll()
        guard let source else { return false }
        source.beginCall()
        return try endpoint.attempt {
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
            if page.rowCount == 0 { finish() }
            return page.rowCount > 0
        }
    }

    /// Gives the session back.
    private func finish() {
        source = nil
        merge = nil
    }
}
