internal import Crypto
internal import Dispatch
package import StretchCatalog
internal import StretchCore
package import StretchEndpoint
package import StretchKeystore
internal import StretchMigration
internal import StretchSQLite

/// Fills a shallow backup with its cold rows, and removes Stretch's tables.
///
/// No transaction stays open in the remote or on the original. Batches are immutable, and at the
/// end the remote's history proves that they belonged to this file throughout.
package final class DeepBackup {
    private let path: String
    private let options: BackupOptions
    private let configuration: Configuration
    private let connection: Connection
    private let catalog: Catalog
    private let record: DatabaseRecord
    private let endpoint: any Endpoint

    /// - Parameters:
    ///   - path: The shallow backup.
    ///   - endpoint: Opens a session with the remote of the backup's file.
    package init(
        _ path: String, _ options: BackupOptions, _ configuration: Configuration,
        endpoint: (DatabaseRecord) throws -> any Endpoint
    ) throws {
        self.path = path
        self.options = options
        self.configuration = configuration
        connection = try Connection(
            path: path, access: .readWrite, routines: configuration.routines,
            followsLinks: false)
        connection.set(.triggers, false)
        connection.set(.foreignKeys, false)
        // The file still has its temporary name, so its remains are removed after a crash.
        try connection.useNoJournal()
        // Sorting an index takes as much memory again: https://sqlite.org/pragma.html#pragma_cache_size
        try connection.execute(
            "PRAGMA cache_size = -8192; PRAGMA ignore_check_constraints = ON")
        catalog = Catalog(connection)
        guard let record = try catalog.database() else {
            throw StretchError(.wrongState, "the database was disabled in the meantime")
        }
        self.record = record
        self.endpoint = try endpoint(record)
    }

    /// Writes the cold rows.
    ///
    /// - Returns: Their number.
    package func fill() throws -> Int64 {
        // No other process uses the file, in which only indexes change.
        let reader = SchemaReader(connection)
        try Migrator.requireSameSchema(reader)
        var rows: Int64 = 0
        try connection.execute("BEGIN")
        for table in try catalog.tables() {
            let recall = try Recall(table, nil, from: reader, now: configuration.now())
            let indexes = try DroppedIndexes(
                of: table.name, filledWith: recall.visibleRowCount, on: connection)
            rows += try fill(recall)
            try indexes.create()
        }
        try connection.execute("COMMIT")
        return rows
    }

    /// Inserts a table's pages while a second thread reads the next page.
    private func fill(_ recall: Recall) throws -> Int64 {
        let pages = try catalog.batches(table: recall.table.id).flatMap(Page.all(of:))
        let reader = PageReader(recall, endpoint)
        var ahead = pages.first.map(reader.read)
        // The session may not be used until the second thread is done with it.
        defer { _ = try? ahead?.result() }
        var hidden: Set<Int64> = []
        var rows: Int64 = 0
        for (index, page) in pages.enumerated() {
            guard !options.shouldStop() else {
                throw StretchError(
                    .cancelled, "the backup was stopped as asked",
                    hint: "Run the command again; no file was created.")
            }
            guard let buffer = try ahead?.result() else { break }
            ahead = index + 1 < pages.count ? reader.read(pages[index + 1]) : nil
            if page.ordinals.lowerBound == 0 {
                let number = page.batch.visible.number
                hidden = Set(try catalog.hiddenOrdinals(batchNumber: number))
            }
            for row in 0..<buffer.rowCount where !hidden.contains(buffer.rowIdentifiers[row]) {
                rows += try insert(buffer, row, recall) ? 1 : 0
            }
        }
        return rows
    }

    private func insert(_ page: RowBuffer, _ row: Int, _ recall: Recall) throws -> Bool {
        switch try recall.insert(page, row: row) {
        case .inserted: return true
        case .shadowed: return false
        case .refused(let message):
            throw StretchError(
                .unsupported,
                "table \"\(recall.table.name)\" cannot hold its hot and cold rows: \(message)",
                hint: "Change the hot row that conflicts, then try again.")
        }
    }

    /// Proves that the rows belonged to this file, removes the catalog, and checks the file.
    package func finish() throws {
        guard try endpoint.holds(record.position) else {
            throw StretchError(
                .remoteMismatch,
                "the remote does not hold epoch \(record.position.epoch) of this file any longer",
                hint: "The remote was rolled back. To see its state: \(advice: .showStatus).")
        }
        try connection.execute("BEGIN")
        try catalog.drop()
        try connection.execute("COMMIT")
        if options.isChecked { try DatabaseCopy.check(path, configuration) }
    }
}

/// A part of a batch that is read in one call.
private struct Page {
    private static let byteCount: Int64 = 4 << 20

    let batch: ManifestBatch
    let ordinals: Range<Int64>

    var isLast: Bool { ordinals.upperBound == batch.visible.rowCount }

    /// Returns the pages of a batch, in order.
    static func all(of batch: ManifestBatch) -> [Page] {
        let count = batch.visible.rowCount
        let limit = RowBuffer.rowCount(
            ofPage: byteCount, batchRowCount: count, batchByteCount: batch.byteCount)
        return stride(from: 0, to: count, by: Int(limit)).map { start in
            Page(batch: batch, ordinals: start..<min(start + limit, count))
        }
    }
}

/// Reads a table's pages in order, and verifies each batch after its last page.
// Its state belongs to the queue.
private final class PageReader: @unchecked Sendable {
    private let queue = DispatchQueue(label: "stretch.backup.read")
    private let endpoint: any Endpoint
    private let recall: Recall
    private var hash = SHA256()

    init(_ recall: Recall, _ endpoint: any Endpoint) {
        self.endpoint = endpoint
        self.recall = recall
    }

    func read(_ page: Page) -> Background<RowBuffer> {
        Background(on: queue) { [self] in
            let buffer = RowBuffer(columnCount: recall.columns.count)
            try recall.read(
                page.batch, from: page.ordinals.lowerBound, maximumRowCount: page.ordinals.count,
                into: buffer, of: endpoint)
            guard buffer.rowCount == page.ordinals.count else { throw damaged(page.batch) }
            hash.update(bufferPointer: buffer.bytes)
            if page.isLast { try prove(page.batch) }
            return buffer
        }
    }

    private func prove(_ batch: ManifestBatch) throws {
        let digest = Array(hash.finalize())
        hash = SHA256()
        // If columns were changed since, the rows differ from those that were hashed.
        guard !recall.isWhole(batch) || digest == batch.digest else { throw damaged(batch) }
    }

    private func damaged(_ batch: ManifestBatch) -> StretchError {
        StretchError(
            .damaged,
            "batch \(batch.visible.number) of table \"\(recall.table.name)\" is not what was moved",
            hint: "To see which rows differ: \(advice: .verify).")
    }
}
