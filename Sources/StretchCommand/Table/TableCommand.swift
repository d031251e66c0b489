internal import ArgumentParser

struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Stretch-enable a table, or change how it is stretched.",
        subcommands: [
            TableEnableCommand.self, TableAlterCommand.self, TablePauseCommand.self,
            TableResumeCommand.self, TableDisableCommand.self,
        ])
}

/// The name of the table that a command is about.
struct TableArgument: ParsableArguments {
    @Argument(help: "The table's name.")
    var table: String
}
