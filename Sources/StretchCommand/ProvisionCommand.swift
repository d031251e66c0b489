internal import ArgumentParser
internal import StretchEngine
internal import StretchSchema

struct ProvisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Do pending work at the remote that only its owner may do.",
        discussion: """
            Makes the tables, columns and indexes that 'stretch status' shows as waiting. It may \
            be repeated.

            Example: stretch provision app.db --login admin
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    func run() throws {
        let report = try options.open(login.given).remote.provision()
        options.show(ProvisionJSON(report)) {
            let lines = report.tables.flatMap { table in
                table.steps.map { "Table \(table.name): \($0.message): done." }
            }
            return lines.isEmpty ? ["Nothing was waiting."] : lines
        }
    }
}
