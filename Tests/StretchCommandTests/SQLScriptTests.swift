import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchStaging
import StretchTestSupport
import StretchTransactSQL
import Testing
import TransactSQL

/// One script for each group of statements, run on a real database with an embedded remote.
///
/// A script begins with `-- plain`, for ten orders that are not stretched, or `-- stretched`, for
/// a database whose orders 1 to 4 are cold, and staged with ` with staging` behind it; with
/// `, as a stranger`, a user runs it who does not administer the file. `<folder>` is the
/// database's. Every script runs to its end; what it says is in the file `.out` beside it.
/// `STRETCH_RECORD_SNAPSHOTS=1` writes these files anew.
@Suite struct SQLScriptTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Scripts")

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".sql") }.sorted()
    }()

    @Test(arguments: names) func `scripts say what they said`(_ name: String) throws {
        let file = Self.folder.appendingPathComponent(name)
        let sample = try CommandSample()
        let script = try String(contentsOf: file, encoding: .utf8)
            .replacing("<folder>", with: sample.folder.path)
        let head = script.prefix { $0 != "\n" }
        if head.hasPrefix("-- stretched") {
            try Self.stretch(Self.open(sample), isStaged: head.hasSuffix("with staging"))
        }
        let transcript = Transcript()
        let user: SystemUser? =
            head.hasSuffix("as a stranger") ? SystemUser(id: 65_534, name: "stranger") : nil
        // The host alone has the database, so that RESTORE DATABASE finds nobody in it.
        let host = DatabaseHost(try Self.open(sample, user: user), showsSystemCatalog: true) {
            try transcript.write($0)
        }
        var executor = ScriptExecutor(host: host, output: transcript, stopsAtFirstError: false)
        let failures = try executor.run(script)
        let output = Self.masked(
            (transcript.lines + ["\(failures) failed"]).joined(separator: "\n") + "\n",
            folder: sample.folder.path)
        let snapshot = file.deletingPathExtension().appendingPathExtension("out")
        if ProcessInfo.processInfo.environment["STRETCH_RECORD_SNAPSHOTS"] != nil {
            try Data(output.utf8).write(to: snapshot)
        }
        let expected = try String(contentsOf: snapshot, encoding: .utf8)
        let difference = output.split(separator: "\n").difference(
            from: expected.split(separator: "\n"))
        #expect(output == expected, "\(name): \(Array(difference))")
        #expect(!output.contains("s3cret"), "\(name)")
    }

    @Test func `every procedure and view has a script`() throws {
        let all = try Self.names.map {
            try String(contentsOf: Self.folder.appendingPathComponent($0), encoding: .utf8)
        }.joined().lowercased()
        for procedure in [
            "sp_rda_reauthorize_db", "sp_rda_deauthorize_db", "sp_rda_set_query_mode",
            "sp_rda_get_rpo_duration", "sp_rda_set_rpo_duration", "sp_rda_reconcile_batch",
            "sp_rda_reconcile_columns", "sp_rda_reconcile_indexes", "sp_rda_test_connection",
            "sp_control_dbmasterkey_password", "sp_spaceused", "sp_configure", "sp_helpdb",
            "sp_addrolemember", "sp_droprolemember",
        ] {
            #expect(all.contains(procedure), "\(procedure)")
        }
        for view in [
            "remote_data_archive_databases", "remote_data_archive_tables",
            "dm_db_rda_migration_status", "dm_db_rda_schema_update_status",
            "database_scoped_credentials", "external_data_sources", "databases", "tables",
            "messages",
        ] {
            #expect(all.contains("sys.\(view)"), "\(view)")
        }
    }

    // MARK: Parts

    static func open(
        _ sample: CommandSample, user: SystemUser? = nil
    ) throws -> StretchDatabase {
        var configuration = Configuration.everyRemote
        if let user { configuration.user = user }
        configuration.keystore = Keystore(path: sample.folder.path("keystore"))
        return try StretchDatabase(
            path: sample.folder.path("app.db"), configuration: configuration)
    }

    /// Makes orders 1 to 4 cold; the remote's administrator is `admin`.
    static func stretch(_ database: StretchDatabase, isStaged: Bool = false) throws {
        try database.masterKey.create(password: nil)
        try database.credentials.create("cold", identity: "admin", secret: "s3cret of the remote")
        try database.enable(server: "file:cold.db", credential: "cold")
        if isStaged { try database.staging.set(StagingSettings(rpoHours: 8)) }
        try database.tables["orders"].enable(filter: "year <= 2004")
        try database.migrate()
    }

    /// The text without what differs from run to run.
    private static func masked(_ text: String, folder: String) -> String {
        text.replacing(folder, with: "<folder>")
            .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/, with: "<time>")
            .replacing(/\b\d{16,19}\b/, with: "<id>")
            .replacing("|\(NSUserName())|", with: "|<user>|")
            .replacing(/\b\d+ (KB|pages)/, with: "<size>")
            .replacing(/\|\d{4,6}\|/, with: "|<bytes>|")
    }
}

/// Writes down what a script says, in its order.
private final class Transcript: TransactSQLOutput {
    private(set) var lines: [String] = []

    func write(_ statement: Statement) throws {
        let columns = 0..<statement.columnCount
        guard !columns.isEmpty else { return try statement.run() }
        var rows: [String] = []
        while try statement.step() {
            rows.append(columns.map { Self.text(statement.column($0)) }.joined(separator: "|"))
        }
        lines.append(columns.map(statement.columnName).joined(separator: "|"))
        lines += rows.map { "    \($0)" }
    }

    func write(_ message: TransactSQLMessage) {
        lines.append("(\(message.number)) \(message.text)")
    }

    func write(_ result: TransactSQLResult) {
        lines.append(result.columns.joined(separator: "|"))
        for row in result.rows {
            lines.append("    " + row.map { $0.text ?? "NULL" }.joined(separator: "|"))
        }
    }

    func write(_ error: TransactSQLError) {
        lines.append("\(error)")
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): text.description
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}
