package import StretchCatalog
package import StretchCore
internal import StretchEmbedded
package import StretchKeystore
internal import StretchMigration
package import StretchSQLite
internal import StretchText
internal import StretchTimeline

/// Reads the description of a database file, and writes nothing.
package struct BackupReader {
    package let path: String
    package let configuration: Configuration
    package let connection: Connection
    private let journal: BackupDescription.Journal
    private let hasWAL: Bool

    /// Opens a file.
    ///
    /// A file in WAL mode without a WAL file is not open in another program. It is read without a
    /// lock, because SQLite would otherwise create two files beside it. An existing WAL is read,
    /// and SQLite may leave its `-shm` file.
    ///
    /// - Throws: `invalidArgument` for a missing file, or one that is not a database.
    package init(_ path: String, _ configuration: Configuration) throws(StretchError) {
        self.path = path
        self.configuration = configuration
        guard TemporaryFile.byteCount(path) != nil else {
            throw StretchError(
                .invalidArgument, "cannot open \"\(path)\": no such file",
                hint: "Name an existing SQLite file.")
        }
        try GuardedFile.requireDatabase(path)
        do {
            let unlocked = try Connection(
                path: path, access: .immutable, routines: configuration.routines)
            let header = unlocked.fileHeader(byteCount: 100)
            guard header.starts(with: Array("SQLite format 3\0".utf8)) else {
                throw StretchError(
                    .invalidArgument, "\"\(path)\" is not a SQLite database",
                    hint: "Name an existing SQLite file.")
            }
            // The version of the format for writing: https://sqlite.org/fileformat2.html
            let isWAL = header[18] == 2
            let walByteCount = TemporaryFile.byteCount(path + "-wal")
            (journal, hasWAL) = (isWAL ? .wal : .rollback, (walByteCount ?? 0) > 0)
            connection =
                isWAL && walByteCount == nil
                ? unlocked
                : try Connection(
                    path: path, access: .readOnly, routines: configuration.routines)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
        } catch let error as StretchError {
            throw error
        } catch {
            if let error = error as? SQLiteError,
                let failure = StretchError(ofResource: error, "the file cannot be opened")
            {
                throw failure
            }
            throw StretchError(
                .invalidArgument, "cannot open the file \"\(path)\"",
                hint: "Allow reading it; a copy with its WAL needs a folder that can be written.",
                cause: error)
        }
    }

    /// The time of the file's last change.
    package var time: Timestamp {
        TemporaryFile.modificationTime(path) ?? Timestamp(milliseconds: 0)
    }

    /// Returns the catalog's record of the database, or `nil` if it is not stretch-enabled.
    package func record() throws(StretchError) -> DatabaseRecord? {
        try local { () throws in try Catalog(connection).database() }
    }

    /// Returns the description of the file.
    ///
    /// - Parameter isChecked: Whether to read every page as well.
    /// - Throws: `damaged` for a catalog of another version.
    package func description(isChecked: Bool = false) throws(StretchError) -> BackupDescription {
        try local { () throws in
            try connection.transaction(.deferred) { () throws in
                let catalog = Catalog(connection)
                let record = try catalog.database()
                let tables = try record == nil ? [] : catalog.tables()
                let counts = try record == nil ? [:] : catalog.countsOfTables()
                let reader = SchemaReader(connection)
                let names = Set(tables.map(\.name.foldingCase))
                return BackupDescription(
                    file: path, time: time,
                    byteCount: TemporaryFile.byteCount(path) ?? 0,
                    pageSize: try connection.integer("PRAGMA main.page_size") ?? 0,
                    pageCount: try connection.integer("PRAGMA main.page_count") ?? 0,
                    freePages: try connection.integer("PRAGMA main.freelist_count") ?? 0,
                    journal: journal, hasWAL: hasWAL,
                    isRemote: try EmbeddedSchema.isRemote(connection),
                    stretch: try record.map { try describe($0, catalog) },
                    tables: try tables.map {
                        try describe($0, counts[$0.id] ?? Catalog.Counts(), reader)
                    },
                    plainTables: try Self.tableNames(connection).filter {
                        !names.contains($0.foldingCase)
                    },
                    uncheckedTables: try UncheckedTables.names(of: connection),
                    integrityProblems: isChecked
                        ? try DatabaseCopy.integrityProblems(of: connection) : nil)
            }
        }
    }

    private func describe(
        _ record: DatabaseRecord, _ catalog: Catalog
    ) throws -> BackupDescription.Stretch {
        BackupDescription.Stretch(
            format: CatalogSchema.format, database: record.database,
            branch: record.position.branch, epoch: record.position.epoch,
            token: record.position.token, server: record.endpoint,
            queryMode: record.queryMode, pendingStep: try catalog.pending()?.kind,
            isForkUnfinished: try catalog.pendingFork() != nil)
    }

    private func describe(
        _ table: StretchedTable, _ counts: Catalog.Counts, _ reader: SchemaReader
    ) throws -> BackupDescription.Table {
        let schema = try reader.table(table)
        return BackupDescription.Table(
            name: table.name, filterPredicate: table.filter,
            migrationState: table.state,
            // An index may need a collation that only the application has.
            localRows: schema == nil
                ? 0
                : try connection.integer(
                    "SELECT count(*) FROM main.\(table.name.quotedName) NOT INDEXED")
                    ?? 0,
            eligibleRows: schema.flatMap { eligibleRowCount(table, $0, reader) },
            remoteRows: counts.visibleRows, batches: counts.batches,
            hiddenRows: counts.hiddenRows)
    }

    /// - Returns: `nil` if the filter no longer matches the table.
    private func eligibleRowCount(
        _ table: StretchedTable, _ schema: TableSchema, _ reader: SchemaReader
    ) -> Int64? {
        guard
            let query = try? EligibilityQuery(
                schema, table, catalog: Catalog(connection), reader: reader,
                now: configuration.now())
        else { return nil }
        let count = try? connection.integer(query.countSQL)
        return count ?? nil
    }

    /// Returns the ordinary tables of a database, except those of SQLite and Stretch.
    package static func tableNames(_ connection: Connection) throws -> [String] {
        try connection.rows(
            """
            SELECT name FROM main.sqlite_schema WHERE type = 'table'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
            ORDER BY name
            """
        ).compactMap { $0[0].stringValue }.filter { !CatalogSchema.tableNames.contains($0) }
    }
}
