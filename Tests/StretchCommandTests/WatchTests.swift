import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct WatchTests {
    @Test func `migrate --watch goes on when the remote is back`() throws {
        let sample = try CommandSample()
        for arguments in [
            ["enable", "app.db", "--server", "file:cold.db"],
            ["table", "enable", "app.db", "orders", "--filter", "year <= 2004"],
        ] { #expect(try sample.run(arguments).status == 0) }
        let folder = sample.folder
        // The remote's files are away.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("cold.db") }
        for name in names {
            try FileManager.default.moveItem(
                atPath: folder.path(name), toPath: folder.path("away-\(name)"))
        }
        let process = Process()
        process.executableURL = try CommandRun.executable()
        process.arguments = ["migrate", "app.db", "--watch", "0.1"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = CommandRun.environment(folder)
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let warning = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        #expect(warning.hasPrefix("warning: "), "\(warning)")
        for name in names {
            try FileManager.default.moveItem(
                atPath: folder.path("away-\(name)"), toPath: folder.path(name))
        }
        let plain = try Connection(
            path: folder.path("app.db"), access: .readOnly, routines: .linked)
        while process.isRunning, try plain.integer("SELECT count(*) FROM orders") != 6 {
            usleep(10_000)
        }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try plain.integer("SELECT count(*) FROM orders") == 6)
    }
}
