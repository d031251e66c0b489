internal import Foundation
internal import Stretch
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchTestSupport

/// A program that works on one stretch-enabled file until it is done, or killed.
///
///     StretchCrashWorker MODE FILE [name=value …]
///
/// It prints what it did as `name=value` on one line, and ends with status 0; an error goes to
/// standard error, with status 1.
@main
enum Main {
    static func main() {
        let arguments = WorkerArguments(CommandLine.arguments)
        do {
            switch arguments.mode {
            case "migrate", "bring-back", "gc", "erase": try MigratorWork(arguments).run()
            case "load": try LoadWork(arguments).run()
            case "reauthorize", "backup", "restore", "delete": try TimelineWork(arguments).run()
            case "write":
                var work = try WriterWork(arguments)
                try work.run()
            case "read": try ReaderWork(arguments).run()
            case "update": try CounterWork(arguments).run()
            default: arguments.fail("unknown mode \"\(arguments.mode)\"")
            }
        } catch {
            arguments.fail("\(arguments.mode): \(error)")
        }
    }
}

/// What the command line says.
struct WorkerArguments {
    let mode: String
    let path: String
    private let values: [String: String]

    init(_ arguments: [String]) {
        mode = arguments.count > 1 ? arguments[1] : ""
        path = arguments.count > 2 ? arguments[2] : ""
        let pairs = arguments.dropFirst(3).map { argument in
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        values = Dictionary(pairs, uniquingKeysWith: { $1 })
    }

    subscript(name: String) -> String? { values[name] }

    func integer(_ name: String, default: Int) -> Int {
        values[name].flatMap { Int($0) } ?? `default`
    }

    /// The system's configuration, with the login of the environment's
    /// `STRETCH_WORKER_LOGIN=name:password`.
    var configuration: Configuration {
        var configuration = Configuration.everyRemote
        let words = ProcessInfo.processInfo.environment["STRETCH_WORKER_LOGIN"]?
            .split(separator: ":", maxSplits: 1).map(String.init)
        configuration.credential = { (_, _) throws(StretchError) in
            words.map { RemoteCredential(login: $0[0], password: $0.count > 1 ? $0[1] : nil) }
        }
        return configuration
    }

    /// Prints a line at once: standard output is a pipe.
    func report(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    /// Ends the process.
    func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        exit(1)
    }

    /// The end of the time that `milliseconds` gives.
    func deadline() -> ContinuousClock.Instant {
        .now + .milliseconds(integer("milliseconds", default: 1_000))
    }
}
