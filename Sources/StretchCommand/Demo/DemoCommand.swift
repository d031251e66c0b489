internal import ArgumentParser
internal import Stretch

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show Stretch at work on a database of 1,000,000 orders.")

    func run() throws {}
}
