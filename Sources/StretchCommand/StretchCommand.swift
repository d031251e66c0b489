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
                throw StretchError(
                    .invalidArgument, "there is no command \"\(unknown)\"",
                    hint: "See: \(words.joined(separator: " ")) --help.")
            }
            words.append(argument)
            type = child
        }
    }
}
