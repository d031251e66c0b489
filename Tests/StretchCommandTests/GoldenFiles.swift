import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// A copy of files that a version of Stretch made: a set of `Tests/Fixtures`, with the plain dumps
/// that tell what is in them.
struct GoldenFiles {
    /// The versions whose files are kept.
    static let versions = ["0.1.0", "unreleased"]

    let folder: TemporaryFolder
    private let version: String

    private static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    init(_ version: String) throws {
        self.version = version
        folder = try TemporaryFolder(isInMemory: true)
        let archive = Self.fixtures.appendingPathComponent("\(version)/files.tar.gz")
        _ = try SpawnedProcess(
            "/usr/bin/tar", ["-xzf", archive.path, "--no-same-owner", "-C", folder.path],
            environment: ["PATH": "/usr/bin:/bin"]
        ).wait()
    }

    /// The path of a file that is kept beside the archive.
    func path(_ name: String) -> String {
        Self.fixtures.appendingPathComponent("\(version)/\(name)").path
    }

    /// A plain database with the contents that a file must have.
    func twin(of name: String) throws -> Connection {
        let twin = try Connection(path: ":memory:", access: .create, routines: .linked)
        try twin.execute(String(contentsOfFile: path("\(name).sql"), encoding: .utf8))
        return twin
    }

    /// Runs a command, which must succeed.
    @discardableResult
    func run(
        _ arguments: [String], home: String = "keystore", input: String = "", status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CommandRun {
        let run = try CommandRun(
            arguments, in: folder, input: input,
            environment: ["STRETCH_HOME": folder.path(home)])
        #expect(
            run.status == status, "\(version), \(arguments): \(run.output)\(run.errors)",
            sourceLocation: sourceLocation)
        return run
    }

    /// The number of rows that a file's catalog has in a table.
    func count(_ table: String, in name: String) throws -> Int64? {
        try Connection(path: folder.path(name), access: .readOnly, routines: .linked)
            .integer("SELECT count(*) FROM \(table)")
    }

    // MARK: Contents

    /// A query that shows each row of a table as a text, in which values that differ differ.
    private static func query(_ table: String, in twin: Connection) throws -> String {
        let columns = try twin.rows("SELECT name FROM pragma_table_info('\(table)')")
        let texts = columns.compactMap { column -> String? in
            guard let name = column[0].stringValue else { return nil }
            return """
                typeof(\(name)) || ' ' || CASE typeof(\(name)) \
                WHEN 'real' THEN printf('%!.26g', \(name)) ELSE hex(\(name)) END
                """
        }
        return "SELECT \(texts.joined(separator: " || ', ' || ")) AS line FROM \(table) ORDER BY 1"
    }

    private static func tables(_ twin: Connection) throws -> [String] {
        try twin.rows(
            """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
            ORDER BY name
            """
        ).compactMap { $0[0].stringValue }
    }

    private static func lines(_ query: String, on connection: Connection) throws -> [String] {
        try connection.rows(query).map { $0[0].stringValue ?? "" }
    }

    /// Checks that queries see in a file exactly what is in a plain one, and that `verify` finds
    /// nothing.
    func expect(
        _ name: String, toBe twin: Connection, home: String = "keystore",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let tables = try Self.tables(twin)
        try #require(tables.count > 5)
        for table in tables {
            let query = try Self.query(table, in: twin)
            let run = try run(
                ["query", name, query, "--json"], home: home, sourceLocation: sourceLocation)
            let rows = try #require(try run.object()["rows"] as? [[String]])
            let expected = try Self.lines(query, on: twin)
            #expect(
                rows.map { $0[0] } == expected, "\(version), \(name), \(table)",
                sourceLocation: sourceLocation)
        }
        try self.run(["verify", name], home: home, sourceLocation: sourceLocation)
    }

    /// Checks a plain file, such as a deep backup.
    func expectPlain(
        _ name: String, toBe twin: Connection, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let plain = try Connection(path: folder.path(name), access: .readOnly, routines: .linked)
        for table in try Self.tables(twin) {
            let query = try Self.query(table, in: twin)
            #expect(
                try Self.lines(query, on: plain) == Self.lines(query, on: twin),
                "\(version), \(name), \(table)", sourceLocation: sourceLocation)
        }
    }

    /// Runs statements through Stretch, and on the plain file.
    func change(
        _ name: String, _ twin: Connection, _ statements: [String], home: String = "keystore",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for statement in statements {
            try run(["query", name, statement], home: home, sourceLocation: sourceLocation)
            try twin.execute(statement)
        }
    }
}
