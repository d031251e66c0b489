import ArgumentParser
import Foundation
import StretchCore
import StretchTransactSQL
import Testing
import TransactSQL

@testable import StretchCommand

/// Commands and options that messages, hints and help texts name: what the sources say is given to
/// the real parser.
@Suite struct AdviceTests {
    /// A command with what stands around it.
    struct Mention: CustomTestStringConvertible {
        let file: String
        let words: [String]
        /// Whether the text names the command, as in `'stretch gc'`, and does not say to run it.
        let isName: Bool
        var testDescription: String { "\(file): stretch \(words.joined(separator: " "))" }
    }

    private static let sources: [(file: String, text: String)] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
            .compactMap { url in
                (try? String(contentsOf: url, encoding: .utf8)).map {
                    (url.lastPathComponent, plain($0))
                }
            }
    }()

    /// A source without comments and interpolations, each literal in one piece.
    private static func plain(_ source: String) -> String {
        source.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { $0.firstMatch(of: /^\s*\/\//) == nil }.joined(separator: "\n")
            .replacing(/\\\n\s*/, with: "")
            .replacing(/\\\([^()]*(?:\([^()]*\)[^()]*)*\)/, with: "1")
            .replacing(/"\s*\n\s*\+\s*"/, with: "")
    }

    /// Texts that begin like a command, and are part of a key.
    private static var purposes: Regex<(Substring, Substring?)> {
        /(owner|credential|master key|resent) \d|key check/
    }

    /// What the library advises, one of each kind.
    static let advice: [Advice] = [
        .enable, .enableTable("orders"), .changeFilter(table: "my orders"),
        .renameColumn(table: "orders", from: "sum", to: "total"),
        .renameColumn(table: "orders", from: nil, to: nil), .replaceColumn(table: "orders", "sum"),
        .convertColumn(table: "orders", "sum"), .fillColumn(table: "my orders", "qty"),
        .sameTable("orders"), .nameFollowColumns(parent: "my events"),
        .changeFollowing(table: "my orders"),
        .bringBackTable("orders"), .abandonTable("orders"), .provision, .reauthorize,
        .moveRemote(server: "file:moved.db"), .moveRemote(server: nil), .readHotRows,
        .takeOver(owner: "anna at laptop"), .acceptLoss, .setQueryMode, .nameLogin, .storeLogin,
        .grantReader, .attachGrant, .grantWriter, .replaceGrant, .showStatus, .verify,
        .enableStaging, .disableStaging, .setStagingBudget, .setRetention, .acceptClock, .restore,
        .replaceFile, .overwriteFile, .nameOriginal, .takeNewestState, .chooseFolder,
        .listBranches, .undropBranch(12), .force,
        .createMasterKey, .openMasterKey, .createCredential("cold"),
        .alterCredential("cold"), .addMember("anna"), .allowArchive,
    ]

    @Test func `every kind of advice is looked at`() throws {
        let source = try #require(Self.sources.first { $0.file == "Advice.swift" }).text
        let own = try String(contentsOfFile: #filePath, encoding: .utf8)
        let kinds = source.matches(of: /(?m)^    case ([a-zA-Z]+)/).map(\.1)
        #expect(kinds.count > 30)
        for kind in kinds { #expect(own.contains(" .\(kind)"), "\(kind)") }
    }

    @Test(arguments: advice)
    func `advice is worded for people, commands and statements`(_ advice: Advice) throws {
        #expect(advice.description.wholeMatch(of: /[a-z].*[^.]/) != nil)
        #expect(!advice.description.contains("stretch ") && !advice.description.contains("--"))
        guard let statement = advice.transactSQL, statement.first?.isUppercase ?? false,
            !statement.hasPrefix("WITH")
        else { return }
        for item in ScriptReader(statement.replacing("CONDITION", with: "'year < 2020'")) {
            if case .failure(let error) = item.kind { Issue.record("\(error)") }
        }
    }

    @Test(arguments: advice)
    func `advice is a command, or an option of one`(_ advice: Advice) throws {
        guard advice.command.hasPrefix("stretch ") else {
            guard advice.command.hasPrefix("--") else { return }
            let option = advice.command.prefix { $0 != " " }
            #expect(Self.knownOptions.contains(option))
            return
        }
        let words = advice.command.prefix { $0 != "," }.replacing(/'([^']*)'/) { match in
            match.1.replacing(" ", with: "_")
        }
        let known = words.split(separator: " ").dropFirst().map { word in
            Self.examples[String(word), default: String(word)]
        }
        do {
            _ = try StretchCommand.parseAsRoot(known)
        } catch {
            Issue.record("\(StretchCommand.message(for: error))")
        }
    }

    static let mentions: [Mention] = sources.flatMap { file, text in
        text.matches(of: /(?<before>['"`\s(])stretch (?=[a-z])/).compactMap { match in
            let rest = text[match.range.upperBound...].prefix { $0 != "\n" }
            guard rest.prefixMatch(of: purposes) == nil, rest.prefixMatch(of: /else \{/) == nil
            else { return nil }
            let words = words(rest)
            return Mention(file: file, words: words, isName: match.before == "'")
        }
    }

    /// The words of a command, up to the end of the sentence or the literal.
    private static func words(_ text: Substring) -> [String] {
        var words: [String] = []
        var isPath = true
        var type: any ParsableCommand.Type = StretchCommand.self
        let quoted = text.replacing(/\\?"([^"\\]+)\\?"/) { match in
            // A time keeps its meaning; any other text in quotes is one word.
            match.1.first?.isNumber ?? false ? match.1.replacing(" ", with: "T") : "1"
        }
        for word in quoted.split(separator: " ", omittingEmptySubsequences: true) {
            let bare = String(word.prefix { !"\"'`;,)]\\".contains($0) })
            let isEnd = bare.count < word.count || bare.last.map { ".:".contains($0) } ?? true
            let text = bare.last.map { ".:".contains($0) } ?? false ? String(bare.dropLast()) : bare
            let child = type.configuration.subcommands.first {
                $0.configuration.commandName == text
            }
            if isPath, let child {
                type = child
            } else if isPath, !type.configuration.subcommands.isEmpty {
                // No command: the parser will say so.
                return words + [text]
            } else {
                isPath = false
                let isProse = text.wholeMatch(of: /[a-z]+/) != nil
                guard
                    !isProse || ["off", "all", "full", "writer", "orders", "anna"].contains(text)
                        || words.last == "--login"
                else { return words }
                guard text != "|" else { return words }
            }
            words.append(text)
            guard !isEnd else { return words }
        }
        return words
    }

    private static let examples = [
        "DURATION": "30d", "BYTES": "1000000", "HOURS": "24", "BATCH": "1",
    ]

    @Test(arguments: mentions)
    func `a command that a text names is one`(_ mention: Mention) throws {
        try StretchCommand.requireCommand(mention.words[...])
        let isHelp = mention.words.contains("--help")
        guard !mention.isName, !isHelp else { return }
        let words = mention.words.map { Self.examples[$0, default: $0] }
        do {
            _ = try StretchCommand.parseAsRoot(words)
        } catch {
            Issue.record("\(StretchCommand.message(for: error))")
        }
    }

    private static let knownOptions: Set<Substring> = {
        var known: Set<Substring> = ["--help"]
        for (_, type) in HelpTests.commands {
            let screen = StretchCommand.helpMessage(for: type, columns: 200)
            for match in screen.matches(of: /--[a-z][a-z-]*/) { known.insert(match.output) }
        }
        return known
    }()

    @Test func `the texts were found`() {
        #expect(Self.mentions.count > 30)
    }

    @Test func `an option that a text names is one`() {
        let known = Self.knownOptions
        for (file, text) in Self.sources {
            for match in text.matches(of: /--[a-z][a-z-]*/) {
                #expect(known.contains(match.output), "\(file)")
            }
        }
    }
}
