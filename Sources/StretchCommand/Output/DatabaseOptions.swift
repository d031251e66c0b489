internal import ArgumentParser
internal import Stretch
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
internal import StretchPostgres

/// The form of the output, and how long to wait.
struct RunOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, as documented in Documentation/JSON.md.")
    var json = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long to wait for locks of other programs, in seconds.", valueName: "seconds"))
    var busyTimeout: Double = 10

    mutating func validate() throws {
        guard busyTimeout >= 0, busyTimeout <= 86_400 else {
            throw ValidationError("The busy timeout is from 0 to 86,400 seconds")
        }
    }
}

/// What nearly every command takes: the local file, the form of the output, and how long to wait.
struct DatabaseOptions: ParsableArguments {
    @Argument(help: "The local SQLite file.", completion: .file())
    var file: String

    @OptionGroup var run: RunOptions

    var json: Bool { run.json }
    var busyTimeout: Double { run.busyTimeout }

    /// The library's configuration for a command.
    ///
    /// - Parameters:
    ///   - login: What the user gave now, or `nil` for what the environment and the keystore have.
    ///   - server: The server that the command names.
    ///   - file: The database file.
    static func makeConfiguration(
        _ login: GivenLogin? = nil, server: String? = nil, file: String? = nil,
        busyTimeout: Double
    ) throws(StretchError) -> Configuration {
        var configuration = Configuration.standard
        configuration.remotes.append(.postgresql)
        configuration.busyTimeout = .seconds(busyTimeout)
        try (login ?? .ofEnvironment)?.serve(&configuration, server: server, file: file)
        return configuration
    }

    /// Opens the file.
    func open(
        _ login: GivenLogin? = nil, server: String? = nil
    ) throws(StretchError) -> StretchDatabase {
        try StretchDatabase(
            path: file,
            configuration: Self.makeConfiguration(
                login, server: server, file: file, busyTimeout: busyTimeout))
    }

    /// Prints a report as JSON, or as the lines that people read.
    func show(_ report: some Encodable, _ lines: () -> [String]) {
        Self.show(report, isJSON: json, lines)
    }

    /// Prints a report as JSON, or as the lines that people read.
    static func show(_ report: some Encodable, isJSON: Bool, _ lines: () -> [String]) {
        if isJSON {
            StandardOutput.writeLine(JSONText.pretty(report))
        } else {
            for line in lines() { StandardOutput.writeLine(line) }
        }
    }
}
