internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchEngine
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
public import TransactSQL

extension DatabaseHost {
    // MARK: The setting

    private func keystore() throws(TransactSQLError) -> Keystore {
        guard let keystore = database.configuration.keystore else {
            throw TransactSQLError(.host, "there is no keystore", hint: "Give the database one.")
        }
        return keystore
    }

    /// Returns this user's setting `remote data archive`.
    public func archiveSwitch() throws -> ArchiveSwitch {
        let keystore = try keystore()
        let setting = try numbered { () throws(StretchError) in try keystore.archiveSetting() }
        return ArchiveSwitch(isConfigured: setting.isConfigured, isRunning: setting.isRunning)
    }

    /// Changes the configured setting, which takes effect after ``reconfigure()``.
    public func configureArchive(isAllowed: Bool) throws {
        let keystore = try keystore()
        try numbered { () throws(StretchError) in
            try keystore.changeArchiveSetting { $0.isConfigured = isAllowed }
        }
    }

    /// Puts the configured setting into effect.
    public func reconfigure() throws {
        let keystore = try keystore()
        try numbered { () throws(StretchError) in
            try keystore.changeArchiveSetting { $0.isRunning = $0.isConfigured }
        }
        database.forgetRemote()
    }

    private func requireArchive() throws {
        guard try !archiveSwitch().isRunning else { return }
        throw TransactSQLError(
            .archiveSwitchedOff, "remote data archive is switched off for this user",
            hint: "EXEC sp_configure 'remote data archive', '1'; then RECONFIGURE.")
    }

    // MARK: Databases

    /// Changes the current database to one in the same folder or at a path.
    public func use(database name: String) throws {
        guard !name.isEqualFoldingCase(databaseName) else { return }
        let path = path(ofDatabase: name)
        guard isFile(path) else {
            throw TransactSQLError(
                .unknownDatabase, "there is no database \"\(name)\" beside the current one",
                hint: "Name a file of the folder, with or without its extension.")
        }
        try open(path, database.configuration)
    }

    /// Returns the file of a database in the current one's folder.
    ///
    /// The file has the current one's extension, unless only a file without an extension exists.
    func path(ofDatabase name: String) -> String {
        let current = URL(fileURLWithPath: database.path)
        let plain = current.deletingLastPathComponent().appendingPathComponent(name)
        let full = plain.appendingPathExtension(current.pathExtension).path
        return isFile(plain.path) && !isFile(full) ? plain.path : full
    }

    /// Returns the current database if its name or no name is given; otherwise nothing.
    public func databases(named name: String?) throws -> TransactSQLResult {
        try requireCurrent(name)
        let attributes = try? FileManager.default.attributesOfItem(atPath: database.path)
        let bytes = try query(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        )[0][0].integerValue
        let isEnabled = try isEnabled()
        return TransactSQLResult(
            columns: ["name", "db_size", "owner", "dbid", "status"],
            rows: [
                [
                    .text(databaseName), .text("\(((bytes ?? 0) + 1023) / 1024) KB"),
                    .text(attributes?[.ownerAccountName] as? String ?? ""), .integer(1),
                    .text(isEnabled ? "ONLINE, REMOTE_DATA_ARCHIVE" : "ONLINE"),
                ]
            ])
    }

    func query(_ sql: String) throws(TransactSQLError) -> [[Value]] {
        try numbered { () throws(StretchError) in try database.query(sql).rows }
    }

    /// Enables the current database.
    ///
    /// - Parameters:
    ///   - name: The database, which must be the current one, or `nil` for it.
    ///   - server: An address, `file:archive.db` or `postgresql://host/database`, or the path of a
    ///     SQLite file.
    ///   - authentication: The authentication of the administrator.
    public func enable(
        database name: String?, server: String, _ authentication: RemoteAuthentication
    ) throws {
        try requireCurrent(name)
        try requireOwner()
        try requireArchive()
        guard try !isEnabled() else {
            throw TransactSQLError(
                .alreadyStretched, "database \"\(databaseName)\" is stretch-enabled already",
                hint: "Look at sys.remote_data_archive_databases.")
        }
        var credential: String?
        if case .credential(let named) = authentication {
            guard try credentialExists(named.name) else {
                throw missingCredential(named.name, at: named.position)
            }
            credential = named.name
        }
        try numbered([.notPermitted: .refusedLogin, .wrongState: .missingMasterKey]) {
            () throws(StretchError) in
            try database.enable(server: Self.address(server), credential: credential)
        }
    }

    /// The path of a SQLite file is also an address.
    private static func address(_ server: String) -> String {
        let extensions = ["db", "sqlite", "sqlite3"]
        let isPath =
            server.beginsWith("/") || server.beginsWith("./")
            || extensions.contains(URL(fileURLWithPath: server).pathExtension.foldingCase)
        return isPath && !server.includes(":") ? "file:\(server)" : server
    }

    private func missingCredential(
        _ name: String, at position: SourcePosition? = nil
    ) -> TransactSQLError {
        TransactSQLError(
            .missingCredential, "credential \"\(name)\" does not exist", at: position,
            hint: "CREATE DATABASE SCOPED CREDENTIAL first, for the remote's administrator.")
    }

    /// Disables the current database, which has no stretch-enabled table.
    public func disable(database name: String?) throws {
        try requireCurrent(name)
        try requireStretched()
        try numbered([.wrongState: .tablesAreStretched]) { () throws(StretchError) in
            try database.disable()
        }
    }

    // MARK: The link

    /// Restores the connection to the remote, or connects to the named one.
    ///
    /// A copy is made in constant time, so only the last of its messages is sent.
    ///
    /// - Parameters:
    ///   - credential: The credential of the remote's administrator.
    ///   - withCopy: Whether the file gets its own branch.
    ///   - server: The remote's present address, or `nil` for the one in the file.
    ///   - name: A database of a PostgreSQL server that replaces the one in the address.
    ///   - notify: Receives messages for the user who runs the script.
    public func reauthorize(
        credential: String, withCopy: Bool, server: String?, database name: String?,
        notify: (TransactSQLMessage) -> Void
    ) throws {
        try requireStretched(.reauthorizeNotStretched)
        let status = try numbered { () throws(StretchError) in try database.status() }
        guard status.database.linkState != .connected || server != nil || name != nil else {
            throw TransactSQLError(
                .alreadyConnected, "database \"\(databaseName)\" is connected to its remote",
                hint: "Cut the connection first: EXEC sp_rda_deauthorize_db.")
        }
        guard try credentialExists(credential) else { throw missingCredential(credential) }
        guard name == nil else {
            throw TransactSQLError(
                .unsupportedOption, "the database is part of the server's address",
                hint: "Write @azure_servername = N'postgresql://host/database'.")
        }
        var options = ReauthorizeOptions()
        options.credential = credential
        options.withCopy = withCopy
        options.server = server.map(Self.address)
        let asked = options
        do throws(StretchError) {
            tell(try database.remote.reauthorize(asked), notify)
        } catch {
            guard let lost = error.cause as? LostBatches, let first = lost.losses.first else {
                throw TransactSQLError(
                    error, [.notPermitted: .refusedLogin, .wrongState: .missingMasterKey])
            }
            let available = lost.newestAvailable.map { "batch \($0)" } ?? "none"
            throw TransactSQLError(
                .batchesLost,
                "batch \(first.batch) is needed, and the newest available is \(available): "
                    + error.message, hint: error.transactSQLHint, cause: error)
        }
    }

    private func tell(_ report: ReauthorizeReport, _ notify: (TransactSQLMessage) -> Void) {
        if report.action == .fork {
            notify(
                TransactSQLMessage(
                    number: 14845,
                    text: "database \"\(databaseName)\" has its own logical copy at "
                        + "\"\(report.server)\"; the original continues"))
        }
        if report.action == .move {
            notify(
                TransactSQLMessage(
                    number: 0,
                    text: "database \"\(databaseName)\" is connected to \"\(report.server)\" from "
                        + "now on"))
        }
        notify(
            TransactSQLMessage(
                number: 14904,
                text: "the tables of database \"\(databaseName)\" are reconciled, with "
                    + "\(report.rows) cold rows"))
        for advice in report.advice { notify(TransactSQLMessage(number: 0, text: advice)) }
    }

    /// Disconnects the database from the remote.
    public func deauthorize() throws {
        try requireStretched(.deauthorizeNotStretched)
        try numbered([.wrongState: .alreadyDisconnected]) { () throws(StretchError) in
            try database.remote.deauthorize()
        }
    }

    /// Sets which rows the queries of all connections see.
    public func setQueryMode(_ mode: QueryMode, isForced: Bool) throws {
        try requireStretched(.queryModeNotStretched)
        try numbered([.disconnected: .inconsistentRemote]) { () throws(StretchError) in
            try database.setQueryMode(mode, isForced: isForced)
        }
    }

    /// Tests the connection.
    public func testConnection(_ question: ConnectionQuestion) throws -> ConnectionAnswer {
        try requireCurrent(question.database)
        try requireOwner()
        let isEnabled = try isEnabled()
        guard isEnabled || question.server != nil else {
            throw TransactSQLError(
                .connectionLogin,
                "database \"\(databaseName)\" is not stretch-enabled, and no server is named",
                hint: "Give @server_address.")
        }
        let server = question.server.map(Self.address)
        let test: ConnectionTest
        switch question.login {
        case .credential(let name):
            guard try credentialExists(name) else { throw missingCredential(name) }
            test = try numbered([.wrongState: .missingMasterKey]) { () throws(StretchError) in
                try database.remote.testConnection(credential: name, server: server)
            }
        case .password(let login, let password):
            let given = RemoteCredential(login: login, password: password.text)
            test = try numbered { () throws(StretchError) in
                try database.remote.testConnection(given, server: server)
            }
        case nil:
            test = try numbered { () throws(StretchError) in
                isEnabled
                    ? try database.remote.testConnection()
                    : try database.remote.testConnection(nil, server: server)
            }
        }
        return ConnectionAnswer(test)
    }
}

extension ConnectionAnswer {
    init(_ test: ConnectionTest) {
        let state: State =
            switch test.report.state {
            case .healthy: .healthy
            case .refused: .firewall
            case .noConnection: .noConnection
            case .authenticationFailure: .authenticationFailure
            case .otherError: .error
            }
        self.init(
            state: state,
            errorNumber: test.failure.map {
                TransactSQLError($0, [.notPermitted: .refusedLogin]).number
            },
            errorMessage: test.report.message ?? test.report.loginWarning)
    }
}
