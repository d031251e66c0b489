internal import StretchCatalog
public import StretchCore
internal import StretchSQLite

/// The way in which ``StretchDatabase/reclaim(_:)`` returns free pages to the file system.
public enum ReclaimMode: String, Sendable, CaseIterable {
    /// Moves pages and truncates the file; requires `PRAGMA auto_vacuum=INCREMENTAL`.
    case incremental
    /// Rewrites the whole file: <https://sqlite.org/lang_vacuum.html>.
    case full
}

/// The result of ``StretchDatabase/reclaim(_:)``.
public struct ReclaimReport: Equatable, Sendable {
    /// The size of the database before, in bytes, including free pages.
    public let bytesBefore: Int64
    /// The size of the database after, in bytes.
    public let bytesAfter: Int64
    /// The tables that kept the file from being rewritten; usually none.
    ///
    /// They use a collation, a function or a module that this process lacks. The application can
    /// rewrite the file: `VACUUM`.
    public let obstacles: [String]
}

extension StretchDatabase {
    /// Returns the space of migrated rows to the file system.
    ///
    /// A full reclaim holds the write lock throughout, and needs as much free disk space as the
    /// used pages of the database.
    ///
    /// A file that this process cannot rewrite is reclaimed incrementally, if its pages can be
    /// moved; see ``ReclaimReport/obstacles``.
    ///
    /// - Throws: `wrongState` for an incremental reclaim of a file whose pages cannot be moved;
    ///   `busy` while another connection reads or writes.
    @discardableResult
    public func reclaim(_ mode: ReclaimMode) throws(StretchError) -> ReclaimReport {
        try perform {
            let before = try byteCount()
            var obstacles: [String] = []
            switch mode {
            case .incremental:
                try requireReclaiming(.incremental)
                try connection.execute("PRAGMA main.incremental_vacuum")
            case .full:
                connection.finalizeCachedStatements()
                obstacles = try rewrite()
            }
            // In WAL mode the file shrinks at a checkpoint, which a reader may delay.
            _ = try connection.rows("PRAGMA main.wal_checkpoint(TRUNCATE)")
            return ReclaimReport(
                bytesBefore: before, bytesAfter: try byteCount(), obstacles: obstacles)
        }
    }

    /// Rewrites the file, and returns the tables that prevent it.
    private func rewrite() throws(SQLiteError) -> [String] {
        do throws(SQLiteError) {
            try connection.execute("VACUUM main")
            return []
        } catch {
            let unchecked = try UncheckedTables.names(of: connection)
            guard error.code == ResultCode.error, !unchecked.isEmpty else { throw error }
            // Without auto_vacuum = INCREMENTAL it does nothing.
            try connection.execute("PRAGMA main.incremental_vacuum")
            return unchecked
        }
    }

    /// Throws if the file cannot be reclaimed in this mode; called before long work.
    package func requireReclaiming(_ mode: ReclaimMode) throws(StretchError) {
        // 2 is INCREMENTAL: https://sqlite.org/pragma.html#pragma_auto_vacuum
        let isPossible = try perform {
            try mode == .full || connection.integer("PRAGMA main.auto_vacuum") == 2
        }
        guard isPossible else {
            throw StretchError(
                .wrongState, "the file was not created for incremental vacuum",
                hint: "Reclaim with \"full\" instead.")
        }
    }

    private func byteCount() throws(SQLiteError) -> Int64 {
        try connection.integer(
            "SELECT page_count * page_size FROM pragma_page_count('main'), pragma_page_size('main')"
        ) ?? 0
    }
}
