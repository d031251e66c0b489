internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchSchema
internal import StretchText
internal import StretchTimeline

extension StretchDatabase {
    /// Returns the status of the database, its remote and its tables.
    ///
    /// Counting rows reads every stretch-enabled table once. An unreachable remote is not an error;
    /// ``DatabaseStatus/LinkState`` reports it.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func status() throws(StretchError) -> DatabaseStatus {
        try perform {
            let record = try enabledDatabase()
            var link = checkLink(record)
            let tables = try connection.reading { try localStates() }
                .map { try status(of: $0, link: &link) }
            // Read again, because the migrator may have advanced the file.
            let now = try enabledDatabase()
            let freePages = try connection.integer("PRAGMA main.freelist_count") ?? 0
            let pageSize = try connection.integer("PRAGMA main.page_size") ?? 0
            return DatabaseStatus(
                database: DatabaseStatus.Database(
                    id: now.database, branch: now.position.branch,
                    epoch: now.position.epoch, server: now.endpoint, linkState: link.state,
                    linkReason: link.reason,
                    login: try fileAttachment(now)?.credentials.last?.identity,
                    queryMode: now.queryMode, journalMode: try journalMode(),
                    pendingStep: try catalog.pending()?.kind, freePages: freePages,
                    freeBytes: freePages * pageSize, staging: try stagingReport(now),
                    warnings: try warnings(now)),
                tables: tables, events: try events())
        }
    }

    private func journalMode() throws(SQLiteError) -> DatabaseStatus.JournalMode? {
        try connection.string("PRAGMA main.journal_mode").flatMap(
            DatabaseStatus.JournalMode.init(rawValue:))
    }

    private func warnings(_ record: DatabaseRecord) throws(StretchError) -> [String] {
        [configuration.routines.walResetWarning, try remoteModeWarning(record)].compactMap { $0 }
    }

    /// - Returns: `nil` unless the remote is a file that more users can read or write than the
    ///   database.
    private func remoteModeWarning(_ record: DatabaseRecord) throws(StretchError) -> String? {
        let address = try EndpointAddress(parsing: record.endpoint)
        guard case .file = address.kind else { return nil }
        let remote = address.filePath(besides: path)
        guard let own = GuardedFile.mode(path), let other = GuardedFile.mode(remote),
            other & ~own & 0o666 != 0
        else { return nil }
        let (local, wider) = (String(own, radix: 8), String(other, radix: 8))
        return "More users can use the remote \"\(remote)\" than the database: its mode is "
            + "\(wider), the database's is \(local). To change that: chmod "
            + "\(String(other & own, radix: 8)) '\(remote)'."
    }

    // MARK: The remote

    private struct Link {
        var endpoint: (any Endpoint)?
        var state: DatabaseStatus.LinkState
        var reason: String?
    }

    private func checkLink(_ record: DatabaseRecord) -> Link {
        do {
            let endpoint = try makeEndpoint(record, as: .reader)
            let remote = try endpoint.position(branch: record.position.branch)
            let (isSame, reason) = try compare(remote, with: record)
            return Link(
                endpoint: endpoint, state: isSame ? .connected : .mismatch, reason: reason)
        } catch let error as StretchError {
            let states: [StretchError.Code: DatabaseStatus.LinkState] = [
                .remoteUnavailable: .unavailable, .notPermitted: .unavailable,
                .remoteMismatch: .mismatch, .disconnected: .disconnected,
            ]
            return Link(state: states[error.code] ?? .unknown, reason: error.message)
        } catch {
            return Link(state: .unknown, reason: "\(error)")
        }
    }

    /// Compares the remote's position with the file's positions before and after the query.
    ///
    /// A migrator may have advanced both in between.
    private func compare(
        _ remote: TimelinePosition?, with record: DatabaseRecord
    ) throws -> (isSame: Bool, reason: String?) {
        guard let remote else {
            return (false, "the remote does not know the branch of this file")
        }
        let pending = try catalog.pending()
        let now = try enabledDatabase().position
        if [record.position, now, pending?.next].contains(remote) { return (true, nil) }
        if record.position.epoch < remote.epoch, remote.epoch < now.epoch { return (true, nil) }
        if remote.epoch < now.epoch {
            return (
                false, "the remote is at epoch \(remote.epoch), before this file's \(now.epoch)"
            )
        }
        if remote.epoch > now.epoch {
            return (false, "the remote is at epoch \(remote.epoch), after this file's \(now.epoch)")
        }
        return (false, "the remote's history differs from this file's at epoch \(now.epoch)")
    }

    // MARK: Tables

    /// The state of a table in the local file.
    private struct LocalState {
        let table: StretchedTable
        let schema: TableSchema?
        let counts: Catalog.Counts
        var localRows: Int64 = 0
        var localBytes: Int64?
        var eligibleRows: Int64?
        /// The reason why the table cannot be migrated now.
        var problem: StretchError?
        /// What another program did to the table; `nil` if it is unknown.
        var change: SchemaChange?
    }

    /// Runs in a read transaction; the remote is queried outside of it.
    private func localStates() throws -> [LocalState] {
        let reader = SchemaReader(connection)
        let tables = try catalog.tables()
        let judge = SchemaJudge(reader)
        let enabled = Set(tables.map { SQLName($0.name) })
        let counts = try catalog.countsOfTables()
        let bytes = try byteCounts(of: enabled)
        return try tables.map { table in
            var state = LocalState(
                table: table, schema: try reader.table(table),
                counts: counts[table.id] ?? Catalog.Counts())
            if state.schema != nil { state.localRows = try localRowCount(table.name) }
            state.localBytes = bytes?[SQLName(table.name)]
            do {
                state.change = try judge.judge(table)
            } catch let error as StretchError where SchemaJudge.isQuestion(error) {
                state.problem = error
                return state
            }
            do {
                try Self.checkTable(
                    table, enabled: enabled, from: reader, now: configuration.now())
                state.eligibleRows = try eligibleRowCount(table, reader)
            } catch let error as StretchError {
                state.problem = error
            }
            return state
        }
    }

    private func status(
        of state: LocalState, link: inout Link
    ) throws -> DatabaseStatus.Table {
        let (table, schema) = (state.table, state.schema)
        let gap = try state.change.flatMap { try remoteGap(of: $0, link: link) }
        return DatabaseStatus.Table(
            name: table.name, filterPredicate: table.filter, follows: table.follows,
            followColumns: table.followTerms.isEmpty
                ? [] : FollowCheck.columns(of: table, among: try catalog.tables()),
            migrationState: table.state,
            uniqueScope: try catalog.uniqueRelations().contains(table.relation) ? .all : .local,
            localRows: state.localRows,
            eligibleRows: state.eligibleRows, remoteRows: state.counts.visibleRows,
            batches: state.counts.batches, localBytes: state.localBytes,
            remoteBytes: remoteByteCount(table, link: &link),
            shadowedRows: try schema.flatMap {
                state.counts.batches == 0 ? 0 : try shadowedRowCount(table, $0, link: &link)
            },
            isReconciled: state.change != nil
                && (schema.map { isReconciled(table, schema: $0) } ?? false),
            hasRemoteIndexes: gap.map { !$0.gap.isMissing && $0.gap.indexCount == 0 },
            ownerSteps: gap.map {
                $0.ownerSteps(hasMoved: state.counts.batches > 0)
            } ?? [], problem: state.problem?.message, problemHint: state.problem?.guidance)
    }

    /// Returns the number of cold rows hidden by hot rows.
    ///
    /// - Returns: `nil` if too many hot keys lie in the range of the cold keys, or the remote is
    ///   unreachable.
    private func shadowedRowCount(
        _ table: StretchedTable, _ schema: TableSchema, link: inout Link
    ) throws -> Int64? {
        guard schema.keyKind.isKeyed else { return 0 }
        guard let search = try ShadowSearch(table, schema, catalog) else { return nil }
        let keyCount = try search.hotKeyCount()
        guard keyCount > 0 else { return 0 }
        guard keyCount <= 1_000, let endpoint = link.endpoint, link.state == .connected,
            let position = try catalog.position()
        else { return nil }
        do {
            return Int64(
                try search.findings(
                    from: 0, limit: keyCount, endpoint: endpoint, at: position
                ).count)
        } catch is StretchError {
            // A migrator may have advanced both sides. The link state reports any problem.
            return nil
        }
    }

    /// - Returns: `nil` without the remote, or if a change of columns is ambiguous.
    private func remoteGap(
        of change: SchemaChange, link: Link
    ) throws -> RemoteGap? {
        guard let endpoint = link.endpoint, link.state == .connected else { return nil }
        do {
            return try remoteGap(of: change, endpoint: endpoint)
        } catch is StretchError {
            // Other fields report problems of the remote or the columns.
            return nil
        }
    }

    /// Returns the sizes of tables and their indexes in bytes, including free space in their pages.
    ///
    /// `dbstat` scans all objects for each name, or all pages without a name. The cheaper way is
    /// used.
    ///
    /// - Returns: `nil` if SQLite lacks `dbstat`: <https://sqlite.org/dbstat.html>.
    private func byteCounts(of tables: Set<SQLName>) throws(SQLiteError) -> [SQLName: Int64]? {
        let objects = try connection.rows(
            """
            SELECT name, tbl_name FROM main.sqlite_schema WHERE type IN ('table', 'index')
            """)
        var owners: [ExactText: SQLName] = [:]
        for row in objects {
            guard let name = row[0].stringValue, let table = row[1].stringValue.map(SQLName.init),
                tables.contains(table)
            else { continue }
            owners[ExactText(name)] = table
        }
        let pageCount = try connection.integer("PRAGMA main.page_count") ?? 0
        var counts: [SQLName: Int64] = [:]
        do {
            if Int64(owners.count * objects.count) < pageCount {
                for (name, table) in owners {
                    counts[table, default: 0] +=
                        try connection.integer(
                            "SELECT pgsize FROM dbstat('main', 1) WHERE name = ?1",
                            .text(name.text)) ?? 0
                }
            } else {
                for row in try connection.rows("SELECT name, pgsize FROM dbstat('main', 1)") {
                    guard let name = row[0].stringValue, let table = owners[ExactText(name)]
                    else { continue }
                    counts[table, default: 0] += row[1].integerValue ?? 0
                }
            }
        } catch {
            return nil
        }
        return counts
    }

    private func remoteByteCount(_ table: StretchedTable, link: inout Link) -> Int64? {
        guard let endpoint = link.endpoint, link.state == .connected else { return nil }
        do {
            return try endpoint.usage(relation: table.relation).byteCount
        } catch {
            link.state = .unavailable
            link.reason = error.message
            return nil
        }
    }

    private func events() throws -> [DatabaseStatus.Event] {
        try catalog.events(limit: 20).map { event in
            DatabaseStatus.Event(
                time: event.time, table: event.table, kind: event.kind, message: event.message)
        }
    }
}
