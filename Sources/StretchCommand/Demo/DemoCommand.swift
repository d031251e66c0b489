internal import ArgumentParser
internal import Foundation
internal import StretchCore

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show Stretch at work on a database of 1,000,000 orders.",
        discussion: """
            Makes the database of a shop and an untouched copy, moves the old orders of the first \
            one to a remote, queries and changes both, and compares every answer. Takes less than \
            two minutes and 400 MB of disk.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Keep the files in this folder; by default, they are removed at the end.",
            valueName: "path"))
    var folder: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The remote; a server's login is in STRETCH_LOGIN and STRETCH_PASSWORD.",
            valueName: "address"))
    var server: String = "file:archive.db"

    @Option(name: .long, help: ArgumentHelp("The number of orders.", valueName: "rows"))
    var orders: Int = 1_000_000

    @Flag(name: .long, help: "Print only JSON, as documented in Documentation/JSON.md.")
    var json = false

    mutating func validate() throws {
        guard (1_000...100_000_000).contains(orders) else {
            throw ValidationError("--orders is from 1,000 to 100,000,000")
        }
    }

    func run() throws {
        let path =
            folder
            ?? FileManager.default.temporaryDirectory.path + "/stretch-demo-\(UUID().uuidString)"
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: path) } }
        let story = DemoStory(isSilent: json)
        var demo = Demo(folder: path, server: server, orderCount: orders, story: story)
        let report = try demo.run()
        if json { StandardOutput.writeLine(JSONText.pretty(report)) }
        guard report.isEqual else {
            throw StretchError(
                .damaged, "\(report.differences) answers differ from those of the untouched copy",
                hint: "Please report this with the output above.")
        }
    }
}

/// The result of the demo: a contract, see `Documentation/JSON.md`.
struct DemoReport: Encodable {
    var checks = 0
    var differences = 0
    var seconds = 0.0
    private(set) var isEqual = true

    /// Records one comparison with the untouched copy.
    mutating func check(_ isSame: Bool) {
        checks += 1
        guard !isSame else { return }
        differences += 1
        isEqual = false
    }
}
