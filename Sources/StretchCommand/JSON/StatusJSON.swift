internal import Stretch

/// What `stretch status --json` prints; a contract, see `Documentation/JSON.md`.
struct StatusJSON: Encodable {
    struct Database: Encodable {
        let id: String
        let branch: String
        let epoch: Int64
        let server: String
        let linkState: String
        let linkReason: String?
        let login: String?
        let queryMode: String
        let journalMode: String?
        let pendingStep: String?
        let freePages: Int64
        let freeBytes: Int64
        let staging: StagingJSON?
        let warnings: [String]
    }

    struct Table: Encodable {
        let name: String
        let filterPredicate: String
        let follows: String?
        let followColumns: [String]
        let migrationState: String
        let unique: String
        let localRows: Int64
        let eligibleRows: Int64?
        let remoteRows: Int64
        let batches: Int64
        let localBytes: Int64?
        let remoteBytes: Int64?
        let shadowedRows: Int64?
        let isReconciled: Bool
        let hasRemoteIndexes: Bool?
        let ownerSteps: [OwnerStepJSON]
        let problem: String?
        let problemHint: String?
    }

    struct Event: Encodable {
        let time: String
        let table: String?
        let kind: String
        let message: String
    }

    let database: Database
    let tables: [Table]
    let events: [Event]

    init(_ status: DatabaseStatus) {
        database = Database(status.database)
        tables = status.tables.map(Table.init)
        events = status.events.map(Event.init)
    }
}

extension StatusJSON.Database {
    fileprivate init(_ database: DatabaseStatus.Database) {
        id = String(database.id)
        branch = String(database.branch)
        epoch = database.epoch
        server = database.server
        linkState = database.linkState.rawValue
        linkReason = database.linkReason
        login = database.login
        queryMode = database.queryMode.rawValue
        journalMode = database.journalMode?.rawValue
        pendingStep = database.pendingStep?.rawValue
        freePages = database.freePages
        freeBytes = database.freeBytes
        staging = database.staging.map(StagingJSON.init)
        warnings = database.warnings
    }
}

extension StatusJSON.Table {
    fileprivate init(_ table: DatabaseStatus.Table) {
        name = table.name
        filterPredicate = table.filterPredicate
        follows = table.follows
        followColumns = table.followColumns.map(\.text)
        migrationState = table.migrationState.rawValue
        unique = table.uniqueScope.rawValue
        localRows = table.localRows
        eligibleRows = table.eligibleRows
        remoteRows = table.remoteRows
        batches = table.batches
        localBytes = table.localBytes
        remoteBytes = table.remoteBytes
        shadowedRows = table.shadowedRows
        isReconciled = table.isReconciled
        hasRemoteIndexes = table.hasRemoteIndexes
        ownerSteps = table.ownerSteps.map(OwnerStepJSON.init)
        problem = table.problem
        problemHint = table.problemHint?.text(\.command)
    }
}

extension StatusJSON.Event {
    fileprivate init(_ event: DatabaseStatus.Event) {
        time = event.time
        table = event.table
        kind = event.kind.rawValue
        message = event.message
    }
}
