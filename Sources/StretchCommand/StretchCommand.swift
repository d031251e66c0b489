internal import ArgumentParser

@main
struct StretchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stretch")
}
