internal import ArgumentParser
internal import Foundation

/// The entry: runs a command and ends the process with the status that `Documentation/ExitStatus.md`
/// gives its failure.
@main
enum Main {
    static func main() {
        let isJSON = CommandLine.arguments.contains("--json")
        do {
            var command = try StretchCommand.parseAsRoot()
            try command.run()
            StandardOutput.flush()
        } catch {
            StandardOutput.flush()
            exit(CommandFailure(error).report(isJSON: isJSON))
        }
    }
}
