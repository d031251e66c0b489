internal import SQLText
internal import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchKeystore
internal import StretchMigration
package import StretchSQLite
package import StretchText
internal import StretchTimeline

/// The stretch-enabled tables of one connection, which show hot and cold rows under each table's
/// name.
///
/// The overlay of a table is a virtual table of the same name in schema temp, where SQLite resolves
/// names first; `main.<table>` is still the hot table.
package final class Overlay {
    unowned let connection: Connection
    let configuration: Configuration
    let localPath: String
    private let link: FileLink?
    let catalog: Catalog
    /// The tables by their catalog id.
    private(set) var tables: [Int64: OverlayTable] = [:] {
        didSet {
            tablesByName = [:]
            for table in tables.values { tablesByName[SQLName(table.schema.name)] = table }
            tableNames = Set(tablesByName.keys)
        }
    }
    private var tablesByName: [SQLName: OverlayTable] = [:]
    // Read for every statement, and never while it changes, so the check at run time is omitted.
    @exclusivity(unchecked) private(set) var record: DatabaseRecord?
    /// The query mode of this connection.
    package var queryModeLimit = QueryMode.localAndRemote
    /// The effective query mode: the narrower of this connection's mode and the database's.
    var queryMode: QueryMode {
        let modes = [record?.queryMode ?? .localAndRemote, queryModeLimit]
        return QueryMode.allCases.first(where: modes.contains) ?? .localAndRemote
    }
    package let remoteInterrupter = RemoteInterrupter()
    /// The prefix of the text of the inner statements of scans.
    static let innerMark: StaticString = "/* stretch */"
    /// The statement that last looked up a cold row.
    var lastRun: StatementRun?
    /// The rehearsal of the running statement, while it is in progress.
    var rehearsal: Rehearsal?
    private var endpoint: (any Endpoint)?
    /// The session, if calls wait for the remote, and how long they usually do.
    private var waiting: (endpoint: any WaitingEndpoint, usual: Duration)?
    private(set) var dataVersion: UInt32 = 0
    private var schemaVersion: Int64 = -1
    /// The relations of the tables whose UNIQUE constraints hold among all rows.
    private(set) var uniqueRelations: Set<Int64> = []
    /// The file with the fingerprints of cold values.
    private(set) lazy var uniqueLists = UniqueListReader(database: localPath)
    /// The table of which a row is being recalled, after the rows of the table that it refers to.
    var recalledTable: Int64?
    var unfinished = UnfinishedTombstones()
    /// The shape of the statement that is being prepared.
    var shape = StatementShape.unknown
    /// Whether SQLite planned a scan of the overlay for the last prepared statement.
    package var hasPlannedScan = false
    /// Whether the last prepared statement may delete rows that are in the way of others.
    package internal(set) var mayReplaceRows = false
    /// Whether a trigger or constraint of the file may do so.
    private(set) var replacesInSchema = false
    /// Whether such a statement runs.
    var isReplacing = false
    var knownTemporaryShape: (version: Int64, shape: StatementShape)?
    /// The recall that a function of the overlay postponed until its statement runs again.
    var postponed: PostponedRecall?
    /// Whether the application's statements run again after a postponed recall.
    package var repeatsStatements = false
    /// The table that the application's running DELETE or UPDATE names, while it changes row by row
    /// and can run again.
    var directChange: Int64?
    /// Whether the statement that runs again must gather its rows.
    var isGatherRequested = false
    /// The change whose rows the running statement gathers.
    var gathering: GatheredChange?
    /// The gathered change that a native statement performs.
    var performed: GatheredChange?
    /// The inner statements of running scans; kept only if INSERT triggers require the
    /// application's statements to be distinguished.
    var innerStatements: Set<OpaquePointer> = []
    private(set) var tracksInnerStatements = false
    /// Whether SQLite may drop the temporary tables: only while they are replaced.
    var isReplacingTables = false
    /// Whether new tables of the module may be created: only while the overlay creates its own.
    private var isMakingTables = false
    /// The key that the overlay's triggers pass to its functions, so that no other caller can use
    /// them.
    let triggerKey = Int64.random(in: 0...Int64.max)

    package init(
        connection: Connection, configuration: Configuration, localPath: String
    ) throws(SQLiteError) {
        self.connection = connection
        self.configuration = configuration
        self.localPath = localPath
        link = FileLink(configuration, path: localPath)
        catalog = Catalog(connection)
        try connection.createModule("stretch") { [unowned self] arguments, isNew in
            try self.connect(arguments, isNew: isNew)
        }
        try registerFunctions()
    }

    /// Returns the table of a CREATE VIRTUAL TABLE statement.
    ///
    /// The overlay's own tables are in schema temp. A table in the file, which an older version
    /// allowed statements to create, can only be dropped.
    private func connect(
        _ arguments: [String], isNew: Bool
    ) throws -> (any VirtualTable, columnCount: Int) {
        let isTemporary = arguments.count > 1 && arguments[1].isSameText(as: "temp")
        guard isTemporary || isNew else {
            return (StrayTable(name: arguments[2], connection: connection), 1)
        }
        guard isTemporary, !isNew || isMakingTables, arguments.count > 3,
            let id = Int64(arguments[3]), let table = tables[id]
        else {
            throw SQLiteError(
                extendedCode: 1, message: "the overlay is created by Stretch, not by statements")
        }
        let isStaged = arguments.count > 4
        return (isStaged ? StagedTable(table) : table, table.schema.columns.count)
    }

    /// The errors of stretch-enabled tables that another program dropped, by name.
    package internal(set) var missingTables: [SQLName: StretchError] = [:]

    /// The names of the stretch-enabled tables.
    package private(set) var tableNames: Set<SQLName> = []

    /// Whether no statement can use the overlay.
    package var isEmpty: Bool {
        record == nil || tables.isEmpty && viewNames.isEmpty && triggerNames.isEmpty
    }

    /// The views of main that have a copy in schema temp.
    package private(set) var viewNames: Set<SQLName> = []
    /// The overlay's triggers: the copies of those of such views, and its own triggers.
    package private(set) var triggerNames: Set<SQLName> = []
    /// The triggers that only call functions of the overlay.
    private(set) var callingTriggerNames: Set<SQLName> = []
    /// What the file's triggers write that use stretch-enabled tables.
    var namesWrittenByTriggers: Set<SQLName> = []
    /// The tables of which a DELETE can fire triggers that change more of their rows: without and
    /// with the rules of foreign keys.
    var namesChangedByDeletions: [Set<SQLName>] = [[], []]
    /// The objects that the overlay created in schema temp; a rollback may restore any of them.
    private var made: Set<TemporaryObject.Key> = []
    /// The tables that the copied triggers write, other than stretch-enabled tables and copied
    /// views.
    ///
    /// `hidden` are those of these names that the application has used in schema temp.
    private var targets: (names: Set<SQLName>, hidden: Set<SQLName>) = ([], [])

    /// The number of cold rows fetched through this overlay.
    package internal(set) var fetchedRowCount = 0

    /// The number of round trips to the remote through this overlay.
    package var roundTripCount: Int { endpoint?.roundTripCount ?? 0 }

    // MARK: Attaching

    /// Updates the temporary objects to match the catalog and the schema of main.
    ///
    /// Called before each statement is prepared; cheap if nothing has changed.
    package func synchronize() throws {
        if isKnownPlain { return }
        let version = try connection.integer("PRAGMA main.schema_version") ?? 0
        let seen = connection.dataVersion()
        let isSame =
            try version == schemaVersion
            && (record == nil
                || !tablesHaveChanged() && !targetsHaveChanged() && !retryTakingOver())
        if !isSame {
            try attach()
            schemaVersion = version
        }
        plainDataVersion = record == nil ? seen : nil
    }

    /// The data version of a state in which the file was not stretch-enabled.
    private var plainDataVersion: UInt32?

    /// Whether the file is known not to be stretch-enabled in the open snapshot.
    ///
    /// The data version changes with every commit, including those of this connection, and an open
    /// snapshot does not change. The same number therefore means the same state, apart from
    /// uncommitted statements of this connection. Those cannot enable the file, because enabling
    /// ends with a commit.
    private var isKnownPlain: Bool {
        guard let plainDataVersion, connection.hasSnapshot == true else { return false }
        return connection.dataVersion() == plainDataVersion
    }

    /// Acquires main's write lock if a writing statement is the first of its transaction.
    ///
    /// Reading the schema would open a snapshot, which cannot be upgraded to a write after another
    /// connection, such as a migrator's, has committed.
    package func lock(for sql: String) throws {
        guard record != nil, connection.isInTransaction, connection.hasSnapshot == false,
            let table = StatementRewriter.writtenTable(of: sql)
        else { return }
        let isOwn = tableNames.contains(table) || viewNames.contains(table)
        let isTemporary =
            try !isOwn
            && connection.integer(
                "SELECT 1 FROM temp.sqlite_schema WHERE name = ? COLLATE NOCASE", .text(table.text))
                != nil
        guard !isTemporary else { return }
        do {
            try catalog.takeWriteLock()
        } catch {
            // SQLITE_ERROR: another program disabled the database, which `synchronize` detects.
            guard error.code == ResultCode.error else { throw error }
        }
    }

    /// Returns whether the tables in the catalog have changed.
    ///
    /// Enabling or disabling a table changes only rows of the catalog, not the schema.
    private func tablesHaveChanged() throws -> Bool {
        try catalog.schemaVersions() != attachedVersions
    }
    private var attachedVersions: [SchemaVersion] = []
    /// Whether the file was created by version 0.1.0 and has not been completed by a writer since.
    private(set) var isCatalogIncomplete = false

    /// Returns whether the application has changed targets of triggers in schema temp.
    ///
    /// SQLite allows no schema name for the target of a trigger's write, so a table that the
    /// application creates in schema temp hides the one of main.
    private func targetsHaveChanged() throws -> Bool {
        guard !targets.names.isEmpty else { return false }
        return try hiddenTargets(targets.names) != targets.hidden
    }

    private func hiddenTargets(_ names: Set<SQLName>) throws(SQLiteError) -> Set<SQLName> {
        let rows = try connection.rows(
            "SELECT name FROM temp.sqlite_schema WHERE type IN ('table', 'view')")
        return names.intersection(rows.compactMap { $0[0].stringValue.map(SQLName.init) })
    }

    /// The time before which a failed save is not retried.
    var nextAttempt = ContinuousClock.now

    /// Recreates all temporary objects at the next statement.
    package func invalidate() {
        schemaVersion = -1
        plainDataVersion = nil
    }

    /// Replaces all temporary objects, or leaves all unchanged.
    ///
    /// Without them, prepared statements of the application would read only hot rows.
    private func attach() throws {
        try trustModules()
        let (newRecord, definitions, reader) = try readDefinitions()
        var newTables: [Int64: OverlayTable] = [:]
        missingTables = [:]
        if newRecord != nil {
            for table in definitions {
                newTables[table.id] = try makeTable(table, reader)
            }
            attachedVersions = try catalog.schemaVersions()
        }
        isCatalogIncomplete = try newRecord != nil && !catalog.isComplete
        let old = (tables, record, viewNames, triggerNames, targets)
        do {
            try replaceObjects {
                (tables, record, viewNames, triggerNames) = (newTables, newRecord, [], [])
                targets = ([], [])
                guard newRecord != nil else { return }
                tracksInnerStatements = tables.values.contains { $0.writer.hasInsertTriggers }
                try reload()
                try makeObjects()
            }
        } catch {
            (tables, record, viewNames, triggerNames, targets) = old
            throw error
        }
    }

    /// Returns the stretch-enabled tables in one snapshot; their columns can be reconciled only
    /// outside it.
    private func readDefinitions() throws -> (
        record: DatabaseRecord?, tables: [StretchedTable], reader: SchemaReader
    ) {
        try connection.reading {
            let reader = SchemaReader(connection)
            guard let record = try catalog.database() else { return (nil, [], reader) }
            let tables = try catalog.tables()
            uniqueRelations = try catalog.uniqueRelations()
            // The reader keeps the definitions of this snapshot.
            for table in tables {
                _ = try reader.table(table.name)
                _ = try reader.isBehindMark(table.name)
            }
            return (record, tables, reader)
        }
    }

    /// Drops the overlay's objects and runs `body`, which creates new ones, in one savepoint.
    ///
    /// Objects of the application are kept. Its triggers on views are removed temporarily, because
    /// dropping a view drops its triggers, and a view's copy hides the view.
    private func replaceObjects(_ body: () throws -> Void) throws {
        isReplacingTables = true
        defer { isReplacingTables = false }
        let isNested = connection.isInTransaction
        let before = made
        try connection.execute("SAVEPOINT stretch_attach")
        do {
            let objects = try TemporaryObject.all(on: connection)
            let own = objects.filter { made.contains($0.key) }
            let waiting = objects.filter { !made.contains($0.key) && $0.isViewTrigger }
            for object in waiting { try object.drop(on: connection) }
            for kind in [TemporaryObject.Kind.trigger, .view, .table] {
                for object in own where object.key.kind == kind {
                    try object.drop(on: connection)
                }
            }
            if !isNested { made = [] }
            try recording(body)
            for object in waiting { try object.makeAgain(on: connection) }
            try connection.execute("RELEASE stretch_attach")
        } catch {
            // The first error is more specific than an error of the rollback.
            try? connection.execute("ROLLBACK TO stretch_attach; RELEASE stretch_attach")
            made = before
            throw error
        }
    }

    /// Runs `body`, and records new objects in schema temp as the overlay's.
    private func recording(_ body: () throws -> Void) throws {
        let others = Set(try TemporaryObject.all(on: connection).map(\.key))
        try body()
        made.formUnion(
            try TemporaryObject.all(on: connection).map(\.key).filter { !others.contains($0) })
    }

    private func makeObjects() throws {
        let triggers = OverlayTriggers(overlay: self, taken: try triggerNamesInUse())
        // Before the tables, because each statement opens a savepoint of each existing virtual
        // table.
        replacesInSchema = try connection.rows(
            "SELECT sql FROM main.sqlite_schema WHERE instr(upper(sql), 'REPLACE')"
        ).contains { StatementShape(of: $0[0].stringValue ?? "").contains(.replaces) }
        let own = try triggers.definitions()
        for trigger in own { try connection.execute(one: trigger.statement) }
        let views = try OverlayViews(overlay: self, triggers: triggers).definitions()
        try makingTables {
            for (id, table) in tables.sorted(by: { $0.key < $1.key }) {
                let name = table.schema.name.quotedName
                try connection.execute(
                    one: "CREATE VIRTUAL TABLE temp.\(name) USING stretch(\(id))")
            }
        }
        try views.make(on: connection)
        viewNames = views.names
        callingTriggerNames = Set(own.map { SQLName($0.name) })
        triggerNames = views.triggers.union(callingTriggerNames)
        targets = (views.targets, views.hiddenTargets)
    }

    /// Returns the names of the application's triggers in schema temp, and of the file's triggers.
    private func triggerNamesInUse() throws(SQLiteError) -> Set<SQLName> {
        let rows = try connection.rows(
            """
            SELECT name FROM main.sqlite_schema WHERE type = 'trigger'
            UNION ALL SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'
            """)
        return Set(rows.compactMap { $0[0].stringValue.map(SQLName.init) })
    }

    /// Runs `body`, which creates virtual tables of the overlay.
    package func makingTables(_ body: () throws -> Void) throws {
        isMakingTables = true
        defer { isMakingTables = false }
        try recording(body)
    }

    /// Runs `body` while names refer to the tables of main, and then immediately recreates the
    /// overlay.
    package func withoutTables(_ body: () throws -> Void) throws {
        let names = tables.values.map(\.schema.name)
        try replaceObjects {}
        invalidate()
        do {
            try body()
        } catch {
            // The first error is more specific; the next statement tries again.
            try? synchronize(guarding: names)
            throw error
        }
        try synchronize(guarding: names)
    }

    /// Recreates the overlay or, if this fails, an object under each name that fails when it is
    /// read.
    ///
    /// Otherwise prepared statements of the application would read only hot rows.
    private func synchronize(guarding names: [String]) throws {
        do {
            try synchronize()
        } catch {
            try recording {
                for name in names {
                    let stand = StandInView(
                        name: name, columns: OverlayViews.columns(of: name, on: connection),
                        message: "table \"\(name)\": its cold rows cannot be shown",
                        hint: "The status of the database says why.")
                    try connection.execute(one: stand.statement)
                }
            }
            throw error
        }
    }

    // MARK: Snapshot

    /// Updates the manifest to the open snapshot; nearly free if nothing has changed.
    ///
    /// - Throws: An error like `SQLITE_SCHEMA` if a stretch-enabled table has other columns than
    ///   the overlay; the next prepared statement sees the new ones.
    func refresh() throws {
        let version = connection.dataVersion()
        guard version != dataVersion else { return }
        dataVersion = version
        do {
            try reload()
        } catch {
            dataVersion = 0
            throw error
        }
    }

    private func reload() throws {
        guard let position = try catalog.position() else {
            throw StretchError(
                .wrongState, "the database is no longer stretch-enabled",
                hint: "Open it again.")
        }
        dataVersion = connection.dataVersion()
        if let mode = try catalog.queryMode() { record?.queryMode = mode }
        let isSamePosition = record?.position == position
        record?.position = position
        let outdated = tables.values.filter { !isSamePosition || !$0.hasLoadedManifest }
        guard !outdated.isEmpty else { return }
        let batches = try catalog.batchesOfTables()
        for table in outdated { table.load(batches[table.table.id] ?? []) }
    }

    // MARK: Remote

    /// Returns the session with the remote, opened at its first use.
    ///
    /// - Throws: `disconnected` for a file that must be reauthorized first.
    func remote() throws(StretchError) -> any Endpoint {
        guard let record else {
            throw StretchError(.wrongState, "the database is not stretch-enabled")
        }
        if let link { try link.require(record, pending: pendingStep()) }
        if let endpoint {
            limitWait()
            return endpoint
        }
        let address = try EndpointAddress(parsing: record.endpoint)
        let made = try configuration.endpoint(at: address, localPath: localPath, as: .reader)
        endpoint = made
        waiting = (made as? any WaitingEndpoint).map { ($0, $0.patience) }
        remoteInterrupter.use(made)
        limitWait()
        return made
    }

    /// Sets how long the next call to the remote waits: not as long as usual while this connection
    /// holds the file's write lock.
    func limitWait() {
        guard let waiting else { return }
        let limit = connection.holdsWriteLock ? configuration.patienceOfWrites : waiting.usual
        waiting.endpoint.patience = min(limit, waiting.usual)
    }

    /// Discards the session and the link state after a deliberate change.
    package func forgetRemote() {
        (endpoint, waiting) = (nil, nil)
        link?.forget()
    }

    private func pendingStep() throws(StretchError) -> PendingStep? {
        try local { () throws in try catalog.pending() }
    }

    /// Returns the stretch-enabled table with a name, ignoring case.
    package func table(named name: String) -> OverlayTable? {
        tablesByName[SQLName(name)]
    }
}
