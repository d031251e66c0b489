internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText

extension StretchDatabase {
    /// Makes a stretch-enabled table an ordinary one again.
    ///
    /// Bringing back can be stopped and called again. Abandoning takes one batch after the other
    /// out of the manifest, each at the remote first; when it is stopped, calling it again goes on.
    /// A remote that cannot be reached does not hold it up: the cold rows are lost to this file
    /// either way.
    ///
    /// - Parameters:
    ///   - name: A stretch-enabled table.
    ///   - mode: What is done with the cold rows; needed when there are any.
    ///   - isDryRun: Whether only the report is made.
    /// - Throws: `invalidArgument` for a missing table, or a missing mode when there are cold rows;
    ///   `wrongState` while another table follows this one; `remoteUnavailable` when rows shall be
    ///   brought back.
    @discardableResult
    public func disableTable(
        _ name: String, mode: DisableMode?, isDryRun: Bool = false
    ) throws(StretchError) -> DisableReport {
        let table = try administer { try enabledTable(name) }
        let rowCount = try perform { try coldRowCount(table) }
        try refuseFollowed(table)
        if mode == nil, rowCount > 0 {
            throw StretchError(
                .invalidArgument,
                "table \"\(table.name)\" has \(rowCount) cold rows; use --bring-back or --abandon",
                hint: "With --bring-back they move here first, with --abandon they stay in the "
                    + "remote, and no query finds them.")
        }
        let mode = mode ?? .bringBack
        var isRemoteTold = true
        if !isDryRun {
            switch mode {
            case .bringBack: try bringBack(table: table.name)
            case .abandon: isRemoteTold = try abandon(table)
            }
            try perform { try forget(table, mode: mode, rowCount: rowCount) }
            try refreshOverlay()
        }
        return DisableReport(
            name: table.name, mode: mode, isDryRun: isDryRun, rows: rowCount,
            isRemoteTold: isRemoteTold)
    }

    private func refuseFollowed(_ table: StretchedTable) throws(StretchError) {
        let follower = try perform {
            try catalog.tables().first { $0.follows?.isEqualFoldingCase(table.name) ?? false }
        }
        guard let follower else { return }
        throw StretchError(
            .wrongState, "table \"\(follower.name)\" follows table \"\(table.name)\"",
            hint: "Disable \"\(follower.name)\" first.")
    }

    /// Cold rows that no tombstone hides.
    func coldRowCount(_ table: StretchedTable) throws -> Int64 {
        let counts = try catalog.counts(table: table.id)
        return counts.visibleRows
    }

    private func forget(_ table: StretchedTable, mode: DisableMode, rowCount: Int64) throws {
        try connection.transaction(.immediate) {
            if mode == .bringBack {
                guard try coldRowCount(table) == 0 else {
                    throw StretchError(
                        .busy, "rows of table \"\(table.name)\" became cold meanwhile",
                        hint: "Stop the migrator, then try again.")
                }
            }
            try catalog.remove(table: table.id)
            try catalog.insertEvent(
                time: configuration.now(), table: table.name, kind: "disableTable",
                message: mode == .abandon
                    ? "disabled; \(rowCount) cold rows abandoned"
                    : "disabled; \(rowCount) cold rows brought back")
        }
    }
}
