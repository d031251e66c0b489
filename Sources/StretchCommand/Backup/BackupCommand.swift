internal import ArgumentParser
internal import Stretch

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a backup while other programs write.",
        discussion: """
            A backup holds the hot rows and the list of batches in the remote. With --deep it is \
            a plain SQLite file with all rows, which needs no remote. Backups by other tools of \
            SQLite are equally valid.

            Example: stretch backup app.db app-monday.db
            Example: stretch backup app.db everything.db --deep
            """)

    @OptionGroup var options: DatabaseOptions

    @Argument(help: "The file to write.", completion: .file())
    var target: String

    @Flag(name: .long, help: "Include the cold rows.") var deep = false
    @Flag(name: .long, help: "Replace an existing file.") var overwrite = false
    @Flag(inversion: .prefixedNo, help: "Check the whole backup before it gets its name.")
    var check = true

    @Option(
        name: .long,
        help: ArgumentHelp("Copy at most this much per second.", valueName: "MiB"))
    var throttle: Double?

    mutating func validate() throws {
        if let throttle, !(0.01...1_000_000).contains(throttle) {
            throw ValidationError("--throttle is from 0.01 to 1,000,000 MiB")
        }
    }

    func run() throws {
        Interruption.observe()
        let line = StatusLine()
        var asked = BackupOptions()
        asked.isDeep = deep
        asked.overwrites = overwrite
        asked.isChecked = check
        asked.maximumBytesPerSecond = throttle.map { Int64($0 * 1_048_576) }
        asked.shouldStop = { Interruption.isRequested }
        asked.progress = { progress in
            line.update("\(progress.pages.grouped) of \(progress.totalPages.grouped) pages")
        }
        defer { line.finish() }
        let report = try options.open().backUp(to: target, asked)
        line.finish()
        options.show(BackupJSON(report)) { lines(report) }
    }

    private func lines(_ report: BackupReport) -> [String] {
        let backup = report.backup
        let size = "\(backup.byteCount.byteText) in \(report.elapsed.text)"
        guard !report.isDeep else {
            return [
                "\(target) has the state of \(backup.time) UTC: \(size).",
                "It is a plain SQLite file with all rows, \(report.coldRows.grouped) of them from "
                    + "the remote.",
            ] + [backup.uncheckedNote].compactMap(\.self)
        }
        return ["\(target) has the state of \(backup.time) UTC: \(size)."] + backup.contentLines
    }
}
