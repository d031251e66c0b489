import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct EnableTests {
    @Test func `enabling connects the file with a remote that it makes`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)", isEnabled: false)
        let report = try sample.database.enable(server: "FILE:cold.db")
        #expect(report.server == "file:cold.db")
        #expect(report.advice == [])
        #expect(FileManager.default.fileExists(atPath: sample.folder.path("cold.db")))
        let status = try sample.database.status()
        #expect(status.database.linkState == .connected)
        #expect(status.database.epoch == 0)
        #expect(status.database.queryMode == .localAndRemote)
        #expect(status.tables == [])
    }

    @Test func `a journal that keeps writers waiting is noted`() throws {
        let sample = try AdministrationSample(
            "PRAGMA journal_mode = DELETE; CREATE TABLE t(a)", isEnabled: false)
        let report = try sample.database.enable(server: "file:cold.db")
        #expect(report.advice.count == 1)
        #expect(report.advice.first?.contains("journal_mode=WAL") ?? false)
    }

    @Test func `a database is enabled once`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)")
        expectError(.wrongState, "enabled already") {
            try sample.database.enable(server: "file:other.db")
        }
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("other.db")))
    }

    @Test func `text in UTF-16 is refused`() throws {
        let sample = try AdministrationSample(
            "PRAGMA journal_mode = DELETE", isEnabled: false)
        let path = sample.folder.path("wide.db")
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a)")
        expectError(.unsupported, "UTF-16le") {
            try StretchDatabase(path: path, configuration: .everyRemote).enable(
                server: "file:cold.db")
        }
    }

    @Test(arguments: ["file:app.db", "file:./app.db", "file:link.db", "file:hard.db"])
    func `the remote is another file`(server: String) throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)", isEnabled: false)
        try FileManager.default.createSymbolicLink(
            atPath: sample.folder.path("link.db"), withDestinationPath: sample.path)
        try FileManager.default.linkItem(
            atPath: sample.path, toPath: sample.folder.path("hard.db"))
        expectError(.unsupported, "is the local database itself") {
            try sample.database.enable(server: server)
        }
    }

    @Test func `a file that holds something else is no remote`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)", isEnabled: false)
        let other = try Connection(
            path: sample.folder.path("cold.db"), access: .create, routines: .linked)
        try other.execute("CREATE TABLE mine(a)")
        #expect(throws: StretchError.self) {
            try sample.database.enable(server: "file:cold.db")
        }
        // The local file is as it was.
        expectError(.wrongState, "is not stretch-enabled") {
            _ = try sample.database.status()
        }
        #expect(try other.rows("SELECT name FROM sqlite_schema") == [[.text("mine")]])
    }

    @Test func `enabling goes on after a crash between remote and local file`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)", isEnabled: false)
        struct Crash: Error {}
        var configuration = Configuration.everyRemote
        configuration.wrapSessions { (endpoint) throws(StretchError) in
            try endpoint.register(
                database: 1, position: TimelinePosition(branch: 1, epoch: 0, token: 1))
            throw StretchError(.remoteUnavailable, "cut off")
        }
        let database = try StretchDatabase(path: sample.path, configuration: configuration)
        #expect(throws: StretchError.self) { try database.enable(server: "file:cold.db") }
        try sample.database.enable(server: "file:cold.db")
        #expect(try sample.database.status().database.linkState == .connected)
    }

    @Test func `disabling waits for the tables, and leaves an ordinary file`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)")
        try sample.database.tables["t"].enable(filter: "a > 1")
        expectError(.wrongState, "\"t\"") { try sample.database.disable() }
        try sample.database.tables["t"].disable(nil)
        try sample.database.disable(isDryRun: true)
        #expect(try sample.database.status().tables == [])
        try sample.database.disable()
        let plain = try Connection(path: sample.path, access: .readOnly, routines: .linked)
        #expect(
            try plain.rows("SELECT name FROM sqlite_schema WHERE type = 'table'") == [["t"]])
    }
}
