import ArgumentParser
import Foundation
import Testing

@testable import StretchCommand

/// Whole help screens, one file each.
///
/// `STRETCH_RECORD_SNAPSHOTS=1` writes them anew.
@Suite struct HelpTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// Every command with the words that lead to it.
    static let commands: [(words: [String], type: any ParsableCommand.Type)] = {
        var commands: [(words: [String], type: any ParsableCommand.Type)] = []
        func add(_ type: any ParsableCommand.Type, _ words: [String]) {
            commands.append((words, type))
            for child in type.configuration.subcommands {
                add(child, words + [child.configuration.commandName ?? ""])
            }
        }
        add(StretchCommand.self, ["stretch"])
        return commands
    }()

    @Test func `help screens are what they were`() throws {
        let isRecording = ProcessInfo.processInfo.environment["STRETCH_RECORD_SNAPSHOTS"] != nil
        for (words, type) in Self.commands {
            let screen = StretchCommand.helpMessage(for: type, columns: 90) + "\n"
            let name = words.joined(separator: "-") + ".txt"
            let file = Self.folder.appendingPathComponent("Snapshots/\(name)")
            if isRecording { try Data(screen.utf8).write(to: file) }
            let snapshot = try String(contentsOf: file, encoding: .utf8)
            #expect(screen == snapshot, "\(name)")
        }
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Self.folder.appendingPathComponent("Snapshots").path)
        #expect(files.count == Self.commands.count)
    }

    @Test func `every command has an abstract, and every argument help`() {
        for (words, type) in Self.commands {
            #expect(!type.configuration.abstract.isEmpty, "\(words)")
            let screen = StretchCommand.helpMessage(for: type, columns: 200)
            let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
            for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  -") {
                // The help of a long name begins on the next line.
                let hasHelp = line.dropFirst(4).contains("  ") || next.hasPrefix("        ")
                #expect(hasHelp, "\(words): \(line)")
            }
        }
    }

    @Test func `every command is in the documents`() throws {
        let root = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
        let json = try String(
            contentsOf: root.appendingPathComponent("Documentation/JSON.md"), encoding: .utf8)
        let commands = try String(
            contentsOf: root.appendingPathComponent("Documentation/Commands.md"), encoding: .utf8)
        for (words, type) in Self.commands where type.configuration.subcommands.isEmpty {
            let name = try #require(words.last)
            #expect(json.contains(name), "\(words) is not in JSON.md")
            #expect(commands.contains(name), "\(words) is not in Commands.md")
        }
    }
}
