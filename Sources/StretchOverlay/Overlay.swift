internal import SQLText
internal import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchKeystore
internal import StretchMigration
package import StretchSQLite
package import StretchText
internal import StretchTimeline

/// The stretch-enabled tables of one connection: it shows hot and cold rows under each table's
/// name.
///
/// The overlay of a table is a virtual table of the same name in schema temp, where SQLite looks
/// names up first; `main.<table>` stays the hot table itself.
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
    // Read for every statement, and never while it changes: the check at run time costs more.
    @exclusivity(unchecked) private(set) var record: DatabaseRecord?
    /// What this connection's queries may see at most.
    package var queryModeLimit = QueryMode.localAndRemote
    /// What this connection's queries see: the narrower of its own mode and the database's.
    var queryMode: QueryMode {
        let modes = [record?.queryMode ?? .localAndRemote, queryModeLimit]
        return QueryMode.allCases.first(where: modes.contains) ?? .localAndRemote
    }
    package let remoteInterrupter = RemoteInterrupter()
    /// Begins the text of statements that scans run inside.
    static let innerMark: StaticString = "/* stretch */"
    /// The statement that looked up a cold row last.
    var lastRun: StatementRun?
    /// What a rehearsal of the running statement has found, while it runs.
    var rehearsal: Rehearsal?
    private var endpoint: (any Endpoint)?
    private(set) var dataVersion: UInt32 = 0
    private var schemaVersion: Int64 = -1
    /// Whether a row is being recalled: the triggers of the overlay then stay quiet.
    var isRecalling = false
    var unfinished = UnfinishedTombstones()
    /// The shape of the statement that is being prepared.
    var shape = StatementShape.unknown
    /// Whether SQLite planned a scan of the overlay for the statement that was prepared last.
    package var hasPlannedScan = false
    var knownTemporaryShape: (version: Int64, shape: StatementShape)?
    /// What a function of the overlay left to do before its statement runs again.
    var postponed: PostponedRecall?
    /// Whether the application's statements run again after a postponed recall.
    package var repeatsStatements = false
    /// The inner statements of running scans; kept only where INSERT triggers make it matter which
    /// statements are the application's own.
    var innerStatements: Set<OpaquePointer> = []
    private(set) var tracksInnerStatements = false
    /// Whether SQLite may drop the temporary tables: only while they are replaced.
    var isReplacingTables = false
    /// Whether new tables of the module may be made: only while the overlay makes its own.
    private var isMakingTables = false
    /// What the overlay's triggers show to its functions, so that nothing else calls them.
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

    /// The table of a CREATE VIRTUAL TABLE statement.
    ///
    /// The overlay's own are in schema temp. One in the file, where an older version let statements
    /// make it, can only be dropped.
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
                extendedCode: 1, message: "the overlay is made by Stretch, not by statements")
        }
        let isStaged = arguments.count > 4
        return (isStaged ? StagedTable(table) : table, table.schema.columns.count)
    }

    /// The names of the stretch-enabled tables.
    package private(set) var tableNames: Set<SQLName> = []

    /// Whether it has nothing that a statement could meet.
    package var isEmpty: Bool {
        record == nil || tables.isEmpty && viewNames.isEmpty && triggerNames.isEmpty
    }

    /// The views of main that have a copy in schema temp.
    package private(set) var viewNames: Set<SQLName> = []
    /// The overlay's triggers: the copies of those of such views, and its own.
    package private(set) var triggerNames: Set<SQLName> = []
    /// The triggers that only call functions of the overlay.
    private(set) var callingTriggerNames: Set<SQLName> = []
    /// What the overlay made in schema temp; a transaction that is rolled back may bring any back.
    private var made: Set<TemporaryObject.Key> = []
    /// What the copied triggers write besides stretch-enabled tables and copied views, and which of
    /// these names the application has used in schema temp.
    private var targets: (names: Set<SQLName>, hidden: Set<SQLName>) = ([], [])

    /// The cold rows that were fetched through this overlay.
    package internal(set) var fetchedRowCount = 0

    /// The number of times that the remote was asked something through this overlay.
    package var roundTripCount: Int { endpoint?.roundTripCount ?? 0 }

    // MARK: Attaching

    /// Makes the temporary objects agree with the catalog and the schema of main.
    ///
    /// Cheap when nothing has changed. Called before each statement is prepared.
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

    /// The data version of the state in which the file was seen not to be stretch-enabled.
    private var plainDataVersion: UInt32?

    /// Whether the open snapshot is known to show a file that is not stretch-enabled.
    ///
    /// The data version changes with every commit, this connection's own included, and a snapshot
    /// that is open has seen all that it will: the same number means the state that was looked at,
    /// and since then nothing but uncommitted statements of this connection. Those cannot enable
    /// the file, which ends in a commit.
    private var isKnownPlain: Bool {
        guard let plainDataVersion, connection.hasSnapshot == true else { return false }
        return connection.dataVersion() == plainDataVersion
    }

    /// Takes main's write lock where a statement is the first of its transaction, and writes.
    ///
    /// To look at the schema would take a snapshot, which a write fails to upgrade once another
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
            // SQLITE_ERROR: another program disabled the database, which synchronizing tells.
            guard error.code == ResultCode.error else { throw error }
        }
    }

    /// Enabling or disabling a table changes rows of the catalog only, not the schema.
    private func tablesHaveChanged() throws -> Bool {
        try catalog.schemaVersions() != attachedVersions
    }
    private var attachedVersions: [SchemaVersion] = []
    /// Whether the file was made by version 0.1.0, and no writer has completed it since.
    private(set) var isCatalogIncomplete = false

    /// SQLite lets no schema stand before what a trigger writes, so that a table that the
    /// application makes in schema temp comes before the one of main.
    private func targetsHaveChanged() throws -> Bool {
        guard !targets.names.isEmpty else { return false }
        return try hiddenTargets(targets.names) != targets.hidden
    }

    private func hiddenTargets(_ names: Set<SQLName>) throws(SQLiteError) -> Set<SQLName> {
        let rows = try connection.rows(
            "SELECT name FROM temp.sqlite_schema WHERE type IN ('table', 'view')")
        return names.intersection(rows.compactMap { $0[0].stringValue.map(SQLName.init) })
    }

    /// Before this, what could not be written down is not tried again.
    var nextAttempt = ContinuousClock.now

    /// Makes all temporary objects anew at the next statement.
    package func invalidate() {
        schemaVersion = -1
        plainDataVersion = nil
    }

    /// Replaces all temporary objects, or leaves all as they were: without them, statements that
    /// the application holds would read hot rows only.
    private func attach() throws {
        try trustModules()
        let (newRecord, definitions) = try readDefinitions()
        var newTables: [Int64: OverlayTable] = [:]
        if let newRecord {
            for (table, schema) in definitions {
                newTables[table.id] = try makeTable(table, schema, newRecord)
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

    /// The stretch-enabled tables, as one snapshot shows them; their columns can be reconciled only
    /// outside of it.
    private func readDefinitions() throws -> (
        record: DatabaseRecord?, tables: [(StretchedTable, TableSchema?)]
    ) {
        try connection.reading {
            guard let record = try catalog.database() else { return (nil, []) }
            let reader = SchemaReader(connection)
            return (record, try catalog.tables().map { ($0, try reader.table($0.name)) })
        }
    }

    /// Drops the overlay's objects and runs `body`, which makes new ones, in one savepoint.
    ///
    /// Objects of the application stay; its triggers on views go meanwhile, because a view takes
    /// its triggers with it, and a view's copy comes before the view.
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
            // The first error says more than one of a rollback.
            try? connection.execute("ROLLBACK TO stretch_attach; RELEASE stretch_attach")
            made = before
            throw error
        }
    }

    /// Runs `body`, and takes what is new in schema temp then for the overlay's.
    private func recording(_ body: () throws -> Void) throws {
        let others = Set(try TemporaryObject.all(on: connection).map(\.key))
        try body()
        made.formUnion(
            try TemporaryObject.all(on: connection).map(\.key).filter { !others.contains($0) })
    }

    private func makeObjects() throws {
        let triggers = OverlayTriggers(overlay: self, taken: try triggerNamesInUse())
        // Before the tables: each statement begins a savepoint of each virtual table that is there.
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

    /// The names of the triggers of the application, in schema temp, and of the file.
    private func triggerNamesInUse() throws(SQLiteError) -> Set<SQLName> {
        let rows = try connection.rows(
            """
            SELECT name FROM main.sqlite_schema WHERE type = 'trigger'
            UNION ALL SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'
            """)
        return Set(rows.compactMap { $0[0].stringValue.map(SQLName.init) })
    }

    /// Runs `body`, which makes virtual tables of the overlay.
    package func makingTables(_ body: () throws -> Void) throws {
        isMakingTables = true
        defer { isMakingTables = false }
        try recording(body)
    }

    /// Runs `body` while names mean the tables of main, and makes the overlay again at once.
    package func withoutTables(_ body: () throws -> Void) throws {
        let names = tables.values.map(\.schema.name)
        try replaceObjects {}
        invalidate()
        do {
            try body()
        } catch {
            // The first error says more; the next statement tries again.
            try? synchronize(guarding: names)
            throw error
        }
        try synchronize(guarding: names)
    }

    /// Makes the overlay again, or something under each name that fails when it is read: a
    /// statement that the application holds would read the hot rows only.
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

    /// Brings the manifest up to the snapshot that is open now; nearly free when nothing changed.
    ///
    /// - Throws: `SQLITE_SCHEMA`'s sense: a stretch-enabled table has other columns than the
    ///   overlay shows; the next prepared statement sees the new ones.
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

    /// The session with the remote, opened at its first use.
    ///
    /// - Throws: `disconnected` for a file that must be reauthorized first.
    func remote() throws(StretchError) -> any Endpoint {
        guard let record else {
            throw StretchError(.wrongState, "the database is not stretch-enabled")
        }
        if let link { try link.require(record, pending: pendingStep()) }
        if let endpoint { return endpoint }
        let address = try EndpointAddress(parsing: record.endpoint)
        let made = try configuration.endpoint(at: address, localPath: localPath, as: .reader)
        endpoint = made
        remoteInterrupter.use(made)
        return made
    }

    /// Forgets the session and whether the file is connected: both were changed on purpose.
    package func forgetRemote() {
        endpoint = nil
        link?.forget()
    }

    private func pendingStep() throws(StretchError) -> PendingStep? {
        try local { () throws in try catalog.pending() }
    }

    /// The stretch-enabled table with a name, without regard to case.
    package func table(named name: String) -> OverlayTable? {
        tablesByName[SQLName(name)]
    }
}
