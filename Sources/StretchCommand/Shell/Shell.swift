internal import StretchCore
internal import StretchText
internal import TransactSQL

/// The interactive shell, which reads statements line by line.
struct Shell {
    private var executor: ScriptExecutor
    private let output: ShellOutput
    private let editor: LineEditor
    private var lines = ""

    /// - Parameter historyPath: The history file of statements.
    init(executor: ScriptExecutor, output: ShellOutput, historyPath: String) {
        self.executor = executor
        self.output = output
        editor = LineEditor(historyPath: historyPath)
    }

    /// Runs statements until the end of the input or `:quit`.
    mutating func run() {
        StandardOutput.writeLine("End statements with ; or GO. .help shows examples, .quit ends.")
        while let line = editor.line(lines.isEmpty ? "stretch> " : "    ...> ") {
            if lines.isEmpty {
                switch ShellInput(line) {
                case .blank: continue
                case .quit: return
                case .help:
                    StandardOutput.writeLine(Self.help)
                    continue
                case .statement(let script):
                    lines = script
                    runLines()
                    continue
                case .unknown(let word):
                    output.write(
                        StretchError(
                            .invalidArgument, "there is no command \"\(word)\"",
                            hint: "The commands are .tables, .schema TABLE, .help and .quit."))
                    continue
                case .sql: break
                }
            }
            lines += line + "\n"
            guard Self.isComplete(lines) else { continue }
            runLines()
        }
        StandardOutput.writeLine("")
        if !lines.isEmpty { runLines() }
    }

    private mutating func runLines() {
        let script = lines
        lines = ""
        editor.remember(script)
        do throws(TransactSQLError) {
            try executor.run(script)
        } catch {
            output.write(error)
        }
        StandardOutput.flush()
    }

    /// Returns whether the text is complete.
    ///
    /// It must end with a semicolon or `GO`, outside quotes, comments and triggers.
    static func isComplete(_ text: String) -> Bool {
        let trimmed = text.trimmedASCII
        let last = trimmed.parts(between: "\n").last ?? ""
        let isGo = last.trimmedASCII.foldingCase.beginsWith("go")
        guard trimmed.endsWith(";") || isGo else { return false }
        // An appended statement is separate only if the text is complete.
        let whole = ScriptReader(text + "SELECT 1;")
        return whole.contains { $0.range.lowerBound >= trimmed.utf8.count && !$0.isBlank }
    }

    private static let help = """
        SELECT, INSERT, …             SQLite's statements, on hot and cold rows together
        CREATE MASTER KEY             ENCRYPTION BY PASSWORD = '…'
        CREATE DATABASE SCOPED CREDENTIAL name WITH IDENTITY = 'login', SECRET = '…'
        ALTER DATABASE CURRENT SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'file:cold.db',
            CREDENTIAL = name)
        ALTER TABLE t SET (REMOTE_DATA_ARCHIVE = ON (FILTER_PREDICATE = 'year < 2020',
            MIGRATION_STATE = OUTBOUND))
        EXEC sp_rda_reauthorize_db @credential = N'name'
        EXEC sp_rda_set_query_mode 'LOCAL_ONLY'
        EXEC sp_spaceused 't', @mode = 'REMOTE_ONLY'
        SELECT * FROM sys.tables      also sys.remote_data_archive_tables and others
        .tables                       The tables and views
        .schema TABLE                 What a table, its indexes and triggers are defined as
        .help  .quit
        """
}

extension ScriptItem {
    fileprivate var isBlank: Bool {
        if case .blank = kind { return true }
        return false
    }
}
