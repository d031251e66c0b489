internal import ArgumentParser
internal import StretchEndpoint
internal import StretchEngine
internal import StretchText

struct DisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disconnect a database from its remote.",
        discussion: """
            Disable every table first. Afterwards the file is an ordinary SQLite file again. The \
            remote stays, because older backups and copies of the file may need it; the output \
            says how to remove it.
            """)

    @OptionGroup var options: DatabaseOptions

    @Flag(name: .long, help: "Show what would be done, and change nothing.")
    var dryRun = false

    func run() throws {
        let remote = try options.open().disable(isDryRun: dryRun)
        let report = Report(isDryRun: dryRun, remote: remote.description)
        options.show(report) {
            [
                dryRun ? "Would disable \(options.file)." : "Disabled \(options.file).",
                "The remote \(remote) stays: older backups and copies of the file need it. "
                    + "\(removal(of: remote))",
            ]
        }
    }

    private struct Report: Encodable {
        let isDryRun: Bool
        let remote: String
    }

    /// Says how to remove a remote.
    private func removal(of remote: EndpointAddress) -> String {
        switch remote.kind {
        case .file:
            let file = remote.filePath(besides: options.file)
            let files = ["", "-wal", "-shm"].map { (file + $0).shellQuoted }
            return "If no other database uses it either, delete its files: "
                + "\(files.joined(separator: " "))."
        case .postgresql(let address):
            let schema = address.schema ?? "stretch"
            return "If no other database uses it either, its owner deletes it there: DROP SCHEMA "
                + "\(schema.quotedName) CASCADE."
        }
    }
}
