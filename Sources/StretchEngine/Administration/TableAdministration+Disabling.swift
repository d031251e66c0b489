internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText

extension TableAdministration {
    /// Disables Stretch for a table, which becomes an ordinary table again.
    ///
    /// Bringing rows back can be stopped and repeated. Abandoning removes the batches from the
    /// manifest one by one, each in the remote first; after an interruption, the same call
    /// continues. An unreachable remote does not prevent it, because the cold rows are lost to this
    /// file in any case.
    ///
    /// - Parameters:
    ///   - mode: The treatment of the cold rows; required if there are any.
    ///   - isDryRun: Whether to report the result without changing anything.
    /// - Throws: `invalidArgument` for a missing table, or a missing mode if there are cold rows;
    ///   `wrongState` while another table follows this one; `remoteUnavailable` if rows are to be
    ///   brought back.
    @discardableResult
    public func disable(
        _ mode: DisableMode? = nil, isDryRun: Bool = false
    ) throws(StretchError) -> DisableReport {
        let table = try database.administer { try database.enabledTable(name) }
        let rowCount = try database.perform { try database.coldRowCount(table) }
        try refuseFollowed(table)
        if mode == nil, rowCount > 0 {
            throw StretchError(
                .invalidArgument,
                "table \"\(table.name)\" has \(rowCount) cold rows",
                hint:
                    "To move them here first: \(advice: .bringBackTable(table.name)). "
                    + "To leave them in the remote, where no query finds them: "
                    + "\(advice: .abandonTable(table.name)).")
        }
        let mode = mode ?? .bringBack
        var isRemoteTold = true
        if !isDryRun {
            switch mode {
            case .bringBack: try bringBack()
            case .abandon: isRemoteTold = try database.abandon(table)
            }
            try database.perform { try forget(table, mode: mode, rowCount: rowCount) }
            try database.refreshOverlay()
        }
        return DisableReport(
            name: table.name, mode: mode, isDryRun: isDryRun, rows: rowCount,
            isRemoteTold: isRemoteTold)
    }

    private func refuseFollowed(_ table: StretchedTable) throws(StretchError) {
        let follower = try database.perform {
            try database.catalog.tables().first {
                $0.follows?.isEqualFoldingCase(table.name) ?? false
            }
        }
        guard let follower else { return }
        throw StretchError(
            .wrongState, "table \"\(follower.name)\" follows table \"\(table.name)\"",
            hint: "Disable \"\(follower.name)\" first.")
    }

    private func forget(_ table: StretchedTable, mode: DisableMode, rowCount: Int64) throws {
        try database.connection.transaction(.immediate) {
            if mode == .bringBack {
                guard try database.coldRowCount(table) == 0 else {
                    throw StretchError(
                        .busy, "rows of table \"\(table.name)\" became cold in the meantime",
                        hint: "Stop the migrator, then try again.")
                }
            }
            try database.catalog.remove(table: table.id)
            try database.catalog.insertEvent(
                time: database.configuration.now(), table: table.name, kind: .disableTable,
                message: mode == .abandon
                    ? "disabled; \(rowCount) cold rows abandoned"
                    : "disabled; \(rowCount) cold rows brought back")
        }
    }
}
