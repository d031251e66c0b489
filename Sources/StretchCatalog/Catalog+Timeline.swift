package import StretchCore
package import StretchSQLite
package import StretchTimeline

/// `stretch_history`: the file's own path through the timeline.
extension Catalog {
    /// Records a position that the file has reached.
    func insertHistory(_ position: TimelinePosition) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_history(branch, epoch, token) VALUES(?, ?, ?)",
            .integer(position.branch), .integer(position.epoch), .integer(position.token))
    }

    /// Returns the file's past positions.
    package func history() throws -> LocalHistory {
        LocalHistory(
            positions: try connection.stored(
                "stretch_history", of: .local,
                "SELECT number, branch, epoch, token FROM main.stretch_history ORDER BY number"
            ) { try $0.position(at: 1) })
    }

    /// Moves the file to a child branch: removes the positions after the fork and adds the child's.
    ///
    /// - Parameter child: The child's positions, the first one at the fork.
    package func fork(at base: TimelinePosition, child: [TimelinePosition]) throws(SQLiteError) {
        try connection.run(
            """
            DELETE FROM main.stretch_history WHERE number > (
                SELECT max(number) FROM main.stretch_history
                WHERE branch = ? AND epoch = ? AND token = ?)
            """, .integer(base.branch), .integer(base.epoch), .integer(base.token))
        for position in child { try setPosition(position) }
    }
}
