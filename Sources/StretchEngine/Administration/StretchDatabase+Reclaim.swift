public import StretchCore
internal import StretchSQLite

/// How ``StretchDatabase/reclaim(_:)`` gives free pages back to the file system.
public enum ReclaimMode: String, Sendable, CaseIterable {
    /// Moves pages and cuts the file; needs `PRAGMA auto_vacuum=INCREMENTAL`.
    case incremental
    /// Writes the whole file anew: <https://sqlite.org/lang_vacuum.html>.
    case full
}

/// What ``StretchDatabase/reclaim(_:)`` did.
public struct ReclaimReport: Equatable, Sendable {
    /// The size of the database before, in bytes, its free pages included.
    public let bytesBefore: Int64
    /// The size of the database after, in bytes.
    public let bytesAfter: Int64
}

extension StretchDatabase {
    /// Gives the space that moved rows left behind back to the file system.
    ///
    /// A full reclaim needs the write lock all the time, and as much free disk space as the
    /// database has bytes in use.
    ///
    /// - Throws: `wrongState` for an incremental reclaim of a file whose pages cannot be moved;
    ///   `busy` while another connection reads or writes.
    @discardableResult
    public func reclaim(_ mode: ReclaimMode) throws(StretchError) -> ReclaimReport {
        try perform {
            let before = try byteCount()
            switch mode {
            case .incremental:
                try requireReclaiming(.incremental)
                try connection.execute("PRAGMA main.incremental_vacuum")
            case .full:
                connection.finalizeCachedStatements()
                try connection.execute("VACUUM main")
            }
            // In WAL mode the file shrinks at a checkpoint; a reader may put that off.
            _ = try connection.rows("PRAGMA main.wal_checkpoint(TRUNCATE)")
            return ReclaimReport(bytesBefore: before, bytesAfter: try byteCount())
        }
    }

    /// Throws when the file cannot be reclaimed this way; what would take long is asked before.
    package func requireReclaiming(_ mode: ReclaimMode) throws(StretchError) {
        // 2 is INCREMENTAL: https://sqlite.org/pragma.html#pragma_auto_vacuum
        let isPossible = try perform {
            try mode == .full || connection.integer("PRAGMA main.auto_vacuum") == 2
        }
        guard isPossible else {
            throw StretchError(
                .wrongState, "the file was not made for an incremental vacuum",
                hint: "Reclaim with \"full\" instead.")
        }
    }

    private func byteCount() throws(SQLiteError) -> Int64 {
        try connection.integer(
            "SELECT page_count * page_size FROM pragma_page_count('main'), pragma_page_size('main')"
        ) ?? 0
    }
}
