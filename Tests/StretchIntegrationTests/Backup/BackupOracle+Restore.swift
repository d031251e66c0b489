import Foundation
import StretchBackup
import StretchCore
import StretchEndpointTesting
import StretchEngine
import StretchMigration
import StretchTestSupport
import Testing

extension BackupOracle {
    /// Restores a backup to a new file or over a living one, connects it, and compares all its rows
    /// with the log.
    func restore() throws {
        guard let backup = try chooseBackup() else { return }
        var replaced: (number: Int64, path: String)?
        if isOne(in: 3) || lives.count == Self.maximumLifeCount { replaced = endLife() }
        // Every other one of these lives ends without a successor in its place.
        let isInPlace = replaced != nil && isOne(in: 2)
        let path = isInPlace ? replaced?.path ?? "" : newPath("life")
        lastStep = "restore \(backup) to \(path)"
        var options = RestoreOptions()
        options.replaces = isInPlace
        let report = try StretchDatabase.restore(
            [backup.path], to: path, options, configuration: sample.configuration())
        #expect(report.linkState == .disconnected, "\(backup)")
        let file = try sample.open(URL(fileURLWithPath: path).lastPathComponent)
        let found = try self.entry(of: file)
        let entry = try #require(found.entry, "\(backup): life \(found.life)")
        if let time = backup.latest {
            #expect(entry.time <= time, "\(backup): \(entry.time)")
        }
        if report.content.remoteRows > 0 {
            expectError(.disconnected, "") { _ = try file.query(TimelineSample.all) }
        }
        try reauthorize(file, mayContinue: isInPlace && found.life == replaced?.number)
        #expect(try file.query(TimelineSample.all).rows == entry.rows, "\(backup)")
        #expect(try file.verify().isSound, "\(backup)")
        restoreCounts[backup.method, default: 0] += 1
        // As an application does: VACUUM INTO makes files without a WAL.
        _ = try file.query("PRAGMA journal_mode = WAL")
        try begin(path, rows: entry.rows)
    }

    /// Connects a file: in a branch of its own, or in that of the file whose place it took, when
    /// that has not moved on.
    private func reauthorize(_ file: StretchDatabase, mayContinue: Bool) throws {
        if mayContinue, isOne(in: 2) {
            var options = ReauthorizeOptions()
            options.withCopy = false
            do throws(StretchError) {
                #expect(try file.remote.reauthorize(options).action == .continue)
                return
            } catch {
                #expect(error.code == .remoteMismatch && error.message.contains("moved on"))
            }
        }
        #expect(try file.remote.reauthorize().action == .fork)
    }

    private struct Backup {
        let path: String
        let method: String
        /// The moment that the backup is not after, or `nil` when its file tells.
        let latest: Timestamp?
    }

    private func chooseBackup() throws -> Backup? {
        if let replica, isOne(in: 8) {
            let path = newPath("litestream")
            guard let time = try replica.restore(to: path, at: Double(integer(0...1_000)) / 1_000)
            else { return nil }
            return Backup(path: path, method: OracleReplica.method, latest: time)
        }
        return choice(backups).map { Backup(path: $0.path, method: $0.method, latest: nil) }
    }
}

/// A Litestream replica that grows while its file lives.
final class OracleReplica {
    static let method = "litestream"

    private let program: LitestreamProgram
    private let replication: LitestreamProgram.Replication
    private let url: String
    private let start: Timestamp

    init(of path: String, in folder: TemporaryFolder) throws {
        program = try LitestreamProgram()
        let target = folder.path("replica")
        url = "file://\(target)"
        replication = try LitestreamProgram.Replication(
            program, path, to: target, every: .milliseconds(200))
        _ = try program.wait(for: url, after: 0)
        start = .now
    }

    /// Restores the state of a moment between the start, 0, and now, 1, by the program's own
    /// option `-timestamp`.
    ///
    /// - Returns: The moment, or `nil` when the replica has no later state, so that the program
    ///   refuses it.
    func restore(to path: String, at part: Double) throws -> Timestamp? {
        let span = Double(Timestamp.now.milliseconds - start.milliseconds)
        let time = Timestamp(milliseconds: start.milliseconds + Int64(part * span))
        let text = time.description.replacing(" ", with: "T") + "Z"
        do {
            _ = try program.run(["restore", "-timestamp", text, "-o", path, url])
            return time
        } catch let failure as ConformanceFailure
            where "\(failure)".contains("timestamp does not exist")
        {
            return nil
        }
    }
}
