import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import Testing

/// A command of administration, on a table `t` where it needs one.
enum AdministrationCommand: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case enable, disable, enableTable, disableTable, bringBackTable, abandonTable, alterTable
    case pauseTable, resumeTable, provision, migrate, bringBack, verify, countCold
    case reconcileSchema, reconcileBatches, status
    case setQueryMode, setStaging, removeStaging, staging, retention, setRetention, collectGarbage
    case branches, dropBranch, undropBranch, members, addMember, dropMember
    case grant, storeLogin, deauthorize, reauthorize, createMasterKey, createCredential
    case dropCredential, dropMasterKey, exportMasterKey

    var testDescription: String { rawValue }

    /// Runs the command as it is meant to be called.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - branch: The id of a branch.
    func run(_ database: StretchDatabase, table: String = "t", branch: Int64 = 1) throws {
        switch self {
        case .enable: try database.enable(server: "file:cold.db")
        case .disable: try database.disable()
        case .enableTable: try database.tables[table].enable(filter: "n <= 40")
        case .disableTable: try database.tables[table].disable(nil)
        case .bringBackTable: try database.tables[table].disable(.bringBack)
        case .abandonTable: try database.tables[table].disable(.abandon)
        case .alterTable: try database.tables[table].alter(filter: "n <= 30")
        case .pauseTable: try database.tables[table].pause()
        case .resumeTable: try database.tables[table].resume()
        case .provision: _ = try database.remote.provision(table: table)
        case .migrate: try database.migrate(tables: [table])
        case .bringBack: try database.tables[table].bringBack()
        case .verify: _ = try database.verify(table: table)
        case .countCold: _ = try database.tables[table].coldRowCount(where: "n > 1")
        case .reconcileSchema: try database.tables.reconcile()
        case .reconcileBatches: _ = try database.tables[table].reconcileBatches()
        case .status: _ = try database.status()
        case .setQueryMode: try database.setQueryMode(.localAndRemote)
        case .setStaging: try database.staging.set(StagingSettings(rpoHours: 24))
        case .removeStaging: try database.staging.set(nil)
        case .staging: _ = try database.staging.report()
        case .retention: _ = try database.remote.retention()
        case .setRetention: _ = try database.remote.setRetention(.seconds(86_400))
        case .collectGarbage: try database.remote.collectGarbage()
        case .branches: _ = try database.branches.all()
        case .dropBranch: try database.branches.drop(branch)
        case .undropBranch: try database.branches.undrop(branch)
        case .members: _ = try database.members.all()
        case .addMember: try database.members.add("ann")
        case .dropMember: try database.members.drop("ann")
        case .grant: _ = try database.members.grant(.reader, to: "ann")
        case .storeLogin: _ = try database.remote.storeLogin()
        case .deauthorize: try database.remote.deauthorize()
        case .reauthorize: try database.remote.reauthorize()
        case .createMasterKey: try database.masterKey.create(password: "password")
        case .createCredential:
            try database.credentials.create("c", identity: "admin", secret: "secret")
        case .dropCredential: try database.credentials.drop("c")
        case .dropMasterKey: try database.masterKey.drop()
        case .exportMasterKey:
            try database.masterKey.export(to: database.path + ".key", password: "password")
        }
    }
}

/// What the files of a folder hold: rows of databases, bytes of all others.
struct FolderContents: Equatable {
    private var parts: [String: String] = [:]

    init(_ folder: String) throws {
        let files = FileManager.default.enumerator(atPath: folder)
        for case let name as String in files ?? .init() {
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue, !Self.passing.contains(where: { name.hasSuffix($0) })
            else { continue }
            parts[name] =
                name.hasSuffix(".db")
                ? try Self.rows(of: path)
                : "\(FileManager.default.contents(atPath: path)?.base64EncodedString() ?? "")"
        }
    }

    /// Ends of the names of logs, and of files that exist to be locked.
    private static let passing = ["-wal", "-shm", "-stretch-migrator", ".lock"]

    private static func rows(of path: String) throws -> String {
        let connection = try Connection(path: path, access: .readOnly, routines: .linked)
        let schema = try connection.rows("SELECT name, sql FROM sqlite_schema ORDER BY name")
        var text = "\(schema)"
        for row in try connection.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        {
            let name = row[0].stringValue ?? ""
            text += "\n\(name): \(try connection.rows("SELECT * FROM \"\(name)\""))"
        }
        return text
    }

    /// The names of the files that differ.
    func differences(from other: FolderContents) -> [String] {
        Set(parts.keys).union(other.parts.keys).filter { parts[$0] != other.parts[$0] }.sorted()
    }
}
