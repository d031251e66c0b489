import Foundation
import Testing

/// A kind of table, with 24 rows of which those with `n < 20` are eligible.
struct TableKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: String
    /// The rows that stay: those with `n >= 20`, and what the kind keeps.
    var keptRowCount = 4

    /// Rows `n` = 0 … 23; `@` stands for `n` in each value.
    private static func rows(_ columns: String, _ values: String) -> String {
        (0..<24).map { number in
            "INSERT INTO t(\(columns)) VALUES("
                + values.replacingOccurrences(of: "@", with: String(number)) + ");"
        }.joined()
    }

    static let all: [TableKind] = [
        TableKind(
            testDescription: "INTEGER PRIMARY KEY",
            script: "CREATE TABLE t(id INTEGER PRIMARY KEY, v, n INT);"
                + rows("id, v, n", "@ * 2 + 1, 'v@', @")),
        TableKind(
            testDescription: "highest rowid is eligible",
            script: "CREATE TABLE t(id INTEGER PRIMARY KEY, v, n INT);"
                + rows("id, v, n", "100 - @, 'v@', @"), keptRowCount: 5),
        TableKind(
            testDescription: "AUTOINCREMENT",
            script: "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v, n INT);"
                + rows("id, v, n", "100 - @, 'v@', @")),
        TableKind(
            testDescription: "keyless with duplicates",
            script: "CREATE TABLE t(v, n INT);" + rows("v, n", "@ % 3, (@ / 4) * 4")),
        TableKind(
            testDescription: "TEXT NOCASE key with NULLs",
            script: "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v, n INT);"
                + rows("k, v, n", "CASE WHEN @ % 8 = 1 THEN NULL ELSE 'Key' || @ END, 'v@', @"),
            keptRowCount: 7),
        TableKind(
            testDescription: "composite key",
            script: "CREATE TABLE t(a INT, b TEXT, v, n INT, PRIMARY KEY(a, b DESC));"
                + rows("a, b, v, n", "@ / 5, 'b@', 'v@', @")),
        TableKind(
            testDescription: "WITHOUT ROWID",
            script: "CREATE TABLE t(a INT, b TEXT COLLATE NOCASE, v, n INT, PRIMARY KEY(b, a))"
                + " WITHOUT ROWID;" + rows("a, b, v, n", "@, 'B' || (@ / 3), 'v@', @")),
        TableKind(
            testDescription: "STRICT",
            script: "CREATE TABLE t(id INTEGER PRIMARY KEY, v ANY, n INT) STRICT;"
                + rows("id, v, n", "@ + 1, CASE @ % 3 WHEN 0 THEN '@' WHEN 1 THEN 1.5 END, @")),
        TableKind(
            testDescription: "generated columns",
            script: """
                CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT,
                    g AS (v || n) VIRTUAL, s INT AS (n * 2) STORED);
                """ + rows("id, v, n", "@ + 1, 'v@', @")),
        TableKind(
            testDescription: "values of all classes",
            script: """
                CREATE TABLE t(id INTEGER PRIMARY KEY, v, r REAL, n INT);
                """
                    + rows(
                        "id, v, r, n",
                        """
                        @ + 1, CASE @ % 6 WHEN 0 THEN -0.0 WHEN 1 THEN 9e999 WHEN 2 THEN
                        CAST(x'610062' AS TEXT) WHEN 3 THEN CAST(x'ff80' AS TEXT)
                        WHEN 4 THEN 9223372036854775807 ELSE x'' END, -1e-300, @
                        """)),
    ]
}
