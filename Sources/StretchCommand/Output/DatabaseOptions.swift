internal import ArgumentParser
internal import Stretch
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
internal import StretchPostgres

/// The output format, and the time to wait for locks.
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

/// The options of most commands: the local file, the output format, and the time to wait for locks.
struct DatabaseOptions: ParsableArguments {
    @Argument(help: "The local SQLite file.", completion: .file())
    var file: String

    @OptionGroup var run: RunOptions

    var json: Bool { run.json }
    var busyTimeout: Double { run.busyTimeout }

    /// Returns the library's configuration for a command.
    ///
    /// - Parameters:
    ///   - login: The login given by the user, or `nil` for that of the environment or the
    ///     keystore.
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

    /// Prints a report as JSON or as lines of text.
    func show(_ report: some Encodable, _ lines: () -> [String]) {
        Self.show(report, isJSON: json, lines)
    }

    /// Prints a report as JSON or as lines of text.
    static func show(_ report: some Encodable, isJSON: Bool, _ lines: () -> [String]) {
        if isJSON {
            StandardOutput.writeLine(JSONText.pretty(report))
        } else {
            for line in lines() { StandardOutput.writeLine(line) }
        }
    }
}
