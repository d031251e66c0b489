internal import ArgumentParser

/// The command line: parses, calls the library, prints.
struct StretchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stretch",
        abstract: "Keep the hot rows of SQLite tables here and the cold ones in a remote database.",
        discussion: """
            Every table goes on to be queried under its own name, whole. A backup of the file \
            holds its hot rows and where the cold ones are.
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
}
