import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport

/// A remote that is restored to an earlier state.
extension TimelineSample {
    /// Where ``saveRemote()`` keeps the copy.
    var savedRemote: String { remote.map { "\($0.database)_saved" } ?? folder.path("saved.db") }

    /// A copy of the remote as it is now, in place of an earlier one.
    func saveRemote() throws -> String {
        let saved = savedRemote
        guard let remote else {
            try? FileManager.default.removeItem(atPath: saved)
            try Connection(
                path: folder.path("cold.db"), access: .readWrite, routines: .linked
            ).execute("VACUUM INTO '\(saved)'")
            return saved
        }
        try dropDatabase(saved)
        try copyDatabase(remote.database, to: saved)
        return saved
    }

    /// Puts the remote back to a state that was saved, as a restore from a backup does.
    func rollBackRemote(to saved: String) throws {
        guard let remote else {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: folder.path("cold.db") + suffix)
            }
            try FileManager.default.copyItem(atPath: saved, toPath: folder.path("cold.db"))
            return
        }
        try dropDatabase(remote.database)
        try copyDatabase(saved, to: remote.database)
    }

    private func dropDatabase(_ name: String) throws {
        guard let server = remote?.server else { return }
        _ = try server.psql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", database: "postgres")
    }

    /// Copies a database, whose sessions end.
    private func copyDatabase(_ name: String, to copy: String) throws {
        guard let server = remote?.server else { return }
        _ = try server.psql(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '\(name)'
            """, database: "postgres")
        _ = try server.psql("CREATE DATABASE \(copy) TEMPLATE \(name)", database: "postgres")
    }
}
