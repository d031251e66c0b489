internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension ColdColumns {
    /// The size of a page, computed with the batch's mean row size.
    private static var pageByteCount: Int64 { 2 << 20 }

    /// Calls `body` for each page of some columns of a batch; identifiers are ordinals.
    ///
    /// - Throws: `damaged` if the remote lacks rows of the batch.
    func eachPage(
        of batch: ManifestBatch, columns: [Int64], of endpoint: any Endpoint,
        _ body: (RowBuffer) throws -> Void
    ) throws(StretchError) {
        let page = RowBuffer(columnCount: columns.count)
        let limit = Int(
            RowBuffer.rowCount(
                ofPage: Self.pageByteCount, batchRowCount: batch.visible.rowCount,
                batchByteCount: batch.byteCount))
        var ordinal: Int64 = 0
        while ordinal < batch.visible.rowCount {
            try local { () throws in
                try read(
                    batch, columns: columns, from: ordinal, maximumRowCount: limit, into: page,
                    of: endpoint)
                guard page.rowCount > 0 else {
                    throw StretchError(
                        .damaged, "the remote lacks rows of batch \(batch.visible.id)",
                        hint: "To see what it lacks: \(advice: .verify).")
                }
                try body(page)
            }
            ordinal += Int64(page.rowCount)
        }
    }
}
