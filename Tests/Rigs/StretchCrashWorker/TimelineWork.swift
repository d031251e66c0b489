internal import CKillPoint
internal import Foundation
internal import StretchBackup
internal import StretchEngine
internal import StretchKeystore
internal import StretchSQLite

/// Reauthorizes, backs up or restores one file, or deletes a row of it, and dies before the call
/// with the number `kill` that changes a file or tells a server something.
///
/// It prints `calls=` with their number, when it comes to its end.
struct TimelineWork {
    private let arguments: WorkerArguments
    private var configuration: Configuration

    init(_ arguments: WorkerArguments) {
        self.arguments = arguments
        configuration = arguments.configuration
        configuration.keystore = arguments["keystore"].map { Keystore(path: $0) }
    }

    func run() throws {
        stretch_kill_arm(
            arguments.integer("kill", default: 0),
            arguments["sends"] == nil ? STRETCH_KILL_ALL : STRETCH_KILL_SEND)
        let result = try work()
        arguments.report("calls=\(stretch_kill_disarm()) \(result)")
    }

    private func work() throws -> String {
        switch arguments.mode {
        case "reauthorize":
            var options = ReauthorizeOptions()
            options.withCopy = arguments["copy"] != "0"
            options.acceptsAllLosses = arguments["accept"] != nil
            let database = try StretchDatabase(path: arguments.path, configuration: configuration)
            return "action=\(try database.remote.reauthorize(options).action)"
        case "backup":
            var options = BackupOptions()
            options.isDeep = arguments["deep"] != nil
            options.overwrites = true
            let database = try StretchDatabase(path: arguments.path, configuration: configuration)
            return "rows=\(try database.backUp(to: target, options).backup.localRows)"
        case "delete":
            let database = try StretchDatabase(path: arguments.path, configuration: configuration)
            let id = arguments.integer("id", default: 0)
            try database.execute("DELETE FROM t WHERE id = ?", .integer(Int64(id)))
            return "rows=\(database.changeCount)"
        default:
            var options = RestoreOptions()
            options.replaces = true
            let report = try StretchDatabase.restore(
                [target], to: arguments.path, options, configuration: configuration)
            return "rows=\(report.content.localRows)"
        }
    }

    /// The backup.
    private var target: String { arguments["backup"] ?? "" }
}
