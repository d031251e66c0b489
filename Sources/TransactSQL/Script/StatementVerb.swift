/// The first words of statements, of SQLite and of SQL Server.
enum StatementVerb {
    /// Words that begin a statement of SQLite.
    static let sqlite: Set<String> = [
        "ALTER", "ANALYZE", "ATTACH", "BEGIN", "COMMIT", "CREATE", "DELETE", "DETACH", "DROP",
        "END",
        "EXPLAIN", "INSERT", "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT",
        "SELECT", "UPDATE", "VACUUM", "VALUES", "WITH",
    ]

    /// The beginnings of statements that are parsed.
    private static let administration = [
        "DECLARE", "SET", "PRINT", "EXEC", "EXECUTE", "RECONFIGURE", "USE",
        "CREATE MASTER KEY", "OPEN MASTER KEY", "CLOSE MASTER KEY", "ALTER MASTER KEY",
        "DROP MASTER KEY", "BACKUP", "RESTORE", "CREATE DATABASE SCOPED CREDENTIAL",
        "ALTER DATABASE", "ALTER DATABASE SCOPED CREDENTIAL", "DROP DATABASE SCOPED CREDENTIAL",
        "ALTER ROLE",
    ]

    /// The disposition of a statement by its first words; the longest entry holds.
    static let table: [String: StatementHead.Disposition] = {
        var table: [String: StatementHead.Disposition] = [:]
        for words in administration { table[words] = .administration }
        for refusal in Refusal.statements { table[refusal.words] = .refused(refusal) }
        return table
    }()

    /// Words that may begin the next statement where a semicolon is missing.
    ///
    /// `WITH` and `REPLACE` are options of many statements: half of a statement would run.
    static let followers = all.subtracting(["WITH", "REPLACE"])

    /// Every word that begins a statement.
    static let all: Set<String> = sqlite.union(
        table.keys.map { String($0.prefix { $0 != " " }) })
}
