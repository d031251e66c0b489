internal import ArgumentParser
internal import Foundation
internal import StretchText

/// The entry point: runs a command, and ends the process with its exit status.
///
/// The statuses are documented in `Documentation/ExitStatus.md`.
@main
enum Main {
    static func main() {
        let isJSON = CommandLine.arguments.contains { $0.isSameText(as: "--json") }
        do {
            try StretchCommand.requireCommand(CommandLine.arguments.dropFirst())
            var command = try StretchCommand.parseAsRoot()
            try command.run()
            StandardOutput.flush()
        } catch {
            StandardOutput.flush()
            exit(CommandFailure(error).report(isJSON: isJSON))
        }
    }
}
