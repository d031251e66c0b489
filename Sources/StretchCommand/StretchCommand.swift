internal import ArgumentParser
internal import StretchCore
internal import StretchText

/// The command line: parses, calls the library, prints.
struct StretchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stretch",
        abstract: "Move cold rows of SQLite tables to a remote database, and query whole tables.",
        discussion: """
            Tables keep their names. The database file and its backups hold the hot rows and \
            the list of batches in the remote.
            """,
        version: "0.1.0",
        subcommands: [
            EnableCommand.self, TableCommand.self, MigrateCommand.self, BringBackCommand.self,
            StatusCommand.self, QueryCommand.self, SQLCommand.self, VerifyCommand.self,
            ProvisionCommand.self, GrantCommand.self, AttachCommand.self,
            LoginCommand.self, TestConnectionCommand.self, ReauthorizeCommand.self,
            DeauthorizeCommand.self, QueryModeCommand.self, StagingCommand.self,
            GarbageCommand.self, RetentionCommand.self,
            BackupCommand.self, InspectCommand.self, RestoreCommand.self,
            DrillCommand.self, BranchCommand.self,
            DisableCommand.self, DemoCommand.self,
        ])

    /// Checks that the words before the first option name a command.
    ///
    /// The parser would report a misspelled command as an unexpected argument.
    ///
    /// - Throws: `invalidArgument`, naming the words.
    static func requireCommand(_ arguments: ArraySlice<String>) throws(StretchError) {
        var words = ["stretch"]
        var type: any ParsableCommand.Type = StretchCommand.self
        for argument in arguments {
            let children = type.configuration.subcommands
            guard !children.isEmpty, !argument.isSameText(as: "help"),
                argument.utf8.first != UInt8(ascii: "-")
            else { return }
            let child = children.first {
                $0.configuration.commandName?.isSameText(as: argument) ?? false
            }
            guard let child else {
                let unknown = (words.dropFirst() + [argument]).joined(separator: " ")
                let names = children.compactMap { $0.configuration.commandName }
                let path = words.joined(separator: " ")
                let meant = EditDistance.nearest(to: argument, among: names).map {
                    "Did you mean \"\(path) \($0)\"? "
                }
                throw StretchError(
                    .invalidArgument, "there is no command \"\(unknown)\"",
                    hint: "\(meant ?? "")See: \(path) --help.")
            }
            words.append(argument)
            type = child
        }
    }

    /// Returns the error of the first option that a command does not have, with the one meant.
    ///
    /// The parser would report what is missing in its place.
    static func unknownOption(_ arguments: ArraySlice<String>) -> StretchError? {
        var (words, type) = (["stretch"], StretchCommand.self as any ParsableCommand.Type)
        for argument in arguments {
            let child = type.configuration.subcommands.first {
                $0.configuration.commandName?.isSameText(as: argument) ?? false
            }
            guard let child else { break }
            words.append(argument)
            type = child
        }
        let help = StretchCommand.helpMessage(for: type, includeHidden: true, columns: 1_000)
        let known = help.parts(between: " ").flatMap { $0.parts(between: "\n") }
            .map { word in
                String(
                    decoding: word.utf8.filter { $0 == 0x2d || (0x61...0x7a).contains($0) },
                    as: UTF8.self)
            }.filter { $0.beginsWith("--") }
        for argument in arguments {
            guard !argument.isSameText(as: "--") else { return nil }
            guard argument.beginsWith("--") else { continue }
            let name = argument.parts(between: "=", maximumSplitCount: 1)[0]
            guard !known.contains(where: name.isSameText) else { continue }
            let meant = EditDistance.nearest(to: name, among: known).map {
                "Did you mean \"\($0)\"? "
            }
            return StretchError(
                .invalidArgument, "unknown option \"\(name)\"",
                hint: "\(meant ?? "")See: \(words.joined(separator: " ")) --help.")
        }
        return nil
    }
}
