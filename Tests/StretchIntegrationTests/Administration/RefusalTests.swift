import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// Commands that are refused say why, and leave file, keystore and remote as they were.
@Suite struct RefusalTests {
    typealias Command = AdministrationCommand

    /// Expects the refusal of a command, and the same contents of the folder as before.
    private func expectRefusal(
        of command: Command, _ code: StretchError.Code, _ words: String = "",
        in folder: TemporaryFolder, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) throws {
        let before = try FolderContents(folder.path)
        expectError(code, words, sourceLocation: sourceLocation, body)
        let differences = try FolderContents(folder.path).differences(from: before)
        #expect(differences == [], "\(command)", sourceLocation: sourceLocation)
    }

    // MARK: A database that is not enabled

    /// Commands that work on any file, or need a keystore's entry rather than an enabled database.
    private static let beforeEnabling: Set<Command> = [
        .enable, .createMasterKey, .createCredential, .dropCredential, .dropMasterKey,
        .exportMasterKey,
    ]

    @Test(arguments: Command.allCases.filter { !beforeEnabling.contains($0) })
    func `a database that is not enabled is administered by enabling it`(command: Command) throws {
        let sample = try AdministrationSample(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, n)", isEnabled: false)
        let database = try StretchDatabase(
            path: sample.path, configuration: configuration(sample.folder))
        try expectRefusal(
            of: command, .wrongState, "is not stretch-enabled", in: sample.folder
        ) { try command.run(database) }
    }

    private func configuration(_ folder: TemporaryFolder) -> Configuration {
        var configuration = Configuration.everyRemote
        configuration.keystore = Keystore(path: folder.path("keystore"))
        return configuration
    }

    // MARK: A table that is not enabled

    @Test(arguments: [
        Command.disableTable, .bringBackTable, .abandonTable, .alterTable, .pauseTable,
        .resumeTable, .provision, .migrate, .bringBack, .verify, .countCold, .reconcileBatches,
    ])
    func `a table that is not enabled is named, with those that are`(command: Command) throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.execute("CREATE TABLE plain(id INTEGER PRIMARY KEY, n)")
        for name in ["plain", "missing"] {
            try expectRefusal(
                of: command, .invalidArgument, "table \"\(name)\" is not stretch-enabled",
                in: sample.folder
            ) { try command.run(database, table: name) }
        }
    }

    // MARK: A user who does not administer the file

    /// What a user needs no right for beyond those of the file system and the remote.
    private static let everybodys: Set<Command> = [
        .migrate, .verify, .countCold, .status, .staging, .retention, .branches, .members,
        .reconcileSchema,
    ]

    @Test func `a user who is not a member administers nothing`() throws {
        let sample = try TimelineSample()
        try sample.open().masterKey.create(password: "first")
        var configuration = sample.configuration()
        configuration.user = SystemUser(id: 54_321, name: "mallory")
        let database = try StretchDatabase(path: sample.path, configuration: configuration)
        #expect(try !database.members.isAdministrator())
        for command in Command.allCases where !Self.everybodys.contains(command) {
            try expectRefusal(
                of: command, .notPermitted, "user \"mallory\" does not administer",
                in: sample.folder
            ) { try command.run(database) }
        }
    }

    // MARK: A file that is disconnected

    @Test(arguments: [
        Command.enableTable, .bringBackTable, .provision, .migrate, .bringBack,
        .verify, .reconcileBatches, .setQueryMode, .retention, .setRetention,
        .collectGarbage, .grant,
    ])
    func `a disconnected file is reauthorized before anything that needs the remote`(
        command: Command
    ) throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 20)
        try database.execute("CREATE TABLE other(id INTEGER PRIMARY KEY, n)")
        // A column that the catalog does not know yet.
        try Connection(path: sample.path, access: .readWrite, routines: .linked).execute(
            "ALTER TABLE t ADD COLUMN later")
        try database.remote.deauthorize()
        try expectRefusal(of: command, .disconnected, in: sample.folder) {
            try command.run(
                sample.open(), table: command == .enableTable ? "other" : "t")
        }
    }

    // MARK: States

    @Test func `what is done already, or was not done, is refused`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        func refuse(
            _ command: Command, _ words: String, _ code: StretchError.Code = .wrongState,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try expectRefusal(
                of: command, code, words, in: sample.folder, sourceLocation: sourceLocation
            ) { try command.run(database) }
        }
        try refuse(.enable, "enabled already, with server")
        try refuse(.enableTable, "\"t\" is stretch-enabled already")
        try refuse(.disable, "has stretch-enabled tables: ")
        try refuse(.dropMember, "is not a member of db_owner")
        try refuse(.dropMasterKey, "no master key")
        try refuse(.exportMasterKey, "no master key")
        try refuse(.createCredential, "no master key")
        try refuse(.dropCredential, "no master key")
        try refuse(.storeLogin, "has no logins")
        try refuse(.dropBranch, "branch 1 does not exist", .invalidArgument)
        try refuse(.undropBranch, "branch 1 does not exist", .invalidArgument)
        try database.migrate(batchRowCount: 20)
        try refuse(.disableTable, "has 40 cold rows", .invalidArgument)
        try database.masterKey.create(password: "password")
        try refuse(.createMasterKey, "has a master key already")
        try refuse(.dropCredential, "does not exist", .invalidArgument)
        try database.credentials.create("c", identity: "admin", secret: "secret")
        try refuse(.createCredential, "\"c\" exists already")
        try refuse(.dropMasterKey, "are sealed under the master key: \"c\"")
        try database.remote.deauthorize()
        try refuse(.deauthorize, "is disconnected already")
    }

    @Test func `a wrong filter is refused wherever it is given`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.execute("CREATE TABLE other(id INTEGER PRIMARY KEY, n)")
        for filter in ["", "missing > 1", "n >", "n > (SELECT 1)", "n > random()", "n > ?1"] {
            try expectRefusal(of: .alterTable, .invalidArgument, in: sample.folder) {
                try database.tables["t"].alter(filter: filter)
            }
            try expectRefusal(of: .enableTable, .invalidArgument, in: sample.folder) {
                try database.tables["other"].enable(filter: filter)
            }
        }
    }

    @Test func `a grant is for one user, and for less than administration`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        for (role, user) in [(RemoteRole.administrator, "ann"), (.reader, "")] {
            try expectRefusal(
                of: .grant, .invalidArgument, "a writer or a reader", in: sample.folder
            ) { _ = try database.members.grant(role, to: user) }
        }
    }

    // MARK: A remote that fails

    /// Commands whose first call of the remote decides, and that change nothing before it.
    @Test(arguments: [
        Command.enableTable, .provision, .verify, .reconcileBatches, .setQueryMode,
        .retention, .setRetention, .collectGarbage, .branches, .dropBranch, .grant, .reauthorize,
    ])
    func `a remote that cannot be reached leaves everything as it was`(command: Command) throws {
        let gate = RemoteGate()
        let sample = try TimelineSample(wrap: { GatedEndpoint($0, gate) })
        let database = try sample.open()
        try database.migrate(batchRowCount: 20)
        try database.execute("CREATE TABLE other(id INTEGER PRIMARY KEY, n)")
        try Connection(path: sample.path, access: .readWrite, routines: .linked).execute(
            "ALTER TABLE t ADD COLUMN later")
        let branch = try database.branches.all()[0].id
        gate.isClosed = true
        try expectRefusal(of: command, .remoteUnavailable, "gate is closed", in: sample.folder) {
            try command.run(
                sample.open(), table: command == .enableTable ? "other" : "t", branch: branch)
        }
        gate.isClosed = false
        #expect(gate.refusedCount > 0)
        #expect(try TimelineSample.contents(sample.open()).count == 60)
    }
}

/// Whether sessions reach their remote.
// One thread at a time makes calls.
final class RemoteGate: @unchecked Sendable {
    var isClosed = false
    fileprivate(set) var refusedCount = 0
}

/// A session that reaches its remote while a gate is open.
final class GatedEndpoint: ForwardingEndpoint {
    private let gate: RemoteGate

    init(_ base: any Endpoint, _ gate: RemoteGate) {
        self.gate = gate
        super.init(base)
    }

    override func around<Result>(
        _ call: String, _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        guard !gate.isClosed else {
            gate.refusedCount += 1
            throw StretchError(.remoteUnavailable, "the gate is closed", hint: "Open it.")
        }
        return try body()
    }
}
