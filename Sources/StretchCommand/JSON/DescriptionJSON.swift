internal import Stretch

/// What `stretch inspect --json` prints, and a part of `stretch backup --json` and `stretch restore
/// --json`; a contract, see `Documentation/JSON.md`.
struct DescriptionJSON: Encodable {
    struct StretchPart: Encodable {
        let format: Int64
        let database: String
        let branch: String
        let epoch: Int64
        let token: String
        let server: String
        let queryMode: String
        let pendingStep: String?
        let isForkUnfinished: Bool
    }

    struct Table: Encodable {
        let name: String
        let filterPredicate: String
        let migrationState: String
        let localRows: Int64
        let eligibleRows: Int64?
        let remoteRows: Int64
        let batches: Int64
        let hiddenRows: Int64
    }

    let file: String
    let time: String
    let byteCount: Int64
    let pageSize: Int64
    let pageCount: Int64
    let freePages: Int64
    let journalMode: String
    let hasWAL: Bool
    let isRemote: Bool
    let stretch: StretchPart?
    let tables: [Table]
    let plainTables: [String]
    let uncheckedTables: [String]
    let integrityProblems: [String]?

    init(_ description: BackupDescription) {
        file = description.file
        time = description.time.description
        byteCount = description.byteCount
        pageSize = description.pageSize
        pageCount = description.pageCount
        freePages = description.freePages
        journalMode = description.journal.rawValue
        hasWAL = description.hasWAL
        isRemote = description.isRemote
        stretch = description.stretch.map(StretchPart.init)
        tables = description.tables.map(Table.init)
        plainTables = description.plainTables
        uncheckedTables = description.uncheckedTables
        integrityProblems = description.integrityProblems
    }
}

extension DescriptionJSON.StretchPart {
    fileprivate init(_ stretch: BackupDescription.Stretch) {
        format = stretch.format
        database = String(stretch.database)
        branch = String(stretch.branch)
        epoch = stretch.epoch
        token = String(stretch.token)
        server = stretch.server
        queryMode = stretch.queryMode.rawValue
        pendingStep = stretch.pendingStep?.rawValue
        isForkUnfinished = stretch.isForkUnfinished
    }
}

extension DescriptionJSON.Table {
    fileprivate init(_ table: BackupDescription.Table) {
        name = table.name
        filterPredicate = table.filterPredicate
        migrationState = table.migrationState.rawValue
        localRows = table.localRows
        eligibleRows = table.eligibleRows
        remoteRows = table.remoteRows
        batches = table.batches
        hiddenRows = table.hiddenRows
    }
}
