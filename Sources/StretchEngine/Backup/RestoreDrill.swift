internal import Crypto
public import StretchBackup
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchSQLite
internal import StretchText

/// The result of a restore drill.
public struct DrillReport: Equatable, Sendable {
    /// One table of the database.
    public struct Table: Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// The expected number of rows.
        public let localRows: Int64
        /// The number of rows in the restored file.
        public let restoredRows: Int64
        /// Whether all rows are equal, value by value and in the same order.
        public let isEqual: Bool
    }

    /// The time of the state that was backed up.
    public let time: Timestamp
    /// The branch.
    public let branch: Int64
    /// The number of changes of the manifest.
    public let epoch: Int64
    /// The tables of the file, stretch-enabled or not.
    public let tables: [Table]
    /// The tables that were backed up and restored, but neither checked nor compared.
    ///
    /// They use a collation, a function or a module that this process lacks.
    public let uncheckedTables: [String]
    /// The result of verifying every cold row of the restored file.
    public let remote: VerificationReport
    /// The elapsed time.
    public let elapsed: Duration
    /// Whether no difference was found.
    public let isSound: Bool
}

extension DrillReport {
    /// A sentence about ``uncheckedTables``, or `nil` if there are none.
    public var uncheckedNote: String? { UncheckedTables.sentence(uncheckedTables) }
}

extension StretchDatabase {
    /// Proves that a backup made now restores every row.
    ///
    /// The drill makes a backup in a new folder, restores it to another file there, compares each
    /// table of the restored file with this file at the time of the backup, and reads every cold
    /// row named in the restored file's manifest. No branch is created, the remote is not changed,
    /// and the folder is removed.
    ///
    /// - Parameters:
    ///   - folder: The parent of the new folder, with space for two copies of the file.
    ///   - options: The options of the backup.
    /// - Returns: The report; differences are reported, not thrown.
    /// - Throws: `disconnected`, `remoteUnavailable`, `busy`, `cancelled`; `wrongState` if the
    ///   folder cannot be written.
    public func drill(
        in folder: String, _ options: BackupOptions = BackupOptions()
    ) throws(StretchError) -> DrillReport {
        let start = ContinuousClock.now
        let scratch = try ScratchFolder(in: folder)
        return try perform {
            _ = try enabledDatabase()
            let (backup, restored) = (scratch.path("backup.db"), scratch.path("restored.db"))
            let staged = try TemporaryFile(for: backup, mode: 0o600)
            var expected = TableDigest.All()
            let time = try DatabaseCopy(configuration: configuration, options: options).copy(
                try makeReader(), to: staged.temporaryPath
            ) { snapshot in expected = try TableDigest.all(of: snapshot) }
            try staged.commit(time: time, isReplacing: false)
            var restoring = RestoreOptions()
            restoring.shouldStop = options.shouldStop
            _ = try Self.restore(
                [backup], to: restored, restoring, configuration: configuration)
            return try compare(restored, with: expected, time: time, since: start, options)
        }
    }

    private func compare(
        _ restored: String, with all: TableDigest.All, time: Timestamp,
        since start: ContinuousClock.Instant, _ options: BackupOptions
    ) throws -> DrillReport {
        let connection = try Connection(
            path: restored, access: .readWrite, routines: configuration.routines)
        let (expected, found) = (all.digests, try TableDigest.all(of: connection).digests)
        let names = Set(expected.keys).union(found.keys).sorted()
        let tables = names.filter { !CatalogSchema.tableNames.contains($0) }.map { name in
            DrillReport.Table(
                name: name, localRows: expected[name]?.rowCount ?? 0,
                restoredRows: found[name]?.rowCount ?? 0,
                isEqual: expected[name] == found[name])
        }
        guard let record = try Catalog(connection).database() else {
            throw StretchError(.damaged, "the restored file is not stretch-enabled")
        }
        let endpoint = try makeEndpoint(record, as: .reader)
        let remote = try Migrator.verify(
            connection, endpoint, isAtHead: false, shouldStop: options.shouldStop)
        return DrillReport(
            time: time, branch: record.position.branch,
            epoch: record.position.epoch, tables: tables, uncheckedTables: all.unchecked,
            remote: remote,
            elapsed: ContinuousClock.now - start,
            isSound: remote.isSound && expected == found)
    }
}

/// The number of rows of a table, and a hash of the rows in order.
struct TableDigest: Equatable {
    let rowCount: Int64
    let hash: [UInt8]

    /// The digests of a file's tables by name.
    struct All {
        var digests: [String: TableDigest] = [:]
        /// The tables that SQLite cannot check, some of which it can read.
        var unchecked: [String] = []
        /// Whether a table that SQLite cannot read has no digest.
        var isIncomplete = false
    }

    /// Returns the digests of all ordinary tables, including those of the catalog.
    static func all(of connection: Connection) throws -> All {
        var all = All()
        all.unchecked = try UncheckedTables.names(of: connection)
        let names = try BackupReader.tableNames(connection) + Catalog(connection).tableNames
        for name in names {
            do {
                all.digests[name] = try TableDigest(name, connection)
            } catch let error as SQLiteError
                where error.code == ResultCode.error && all.unchecked.contains(name)
            {
                all.isIncomplete = true
            }
        }
        return all
    }

    private init(_ name: String, _ connection: Connection) throws {
        let statement = try connection.prepare("SELECT * FROM main.\(name.quotedName)")
        let page = RowBuffer(columnCount: statement.columnCount)
        var (hash, count) = (SHA256(), Int64(0))
        while try statement.step() {
            page.beginRow(identifier: count)
            page.appendRow(of: statement, from: 0, routines: connection.routines)
            count += 1
            if page.byteCount > 1 << 16 {
                hash.update(bufferPointer: page.bytes)
                page.removeAll()
            }
        }
        hash.update(bufferPointer: page.bytes)
        (rowCount, self.hash) = (count, Array(hash.finalize()))
    }
}
