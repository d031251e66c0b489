/// Prints the demo as a story: chapters, sentences, and a table of queries.
struct DemoStory {
    /// The files that the demo creates or replaces in its folder.
    static let fileNames = [
        "shop.db", "untouched.db", "archive.db", "backup.db", "moment.db", "restored.db",
    ]

    let isSilent: Bool

    func chapter(_ title: String) {
        say("")
        say("== \(title)")
    }

    func say(_ line: String) {
        guard !isSilent else { return }
        StandardOutput.writeLine(line)
        StandardOutput.flush()
    }

    /// Prints a command that the reader could enter.
    func command(_ text: String) { say("   $ \(text)") }

    func queryHeader() {
        say(row("", "Stretch", "round trips", "plain copy", ""))
    }

    func query(
        _ title: String, stretched: Duration, roundTripCount: Int, plain: Duration, isSame: Bool
    ) {
        say(
            row(
                title, stretched.text, "\(roundTripCount)", plain.text,
                isSame ? "same answer" : "DIFFERENT ANSWER"))
    }

    private func row(
        _ title: String, _ time: String, _ roundTrips: String, _ plain: String, _ verdict: String
    ) -> String {
        let first = title + String(repeating: " ", count: max(0, 46 - title.count))
        let cells = [(time, 10), (roundTrips, 13), (plain, 12)].map { text, width in
            String(repeating: " ", count: max(1, width - text.count)) + text
        }
        return "   \(first)\(cells.joined())   \(verdict)"
    }
}
