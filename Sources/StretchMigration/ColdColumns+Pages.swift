internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension ManifestBatch {
    /// The number of rows of the batch that are read at once.
    var pageRowCount: Int {
        RunContext.pageRowCount(rowCount: visible.rowCount, byteCount: byteCount)
    }
}

extension ColdColumns {
    /// Calls `body` for each page of some columns of a batch; identifiers are ordinals.
    ///
    /// - Throws: `damaged` if the remote lacks rows of the batch.
    func eachPage(
        of batch: ManifestBatch, columns: [Int64], of endpoint: any Endpoint,
        _ body: (RowBuffer) throws -> Void
    ) throws(StretchError) {
        let page = RowBuffer(columnCount: columns.count)
        var ordinal: Int64 = 0
        while ordinal < batch.visible.rowCount {
            try local { () throws in
                try read(
                    batch, columns: columns, from: ordinal, maximumRowCount: batch.pageRowCount,
                    into: page,
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
