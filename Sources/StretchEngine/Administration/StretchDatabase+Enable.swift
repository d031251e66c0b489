internal import Foundation
internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchTimeline

/// The result of ``StretchDatabase/enable(server:credential:)``, with advice.
public struct DatabaseReport: Equatable, Sendable {
    /// The server, in canonical form: `file:archive.db`.
    public let server: String
    /// Advice for the configuration of the database, as full sentences.
    public let advice: [String]
}

extension StretchDatabase {
    /// Stretch-enables the database: registers it with the remote and creates the catalog.
    ///
    /// The remote is registered first, with random ids that are then written to the local file in
    /// one transaction. After an error the local file is unchanged, and enabling again is safe; at
    /// most, an unused record of a database remains in the remote.
    ///
    /// With a ``Configuration/keystore``, the administrator's login creates two logins with fewer
    /// permissions, and only these are stored: a writer, which migrates, and a reader. If it may
    /// not create logins, it is stored itself, and the advice states this.
    ///
    /// - Parameters:
    ///   - server: The server for cold rows, such as `file:archive.db`; a relative path is resolved
    ///     against the folder of the local file.
    ///   - credential: A database scoped credential that holds the administrator's login, or `nil`
    ///     for the login of the configuration.
    /// - Throws: `invalidArgument` for an unknown server or credential; `wrongState` if the
    ///   database is already enabled or read-only, or the credential's master key is not open;
    ///   `unsupported` for a database in UTF-16 or in memory, or a server that is the local file;
    ///   `remoteUnavailable`; `notPermitted`, also while ``Keystore/archiveSetting()`` forbids it.
    @discardableResult
    public func enable(
        server: String, credential name: String? = nil
    ) throws(StretchError) -> DatabaseReport {
        let server = try EndpointAddress(parsing: server)
        do throws(StretchError) {
            return try makeEnabled(server, name)
        } catch {
            // A login is stored for a file that is enabled.
            guard error.advice.contains(.storeLogin) else { throw error }
            throw StretchError(
                error.code, error.message,
                hint:
                    "Check the login and its password, or use another one: \(advice: .nameLogin).",
                cause: error.cause)
        }
    }

    private func makeEnabled(
        _ server: EndpointAddress, _ name: String?
    ) throws(StretchError) -> DatabaseReport {
        try administer {
            try configuration.keystore?.requireArchive()
            try refuseEnabling(server)
            let prepared = try preparedAttachment()
            var configuration = configuration
            if let name {
                let given = try credential(named: name)
                configuration.credential = { _, _ in given }
            }
            var advice: [String] = []
            var made: Attachment?
            var remote: String?
            let address = try connection.transaction(.immediate) {
                // Checked again under the write lock, because another process may have enabled the
                // database.
                try refuseEnabledAlready()
                let position = TimelinePosition(
                    branch: configuration.randomID(), epoch: 0, token: configuration.randomID())
                let database = configuration.randomID()
                let address = server.reserved(forDatabase: database)
                let record = DatabaseRecord(
                    database: database, position: position, endpoint: address.description,
                    queryMode: .localAndRemote)
                let given = try configuration.credential(address, .administrator)
                let owner = try configuration.keystore.map { keystore in
                    let (attachment, proof) = try self.attach(
                        record, given, prepared, usedCredential: name, keystore)
                    made = attachment
                    return proof
                }
                let endpoint = try configuration.endpoint(
                    at: address, localPath: path, isCreating: true, as: .administrator,
                    owner: owner)
                if let waiting = endpoint as? any WaitingEndpoint {
                    waiting.patience = min(waiting.patience, configuration.patienceOfWrites)
                }
                try endpoint.register(database: database, position: position)
                try endpoint.authorize()
                if made != nil { remote = try endpoint.identity() }
                advice = try keepLogins(
                    of: endpoint, at: address, given: given, branch: position.branch,
                    owner: owner)
                try catalog.create(record)
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: .enable,
                    message: "enabled with server \(address)")
                return address
            }
            if let made {
                try configuration.keystore?.update(made) {
                    ($0.state, $0.remote) = (.linked, remote)
                }
            }
            if let prepared { try configuration.keystore?.remove(prepared) }
            return DatabaseReport(
                server: address.description,
                advice: advice + (try databaseAdvice()) + (try uncheckedAdvice()))
        }
    }

    /// Returns advice about tables that backups of this process cannot check.
    private func uncheckedAdvice() throws -> [String] {
        let names = try UncheckedTables.names(of: connection)
        guard let sentence = UncheckedTables.sentence(names) else { return [] }
        return [sentence + " Backups and restores include it without a check."]
    }

    /// Prepares the keystore for a file that is being enabled.
    ///
    /// It stores the owner's nonce, and the prepared master key and credentials. If none were
    /// prepared, it stores a new master key, and the administrator's login without its secret.
    private func attach(
        _ record: DatabaseRecord, _ given: RemoteCredential?, _ prepared: Attachment?,
        usedCredential: String?, _ keystore: Keystore
    ) throws -> (Attachment, OwnerProof) {
        var attachment = makeAttachment(record)
        attachment.branch = record.position.branch
        let proof = OwnerProof(name: OwnerProof.name(ofFile: attachment.path))
        attachment.owner = try keystore.seal(proof, for: attachment)
        attachment.usedCredential = usedCredential
        if let prepared, prepared.masterKey != nil {
            attachment.masterKey = prepared.masterKey
            attachment.credentials = prepared.credentials
            for index in attachment.credentials.indices
            where attachment.credentials[index].secret != nil {
                let key = try openKey(of: prepared)
                let secret = try attachment.credentials[index].open(
                    under: key, server: prepared.server
                ).password
                try attachment.credentials[index].seal(secret, under: key, server: record.endpoint)
            }
        } else if let given {
            attachment.masterKey = try newMasterKey(password: nil, keystore).0
            let now = configuration.now()
            attachment.credentials = [
                SealedCredential(
                    name: given.login, identity: given.login, secret: nil, created: now,
                    modified: now)
            ]
        }
        try keystore.save(attachment)
        return (attachment, proof)
    }

    /// Removes the link to the remote and drops the catalog.
    ///
    /// The file is then an ordinary database, as before it was enabled. The remote stays as it is,
    /// with the rows of abandoned tables and those that older backups name.
    ///
    /// - Returns: The address of the remote.
    /// - Throws: `wrongState` when the database is not enabled, or while tables are
    ///   stretch-enabled.
    @discardableResult
    public func disable(isDryRun: Bool = false) throws(StretchError) -> EndpointAddress {
        try administer {
            let record = try enabledDatabase()
            let attachment = try fileAttachment(record)
            try connection.transaction(.immediate) {
                let tables = try catalog.tables().map(\.name)
                if let first = tables.first {
                    let names = tables.map { "\"\($0)\"" }
                    throw StretchError(
                        .wrongState,
                        "the database has stretch-enabled tables: \(names.joined(separator: ", "))",
                        hint: "Disable each table first: \(advice: .bringBackTable(first)).")
                }
                if !isDryRun { try catalog.drop() }
            }
            let address = try EndpointAddress(parsing: record.endpoint)
            guard !isDryRun else { return address }
            try removeStaging(record)
            // A migrator that still works on the file keeps its lease.
            let lease = try? MigratorLease(
                path: path, timeout: .zero, since: configuration.now())
            lease?.removeFile()
            UniqueListFile.remove(database: path)
            if let attachment { try configuration.keystore?.remove(attachment) }
            return address
        }
    }

    // MARK: Conditions

    /// Returns the catalog's record of the database.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    func enabledDatabase() throws -> DatabaseRecord {
        guard let record = try catalog.database() else {
            throw StretchError(
                .wrongState, "the database is not stretch-enabled",
                hint: "Enable it first: \(advice: .enable).")
        }
        return record
    }

    /// Returns a session with the remote that the file names.
    ///
    /// - Throws: `disconnected` for a file that must be reauthorized first.
    func makeEndpoint(_ record: DatabaseRecord, as role: RemoteRole) throws -> any Endpoint {
        var owner: OwnerProof?
        var configuration = configuration
        if let link = FileLink(configuration, path: path) {
            let attachment = try link.require(record, pending: try catalog.pending())
            owner = try configuration.keystore?.owner(of: attachment)
            if role == .administrator, usesScopedCredential,
                let given = try usedCredential(attachment)
            {
                configuration.credential = { _, _ in given }
            }
        }
        return try configuration.endpoint(
            at: try EndpointAddress(parsing: record.endpoint), localPath: path, as: role,
            owner: owner)
    }

    private func refuseEnabledAlready() throws {
        guard let record = try catalog.database() else { return }
        throw StretchError(
            .wrongState,
            "the database is stretch-enabled already, with server \"\(record.endpoint)\"",
            hint: "To see it: \(advice: .showStatus).")
    }

    private func refuseEnabling(_ address: EndpointAddress) throws {
        try refuseEnabledAlready()
        let file = try connection.string(
            "SELECT file FROM pragma_database_list WHERE name = 'main'")
        guard let file, !file.isEmpty else {
            throw StretchError(
                .unsupported, "a database in memory cannot be stretched",
                hint: "Name a SQLite file.")
        }
        let encoding = try connection.string("PRAGMA main.encoding") ?? ""
        guard encoding == "UTF-8" else {
            throw StretchError(
                .unsupported, "the database is encoded in \(encoding), and text would not survive",
                hint: "Copy it with .dump into a database in UTF-8.")
        }
        guard case .file = address.kind else { return }
        let remote = address.filePath(besides: path)
        guard !FileIdentity.isSame(remote, file) else {
            throw StretchError(
                .unsupported, "server \"\(address)\" is the local database itself",
                hint: "Name another file for the cold rows.")
        }
    }

    private func databaseAdvice() throws(SQLiteError) -> [String] {
        let journalMode = try connection.string("PRAGMA main.journal_mode") ?? ""
        guard journalMode != "wal" else { return [] }
        return [
            "The journal mode is \(journalMode), so that a long query keeps writers waiting; "
                + "PRAGMA journal_mode=WAL lifts that."
        ]
    }
}
