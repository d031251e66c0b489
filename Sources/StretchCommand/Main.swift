internal import ArgumentParser
internal import Foundation
internal import StretchCore
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
            var command = try parse(CommandLine.arguments.dropFirst())
            try command.run()
            StandardOutput.flush()
        } catch {
            StandardOutput.flush()
            exit(CommandFailure(error).report(isJSON: isJSON))
        }
    }

    /// Parses the arguments; an option that does not exist is reported before one that is missing.
    private static func parse(_ arguments: ArraySlice<String>) throws -> any ParsableCommand {
        do {
            return try StretchCommand.parseAsRoot(Array(arguments))
        } catch  where StretchCommand.exitCode(for: error) == .validationFailure {
            throw StretchCommand.unknownOption(arguments) ?? error
        }
    }
}
