/// The first words of statements, of SQLite and of SQL Server.
enum StatementVerb {
    /// Words that start a SQLite statement.
    static let sqlite: Set<String> = [
        "ALTER", "ANALYZE", "ATTACH", "BEGIN", "COMMIT", "CREATE", "DELETE", "DETACH", "DROP",
        "END",
        "EXPLAIN", "INSERT", "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT",
        "SELECT", "UPDATE", "VACUUM", "VALUES", "WITH",
    ]

    /// The first words of statements that are parsed.
    private static let administration = [
        "DECLARE", "SET", "PRINT", "EXEC", "EXECUTE", "RECONFIGURE", "USE",
        "CREATE MASTER KEY", "OPEN MASTER KEY", "CLOSE MASTER KEY", "ALTER MASTER KEY",
        "DROP MASTER KEY", "BACKUP", "RESTORE", "CREATE DATABASE SCOPED CREDENTIAL",
        "ALTER DATABASE", "ALTER DATABASE SCOPED CREDENTIAL", "DROP DATABASE SCOPED CREDENTIAL",
        "ALTER ROLE",
    ]

    /// The disposition of a statement by its first words; the longest matching entry applies.
    static let table: [String: StatementHead.Disposition] = {
        var table: [String: StatementHead.Disposition] = [:]
        for words in administration { table[words] = .administration }
        for refusal in Refusal.statements { table[refusal.words] = .refused(refusal) }
        return table
    }()

    /// Words that may start the next statement after a missing semicolon.
    ///
    /// `WITH` and `REPLACE` are excluded: they are options of many statements, half of which would
    /// run.
    static let followers = all.subtracting(["WITH", "REPLACE"])

    /// All words that start a statement.
    static let all: Set<String> = sqlite.union(
        table.keys.map { String($0.prefix { $0 != " " }) })
}
