internal import ArgumentParser
internal import Foundation
internal import StretchEndpoint
internal import StretchEngine
internal import StretchKeystore

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Connect a file for this user, with a grant of its owner.",
        discussion: """
            The grant is the file that 'stretch grant' wrote: --from, or the file that \
            STRETCH_GRANT_FILE names, or the text in STRETCH_GRANT. The command asks no question, \
            so that containers can run it; they also set STRETCH_HOME, the folder of the keystore.

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
        help: "Replace this user's present rights, even by fewer: a reader cannot migrate.")
    var replace = false

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    mutating func validate() throws {
        let names = ["STRETCH_GRANT_FILE", "STRETCH_GRANT"]
        guard from != nil || names.contains(where: { environment[$0] != nil }) else {
            throw ValidationError("Missing --from FILE, STRETCH_GRANT_FILE or STRETCH_GRANT")
        }
    }

    func run() throws {
        let text: String
        if let file = from ?? environment["STRETCH_GRANT_FILE"] {
            text = try SecretInput.firstLine(ofFile: file)
        } else {
            text = environment["STRETCH_GRANT"] ?? ""
        }
        let report = try options.open().remote.attach(
            AccessGrant(parsing: text), isReplacing: replace)
        options.show(AttachJSON(report)) {
            let login = report.login.map { " as login \($0)" } ?? ""
            return [
                "\(options.file) is connected to \(report.server)\(login), "
                    + (report.role == .writer ? "to migrate and to read." : "to read.")
            ]
        }
    }
}
