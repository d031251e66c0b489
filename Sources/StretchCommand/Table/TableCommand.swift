internal import ArgumentParser

struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Enable, change, pause or disable the stretching of a table.",
        subcommands: [
            TableEnableCommand.self, TableAlterCommand.self, TablePauseCommand.self,
            TableResumeCommand.self, TableDisableCommand.self,
        ])
}

/// The table name argument of a command.
struct TableArgument: ParsableArguments {
    @Argument(help: "The table's name.")
    var table: String
}
