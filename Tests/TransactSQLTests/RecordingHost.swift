import StretchCore
import TransactSQL

/// Writes down every call and every word, and does nothing.
final class RecordingHost: TransactSQLHost, TransactSQLOutput {
    private(set) var lines: [String] = []
    private var setting = ArchiveSwitch(isConfigured: false, isRunning: false)
    private var hours = 8
    /// The calls that fail, by the beginning of their line, and the error.
    var failures: [String: any Error] = [:]

    private func record(_ line: String) throws {
        lines.append("call " + line)
        for (start, error) in failures where line.hasPrefix(start) { throw error }
    }

    func write(_ message: TransactSQLMessage) {
        lines.append("message \(message.number): \(message.text)")
    }

    func write(_ result: TransactSQLResult) {
        lines.append("result \(result.columns.joined(separator: " | "))")
        for row in result.rows {
            lines.append("       " + row.map { $0.text ?? "NULL" }.joined(separator: " | "))
        }
    }

    func write(_ error: TransactSQLError) {
        lines.append("error \(error)")
    }

    func run(_ statement: PlainStatement, variables: [String: TransactSQLValue]) throws {
        let text = statement.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let hints = statement.overrides.map {
            " {\($0.table): \($0.mode.rawValue) at \($0.position)}"
        }
        let bound = variables.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        try record("run(\(text))" + (hints + bound).joined())
    }

    func value(of query: String, variables: [String: TransactSQLValue]) throws -> TransactSQLValue {
        try record("value(\(query))")
        return .integer(42)
    }

    func archiveSwitch() throws -> ArchiveSwitch { setting }

    func configureArchive(isAllowed: Bool) throws {
        try record("configureArchive(isAllowed: \(isAllowed))")
        setting = ArchiveSwitch(isConfigured: isAllowed, isRunning: setting.isRunning)
    }

    func reconfigure() throws {
        try record("reconfigure()")
        setting = ArchiveSwitch(
            isConfigured: setting.isConfigured, isRunning: setting.isConfigured)
    }

    func use(database: String) throws { try record("use(\(database))") }

    func databases(named name: String?) throws -> TransactSQLResult {
        try record("databases(\(name ?? "all"))")
        return TransactSQLResult(
            columns: ["name", "db_size"], rows: [[.text("app"), .text("8 KB")]])
    }

    func perform(_ statement: MasterKeyStatement) throws { try record("masterKey(\(statement))") }

    func changeMasterKeyPassword(_ password: Secret, _ action: RoleAction, database: String) throws
    {
        try record("changeMasterKeyPassword(\(password), \(action), database: \(database))")
    }

    func createCredential(_ name: String, identity: String, secret: Secret?) throws {
        try record("createCredential(\(name), \(identity), \(secret.map(\.description) ?? "none"))")
    }

    func alterCredential(_ name: String, identity: String, secret: Secret?) throws {
        try record("alterCredential(\(name), \(identity), \(secret.map(\.description) ?? "none"))")
    }

    func dropCredential(_ name: String) throws { try record("dropCredential(\(name))") }

    func changeOwner(_ member: String, _ action: RoleAction) throws {
        try record("changeOwner(\(member), \(action))")
    }

    func enable(
        database: String?, server: String, _ authentication: RemoteAuthentication
    ) throws {
        let login =
            switch authentication {
            case .credential(let name): "credential \(name)"
            case .federatedServiceAccount: "federated service account"
            }
        try record("enable(\(database ?? "current"), \(server), \(login))")
    }

    func disable(database: String?) throws { try record("disable(\(database ?? "current"))") }

    func reauthorize(
        credential: String, withCopy: Bool, server: String?, database: String?,
        notify: (TransactSQLMessage) -> Void
    ) throws {
        try record(
            "reauthorize(\(credential), withCopy: \(withCopy), \(server ?? "same server"), "
                + "\(database ?? "same database"))")
    }

    func deauthorize() throws { try record("deauthorize()") }

    func setQueryMode(_ mode: QueryMode, isForced: Bool) throws {
        try record("setQueryMode(\(mode), isForced: \(isForced))")
    }

    func testConnection(_ question: ConnectionQuestion) throws -> ConnectionAnswer {
        let login =
            switch question.login {
            case .password(let login, let secret): "\(login) \(secret)"
            case .credential(let name): "credential \(name)"
            case nil: "own login"
            }
        try record(
            "testConnection(\(question.database ?? "current"), \(question.server ?? "own server"), "
                + "\(login))")
        guard question.server != "down" else {
            return ConnectionAnswer(
                state: .noConnection, errorNumber: 10060, errorMessage: "nobody answers")
        }
        return ConnectionAnswer(state: .healthy)
    }

    func rpoDuration() throws -> Int {
        try record("rpoDuration()")
        return hours
    }

    func setRPODuration(hours: Int) throws {
        try record("setRPODuration(hours: \(hours))")
        self.hours = hours
    }

    func enableTable(
        _ name: String, filter: TableFilter, isPaused: Bool, notify: (TransactSQLMessage) -> Void
    ) throws {
        try record("enableTable(\(name), \(filter), isPaused: \(isPaused))")
    }

    func alterTable(_ name: String, filter: TableFilter?, state: TableMigrationState) throws {
        let filter = filter.map { "\($0)" } ?? "same filter"
        try record("alterTable(\(name), \(filter), \(state))")
    }

    func abandonTable(_ name: String) throws { try record("abandonTable(\(name))") }
    func reconcileBatch(table: String) throws { try record("reconcileBatch(\(table))") }
    func reconcileColumns(table: String, _ answers: ColumnAnswers) throws {
        var words = [table]
        words += answers.renamed.sorted { $0.key < $1.key }.map { "rename \($0.key)=\($0.value)" }
        words += answers.replaced.map { "replace \($0)" }
        words += answers.filled.sorted { $0.key < $1.key }.map { "fill \($0.key)=\($0.value)" }
        if answers.isSame { words.append("same") }
        try record("reconcileColumns(\(words.joined(separator: ", ")))")
    }
    func reconcileIndexes(table: String) throws { try record("reconcileIndexes(\(table))") }

    func spaceUsed(table: String?, _ mode: SpaceMode) throws -> SpaceUsage {
        try record("spaceUsed(\(table ?? "database"), \(mode))")
        return SpaceUsage(
            name: table ?? "app", rows: table == nil ? nil : 3, reserved: 4097, data: 2048,
            indexes: 1024, unused: 1025)
    }

    func backup(
        _ request: BackupRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws {
        let flags = [
            request.isOverwriting ? "overwriting" : nil,
            request.progressStep.map { "progress \($0)" },
        ]
        let parts = [request.database ?? "current", request.file] + flags.compactMap { $0 }
        try record("backup(\(parts.joined(separator: ", ")))")
        notify(TransactSQLMessage(number: 3014, text: "backed up"))
    }

    func restore(
        _ request: RestoreRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws {
        let flags = [
            request.isReplacing ? "replacing" : nil, request.time.map { "at \($0)" },
            request.progressStep.map { "progress \($0)" },
        ]
        let moves = request.moves.sorted { $0.key < $1.key }.map { "\($0.key) to \($0.value)" }
        let parts = [request.database ?? "current"] + request.files + flags.compactMap { $0 }
        try record("restore(\((parts + moves).joined(separator: ", ")))")
        notify(TransactSQLMessage(number: 3014, text: "restored"))
    }

    func header(ofBackup file: String) throws -> TransactSQLResult {
        try record("header(\(file))")
        return TransactSQLResult(columns: ["Position"], rows: [[.integer(1)]])
    }

    func files(ofBackup file: String) throws -> TransactSQLResult {
        try record("files(\(file))")
        return TransactSQLResult(columns: ["FileID"], rows: [[.integer(1)]])
    }

    func verify(backup file: String, notify: (TransactSQLMessage) -> Void) throws {
        try record("verify(\(file))")
        notify(TransactSQLMessage(number: 3262, text: "valid"))
    }
}
