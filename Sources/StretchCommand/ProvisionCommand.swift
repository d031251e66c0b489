internal import ArgumentParser
internal import Stretch

struct ProvisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Do what tables wait for at the remote and only its owner may do.",
        discussion: """
            Tables, columns and indexes that 'stretch status' shows as waiting. It may be run again.

            Example: stretch provision app.db --login admin
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    func run() throws {
        let report = try options.open(login.given).provision()
        options.show(report) {
            let lines = report.tables.flatMap { table in
                table.steps.map { "Table \(table.name): \($0.message): done." }
            }
            return lines.isEmpty ? ["Nothing was waiting."] : lines
        }
    }
}
