internal import ArgumentParser
internal import Foundation
internal import Stretch

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Connect a file for this user, by a grant of its owner; nothing is asked.",
        discussion: """
            The grant is the file that 'stretch grant' wrote: --from, else the one that \
            STRETCH_GRANT_FILE names, else the text of STRETCH_GRANT. Containers give the folder \
            for their keystore, STRETCH_HOME, beside it.

            Example: stretch attach app.db --from anna.grant
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp("The grant; - for standard input.", valueName: "file"),
        completion: .file())
    var from: String?

    @Flag(
        name: .long,
        help: "Replace what this user may do now, also by less: a reader cannot migrate.")
    var replace = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let text: String
        if let file = from ?? environment["STRETCH_GRANT_FILE"] {
            text = try SecretInput.firstLine(ofFile: file)
        } else if let given = environment["STRETCH_GRANT"] {
            text = given
        } else {
            throw ValidationError("Missing --from FILE, STRETCH_GRANT_FILE or STRETCH_GRANT")
        }
        let report = try options.open().attach(
            AccessGrant(parsing: text), isReplacing: replace)
        options.show(report) {
            let login = report.login.map { " as login \($0)" } ?? ""
            return [
                "\(options.file) is connected to \(report.server)\(login), "
                    + (report.role == .writer ? "to migrate and to read." : "to read.")
            ]
        }
    }
}
