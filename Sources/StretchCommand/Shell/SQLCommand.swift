internal import ArgumentParser
internal import Foundation
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
internal import StretchText
internal import StretchTransactSQL
internal import TransactSQL

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Run SQL, and SQL Server's statements for Stretch Database.",
        discussion: """
            SQLite's statements run on whole tables. The statements of SQL Server are BACKUP, \
            RESTORE, CREATE MASTER KEY, DATABASE SCOPED CREDENTIAL, ALTER DATABASE and ALTER TABLE \
            … SET REMOTE_DATA_ARCHIVE, the sp_rda procedures, DECLARE, SET, PRINT and GO, and the \
            views of schema sys.

            The script is an argument, or comes from -q, -f or standard input. At a terminal \
            without a script, a prompt asks for statements. The first error ends a script, with \
            the exit status of its kind. With --continue, the status is 1 if any statement failed.

            Example: stretch sql app.db "SELECT count(*) FROM orders"
            Example: stretch sql app.db -q "EXEC sp_rda_reauthorize_db N'admin'"
            Example: stretch sql app.db -f restore.sql
            """)

    @OptionGroup var options: DatabaseOptions

    @Argument(
        help: ArgumentHelp(
            "The script, as with -q.", valueName: "sql"))
    var sql: String?

    @Option(
        name: [.customShort("q"), .long],
        help: ArgumentHelp(
            "The script. Other users can see it: write no passwords here.",
            valueName: "text"))
    var query: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("A file with the script; - for standard input.", valueName: "path"),
        completion: .file())
    var scriptFile: String?

    @Flag(name: .long, help: "Print rows as comma-separated values, RFC 4180.") var csv = false

    @Flag(name: .customLong("continue"), help: "Continue after an error.") var goesOn = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Limits what this connection sees: DISABLED, LOCAL_ONLY or LOCAL_AND_REMOTE.",
            valueName: "mode"))
    var queryMode: String?

    mutating func validate() throws {
        guard [sql, query, scriptFile].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("Use one of the script as an argument, --query and --script-file")
        }
        guard !csv || !options.json else { throw ValidationError("Use --csv or --json, not both") }
        guard queryMode == nil || mode != nil else {
            throw ValidationError("Use DISABLED, LOCAL_ONLY or LOCAL_AND_REMOTE for --query-mode")
        }
    }

    private var mode: QueryMode? {
        queryMode.flatMap { QueryMode(rawValue: $0.uppercasedASCII) }
    }

    func run() throws {
        let output = ShellOutput(form: csv ? .csv : options.json ? .json : .table)
        let host = try makeHost(output)
        let script = try script()
        var executor = ScriptExecutor(
            host: host, output: output, stopsAtFirstError: !goesOn && script != nil)
        guard let script else {
            var shell = Shell(
                executor: executor, output: output,
                historyPath: Keystore.standard().path + "/history")
            return shell.run()
        }
        let failures = try executor.run(script)
        if failures > 0 { throw ExitCode(1) }
    }

    /// Creates a host with the only reference to the database: RESTORE DATABASE replaces no open
    /// file.
    private func makeHost(_ output: ShellOutput) throws -> DatabaseHost {
        let database = try options.open()
        if let mode { database.connectionQueryMode = mode }
        return DatabaseHost(database, showsSystemCatalog: true) { try output.write($0) }
    }

    /// Returns the script, or `nil` for interactive input.
    private func script() throws -> [UInt8]? {
        if let text = sql ?? query { return Array(text.utf8) }
        let path = scriptFile ?? "-"
        if scriptFile == nil, isatty(STDIN_FILENO) == 1 { return nil }
        let bytes =
            path == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data()
            : FileManager.default.contents(atPath: path)
        guard let bytes else {
            throw StretchError(
                .invalidArgument, "cannot read the script \"\(path)\"",
                hint: "Name a readable file with statements.")
        }
        let script = Array(bytes)
        guard String(validating: script, as: UTF8.self) != nil else {
            throw StretchError(
                .invalidArgument, "the script is not text in UTF-8",
                hint: "Write bytes as a blob literal, such as x'00ff'.")
        }
        return script
    }
}
