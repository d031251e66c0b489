import Stretch
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// A local file in a folder of its own, made by a script of plain SQL.
struct AdministrationSample {
    let folder: TemporaryFolder
    let database: StretchDatabase
    var path: String { folder.path("app.db") }

    /// - Parameter isEnabled: Whether the database is stretch-enabled, with server `file:cold.db`.
    init(_ script: String, isEnabled: Bool = true) throws {
        folder = try TemporaryFolder()
        let path = folder.path("app.db")
        do {
            let plain = try Connection(path: path, access: .create, routines: .linked)
            try plain.execute("PRAGMA journal_mode = WAL; \(script)")
        }
        database = try StretchDatabase(path: path, configuration: .everyRemote)
        if isEnabled { try database.enable(server: "file:cold.db") }
    }

    /// Runs plain SQL as a program without Stretch does.
    func runNatively(_ script: String) throws {
        try Connection.native(to: path).execute(script)
    }

    func status(_ table: String) throws -> DatabaseStatus.Table {
        try #require(try database.status().tables.first { $0.name == table })
    }
}

/// Expects an error of a code whose message has certain words.
func expectError(
    _ code: StretchError.Code, _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as StretchError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
        #expect(error.hint?.hasSuffix(".") ?? false, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("not a StretchError: \(error)", sourceLocation: sourceLocation)
    }
}
