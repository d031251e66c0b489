import Foundation
import Testing
import TransactSQL

/// One script for each statement and each procedure: success, wrong arguments, wrong syntax.
///
/// Every script runs to its end over a host that writes down its calls; what is written is in the
/// file `.out` beside it. `STRETCH_RECORD_SNAPSHOTS=1` writes these files anew.
@Suite struct ScriptTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Scripts")

    static let scripts: [(name: String, text: String)] = {
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []
        return files.filter { $0.hasSuffix(".sql") }.compactMap { file in
            let text = try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            return text.map { (file, $0) }
        }
    }()

    private static func output(of script: String) throws -> String {
        let host = RecordingHost()
        var executor = ScriptExecutor(host: host, output: host, stopsAtFirstError: false)
        let failures = try executor.run(script)
        return (host.lines + ["\(failures) failed"]).joined(separator: "\n") + "\n"
    }

    @Test func `scripts do what they did`() throws {
        let isRecording = ProcessInfo.processInfo.environment["STRETCH_RECORD_SNAPSHOTS"] != nil
        #expect(Self.scripts.count > 20)
        for (name, script) in Self.scripts {
            let output = try Self.output(of: script)
            let file = Self.folder.appendingPathComponent(
                name.replacingOccurrences(of: ".sql", with: ".out"))
            if isRecording { try Data(output.utf8).write(to: file) }
            let expected = try String(contentsOf: file, encoding: .utf8)
            #expect(output == expected, "\(name)")
        }
    }

    @Test func `no password of a script is in anything that it writes`() throws {
        for (name, script) in Self.scripts {
            #expect(try !Self.output(of: script).contains("s3cret"), "\(name)")
            for item in ScriptReader(script) {
                guard case .statement(let statement) = item.kind else { continue }
                var dumped = ""
                dump(statement, to: &dumped)
                #expect(!dumped.contains("s3cret"), "\(name):\(item.position)")
                #expect(!"\(statement)".contains("s3cret"), "\(name):\(item.position)")
            }
        }
    }

    @Test func `every procedure has a script`() {
        let all = Self.scripts.map { $0.text.lowercased() }.joined()
        for procedure in Procedure.all {
            #expect(all.contains(procedure.name), "\(procedure.name)")
        }
    }
}
