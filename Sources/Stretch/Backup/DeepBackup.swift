internal import Crypto
internal import StretchSQLite

extension StretchDatabase {
    /// Makes a shallow backup a plain file with all rows: its own manifest tells which.
    ///
    /// - Returns: The cold rows that were written.
    func fill(_ path: String, _ options: BackupOptions) throws -> Int64 {
        let deep = try DeepBackup(path, options, self)
        let rows = try deep.fill()
        try deep.finish()
        return rows
    }
}

/// Fills a shallow backup with its cold rows, and takes Stretch out of it.
///
/// No transaction is open at the remote or on the original meanwhile: batches are immutable, and
/// the remote's history proves at the end that they were this file's all the time.
private final class DeepBackup {
    private static let pageByteCount: Int64 = 4 << 20

    private let path: String
    private let options: BackupOptions
    private let configuration: Configuration
    private let connection: Connection
    private let catalog: Catalog
    private let record: DatabaseRecord
    private let endpoint: any Endpoint

    init(_ path: String, _ options: BackupOptions, _ database: StretchDatabase) throws {
        self.path = path
        self.options = options
        configuration = database.configuration
        connection = try Connection(
            path: path, access: .readWrite, routines: configuration.routines)
        connection.set(.triggers, false)
        connection.set(.foreignKeys, false)
        // The file has no other name yet: what a crash leaves is removed.
        try connection.execute(
            """
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
            PRAGMA ignore_check_constraints = ON
            """)
        catalog = Catalog(connection)
        guard let record = try catalog.database() else {
            throw StretchError(.wrongState, "the database was disabled meanwhile")
        }
        self.record = record
        endpoint = try database.makeEndpoint(record, as: .reader)
    }

    func fill() throws -> Int64 {
        try Migrator.requireSameSchema(connection)
        var rows: Int64 = 0
        try connection.execute("BEGIN")
        for table in try catalog.tables() {
            let recall = try Recall(table, nil, on: connection, now: configuration.now())
            for batch in try catalog.batches(table: table.id) {
                rows += try fill(batch, recall)
            }
        }
        try connection.execute("COMMIT")
        return rows
    }

    private func fill(_ batch: ManifestBatch, _ recall: Recall) throws -> Int64 {
        let page = RowBuffer(columnCount: recall.columns.count)
        let mean = max(batch.byteCount / max(batch.visible.rowCount, 1), 1)
        let limit = Int(max(Self.pageByteCount / mean, 1))
        let isWhole = recall.table.columnIDs(schemaVersion: batch.schemaVersion) == recall.columns
        var hash = SHA256()
        var (ordinal, rows) = (Int64(0), Int64(0))
        while ordinal < batch.visible.rowCount {
            guard !options.shouldStop() else {
                throw StretchError(
                    .cancelled, "the backup was stopped as asked",
                    hint: "Run the command again; no file was made.")
            }
            try endpoint.read(
                batch: batch.visible.id, columns: recall.columns, from: ordinal,
                maximumRowCount: limit, into: page)
            guard page.rowCount > 0 else { throw damaged(batch, recall.table) }
            hash.update(bufferPointer: page.bytes)
            for row in 0..<page.rowCount {
                rows += try insert(page, row, of: batch, recall) ? 1 : 0
            }
            ordinal += Int64(page.rowCount)
        }
        // A table that got columns since has other rows than those that were hashed.
        guard !isWhole || Array(hash.finalize()) == batch.digest else {
            throw damaged(batch, recall.table)
        }
        return rows
    }

    private func insert(
        _ page: RowBuffer, _ row: Int, of batch: ManifestBatch, _ recall: Recall
    ) throws -> Bool {
        let location = ColdLocation(
            batchNumber: batch.visible.number, ordinal: page.rowIdentifiers[row])
        guard try !catalog.isHidden(location) else { return false }
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

    private func damaged(_ batch: ManifestBatch, _ table: StretchedTable) -> StretchError {
        StretchError(
            .damaged,
            "batch \(batch.visible.number) of table \"\(table.name)\" is not what was moved",
            hint: "Run `stretch verify`.")
    }

    /// Proves that the rows were this file's, takes the catalog out, and checks the file.
    func finish() throws {
        guard try endpoint.holds(record.position) else {
            throw StretchError(
                .remoteMismatch,
                "the remote does not hold epoch \(record.position.epoch) of this file any more",
                hint: "It was rolled back; look with: stretch status FILE.")
        }
        try connection.execute("BEGIN")
        try catalog.drop()
        try connection.execute("COMMIT")
        try DatabaseCopy.check(path, configuration)
    }
}
