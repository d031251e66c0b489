import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import StretchText

@testable import StretchCatalog
@testable import StretchCore
@testable import StretchEmbedded
@testable import StretchEndpoint
@testable import StretchKeystore
@testable import StretchMigration

/// A stretch-enabled file in a folder of its own, with a remote in memory or beside it.
final class StretchedFile {
    let folder: URL
    let path: String
    let remote: MemoryRemote
    var configuration: Configuration
    let connection: Connection
    private var tableCount: Int64 = 0

    /// Makes a file by a script, in WAL mode.
    init(_ script: String, isEmbedded: Bool = false) throws {
        remote = MemoryRemote()
        folder = try StretchedFile.makeFolder()
        path = folder.appending(path: "app.db").path
        configuration = Configuration(routines: .linked)
        configuration.busyTimeout = .seconds(5)
        connection = try Connection(path: path, access: .create, routines: .linked)
        connection.setBusyTimeout(milliseconds: 5_000)
        try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + script)
        use(faults: nil)
        if isEmbedded {
            configuration.remotes = [.embedded]
        }
        let position = TimelinePosition(
            branch: configuration.randomID(), epoch: 0, token: configuration.randomID())
        try Catalog(connection).create(
            DatabaseRecord(
                database: 77, position: position, endpoint: "file:archive.db",
                queryMode: .localAndRemote))
        try endpoint(isCreating: true).register(database: 77, position: position)
    }

    /// The file and its remote as a crash would leave them now.
    init(crashed other: StretchedFile) throws {
        folder = try StretchedFile.makeFolder()
        path = folder.appending(path: "app.db").path
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: other.path + suffix)
        {
            try FileManager.default.copyItem(atPath: other.path + suffix, toPath: path + suffix)
        }
        remote = MemoryRemote(copying: other.remote)
        configuration = other.configuration
        connection = try Connection(path: path, access: .readWrite, routines: .linked)
        connection.setBusyTimeout(milliseconds: 5_000)
        use(faults: nil)
    }

    private static func makeFolder() throws -> URL {
        // Durable commits are waited for; in memory they cost nothing.
        let memory = URL(filePath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        let folder = parent.appending(path: "stretch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Uses the remote in memory, with faults.
    func use(faults: FaultPlan?) {
        configuration.remotes = [MemoryProvider(remote: remote, faults: faults)]
    }

    func endpoint(isCreating: Bool = false) throws -> any Endpoint {
        try configuration.endpoint(
            at: try EndpointAddress(parsing: "file:archive.db"), localPath: path,
            isCreating: isCreating, as: .reader)
    }

    var catalog: Catalog { Catalog(connection) }

    /// Stretch-enables a table.
    func stretch(_ name: String, filter: String, follows: String? = nil) throws {
        let schema = try TableSchema(reading: name, from: connection)!
        tableCount += 1
        let columns = schema.columns.enumerated().map {
            CatalogColumn(
                id: Int64($0 + 1), name: $1.name, declaredType: $1.declaredType,
                affinity: $1.affinity, defaultValue: .null, added: 0, dropped: nil)
        }
        let table = StretchedTable(
            id: tableCount, name: name, relation: 1_000 + tableCount, filter: filter,
            follows: follows, state: .outbound, schemaVersion: 0, columns: columns)
        try catalog.save(table)
        try provision(table, schema)
    }

    private func provision(_ table: StretchedTable, _ schema: TableSchema) throws {
        let columns = table.columns
        try endpoint().provision(
            Relation(
                id: table.relation, name: table.name,
                columns: columns.map {
                    RemoteColumn(
                        id: $0.id, name: $0.name, affinity: $0.affinity,
                        defaultValue: $0.defaultValue)
                },
                key: schema.key.map { OrderTerm(column: columns[$0].id) }, indexes: []))
    }

    /// Takes an added column over, as administration does.
    func reconcile(_ connection: Connection) throws {
        let catalog = Catalog(connection)
        for var table in try catalog.tables() {
            let schema = try TableSchema(reading: table.name, from: connection)!
            let names = Set(table.currentColumns.map(\.name))
            let added = schema.columns.filter { !names.contains($0.name) }
            guard !added.isEmpty else { continue }
            table.schemaVersion += 1
            for column in added {
                let id = table.columns.map(\.id).max()! + 1
                table.columns.append(
                    CatalogColumn(
                        id: id, name: column.name, declaredType: column.declaredType,
                        affinity: column.affinity, defaultValue: .null,
                        added: table.schemaVersion, dropped: nil))
            }
            try catalog.save(table)
            try provision(table, schema)
        }
    }

    func migrator() throws -> Migrator {
        let migrator = try Migrator(path: path, configuration: configuration)
        migrator.sleep = { _ in }
        migrator.reconcileSchema = { [unowned self] in
            try reconcile($0.connection)
            return [:]
        }
        return migrator
    }

    /// Options with batches of few rows.
    static func options(rowCount: Int = 5, tables: [String]? = nil) -> MigrationOptions {
        var options = MigrationOptions()
        options.maximumRowCount = rowCount
        options.tables = tables
        options.leaseTimeout = .zero
        return options
    }

    // MARK: Contents

    func hot(_ name: String) throws -> [[Value]] {
        try connection.prepare("SELECT * FROM main.\(name.quotedName)").rows()
    }

    /// The cold rows that manifest and tombstones show.
    func cold(_ name: String) throws -> [[Value]] {
        let table = try catalog.table(named: name)!
        let endpoint = try endpoint()
        let columns = table.currentColumns.map(\.id)
        var rows: [[Value]] = []
        for batch in try catalog.batches(table: table.id) {
            let buffer = RowBuffer(columnCount: columns.count)
            try endpoint.read(
                batch: batch.visible.id, columns: columns, from: 0,
                maximumRowCount: Int(batch.visible.rowCount), into: buffer)
            for row in 0..<buffer.rowCount {
                let location = ColdLocation(
                    batchNumber: batch.visible.number, ordinal: buffer.rowIdentifiers[row])
                if try !catalog.isHidden(location) { rows.append(buffer.values(ofRow: row)) }
            }
        }
        return rows
    }

    /// Hot and cold rows, in an order that tells multisets apart.
    func all(_ name: String) throws -> [String] {
        StretchedFile.sorted(try hot(name) + cold(name))
    }

    static func sorted(_ rows: [[Value]]) -> [String] { rows.map { "\($0)" }.sorted() }

    /// Whether the file names the remote's head, and no step is in flight.
    var isSettled: Bool {
        get throws {
            let position = try catalog.position()!
            return try catalog.pending() == nil
                && endpoint().fence(branch: position.branch) == position
        }
    }
}

// A test uses it from one thread.
private struct MemoryProvider: EndpointProvider, @unchecked Sendable {
    let remote: MemoryRemote
    let faults: FaultPlan?

    func endpoint(for request: EndpointRequest) throws(StretchError) -> (any Endpoint)? {
        MemoryEndpoint(remote, faults: faults)
    }
}
