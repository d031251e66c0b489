internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite
internal import StretchSchema
internal import StretchText
internal import TransactSQL

/// The content of the `sys` views for a database.
struct CatalogSource {
    private let database: StretchDatabase

    init(_ database: StretchDatabase) {
        self.database = database
    }

    /// Reads the catalog; `nil` before the database is enabled.
    private func read<Result>(_ body: (Catalog) throws -> Result) throws(StretchError) -> Result? {
        try database.isEnabled() ? database.reading(body) : nil
    }

    private func stretchedTables() throws(StretchError) -> [StretchedTable] {
        try read { try $0.tables() } ?? []
    }

    /// Returns the server that the file names, or `nil` before it is enabled.
    func server() throws(StretchError) -> String? {
        try read { try $0.database() }??.endpoint
    }

    /// Returns the migrated batches.
    func migrations() throws(StretchError) -> [[Value]] {
        var objects: [Int64: Value] = [:]
        for table in try stretchedTables() { objects[table.id] = try objectID(table.name) }
        return (try read { try $0.migrationStatuses() } ?? []).map { status in
            [
                objects[status.table] ?? .null, 1, .integer(status.rowCount), .null,
                .text(status.ended), .null, .null, .null,
            ]
        }
    }

    func archiveTables() throws(StretchError) -> [[Value]] {
        guard try database.isEnabled() else { return [] }
        let status = try database.status()
        let isConnected = status.database.linkState == .connected
        var rows: [[Value]] = []
        for stretched in try stretchedTables() {
            let name = ExactText(stretched.name)
            guard let table = status.tables.first(where: { ExactText($0.name) == name }) else {
                continue
            }
            let isInbound = table.migrationState.direction == .inbound
            let isPaused = table.migrationState.isPaused
            let filter = table.filterPredicate
            rows.append([
                try objectID(stretched.name), 1, .text("\(stretched.relation)"),
                filter == TableFilter.everyRow.text ? .null : .text(filter),
                isInbound ? 2 : 1, isInbound ? "INBOUND" : "OUTBOUND", isPaused ? 1 : 0,
                isConnected && table.isReconciled ? 1 : 0,
            ])
        }
        return rows
    }

    /// Returns the steps that wait for the owner of the remote; nothing else is queued.
    func schemaTasks() throws(StretchError) -> [[Value]] {
        guard try database.isEnabled() else { return [] }
        var tasks: [[Value]] = []
        for table in try database.status().tables {
            let object = try objectID(table.name)
            for step in table.ownerSteps {
                let kinds = OwnerStep.Kind.allCases
                let kind = Int64(kinds.firstIndex(of: step.kind) ?? 0) + 1
                tasks.append([
                    object, 1, .integer(Int64(tasks.count) + 1), .integer(kind),
                    .text(step.kind.rawValue.uppercasedASCII), 1, "PENDING", .null, .null, .null,
                    .null, .null,
                ])
            }
        }
        return tasks
    }

    private func objectID(_ table: String) throws(StretchError) -> Value {
        try database.query(
            """
            SELECT rowid FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE
            """, .text(table)
        ).rows.first?[0] ?? .null
    }

    func credentials() throws(StretchError) -> [[Value]] {
        try database.credentials.all().enumerated().map { index, credential in
            [
                .integer(Int64(index) + 1), .text(credential.name), .text(credential.identity),
                .text(credential.created), .text(credential.modified), .null, .null,
            ]
        }
    }

    /// Returns the index of the credential with which the file was enabled or reauthorized, or
    /// NULL.
    func usedCredentialID() throws(StretchError) -> Value {
        let index = try database.credentials.all().firstIndex { $0.isUsed }
        return index.map { .integer(Int64($0) + 1) } ?? .null
    }

    func databaseRow() throws(StretchError) -> [Value] {
        let url = URL(fileURLWithPath: database.path)
        return [
            1, .text(url.deletingPathExtension().lastPathComponent), .null,
            try database.masterKey.opensByService() ? 1 : 0, 0, try database.isEnabled() ? 1 : 0,
        ]
    }

    /// Returns the ordinary tables of the file, except those of SQLite and Stretch.
    func tables() throws(StretchError) -> [[Value]] {
        let stretched = Set(try stretchedTables().map { SQLName($0.name) })
        return try database.query(
            """
            SELECT rowid, name FROM main.sqlite_schema WHERE type = 'table'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'stretch\\_%' ESCAPE '\\'
            ORDER BY name
            """
        ).rows.map { row in
            let isStretched = row[1].stringValue.map { stretched.contains(SQLName($0)) } ?? false
            return [row[0], row[1], 1, "U ", "USER_TABLE", isStretched ? 1 : 0]
        }
    }
}
