internal import StretchCore
package import StretchSQLite
package import StretchTimeline

/// `stretch_pending` and `stretch_fork`: the step and the fork in flight, at most one of each.
extension Catalog {
    /// Returns the step in flight, or `nil`.
    package func pending() throws -> PendingStep? {
        try connection.stored(
            "stretch_pending", of: .local,
            """
            SELECT kind, table_id, batch, branch, epoch, token, next_token, schema_version
            FROM main.stretch_pending
            """
        ) { row in
            PendingStep(
                kind: try row.element(0), table: try row.integer(1, in: .numbers),
                batch: try row.integer(2, in: .ids), base: try row.position(at: 3),
                nextToken: try row.integer(6, in: .ids),
                schemaVersion: try row.integer(7, in: .versions))
        }.first
    }

    /// Records the step in flight; there must be no other.
    package func insert(_ step: PendingStep) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_pending VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text(step.kind.rawValue), .integer(step.table), .integer(step.batch),
            .integer(step.base.branch), .integer(step.base.epoch), .integer(step.base.token),
            .integer(step.nextToken), .integer(step.schemaVersion))
    }

    /// Removes the step in flight.
    package func removePending() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_pending")
    }

    /// Returns the fork in flight, or `nil`.
    package func pendingFork() throws -> PendingFork? {
        try connection.stored(
            "stretch_fork", of: .local,
            """
            SELECT child, child_token, base_branch, base_epoch, base_token, branch, epoch, token
            FROM main.stretch_fork
            """
        ) { row in
            PendingFork(
                child: try row.integer(0, in: .ids), token: try row.integer(1, in: .ids),
                base: try row.position(at: 2), origin: try row.position(at: 5))
        }.first
    }

    /// Records the fork in flight, replacing an earlier one and a step of the old branch.
    package func insert(_ fork: PendingFork) throws(SQLiteError) {
        try removePending()
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_fork VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
            .integer(fork.child), .integer(fork.token), .integer(fork.base.branch),
            .integer(fork.base.epoch), .integer(fork.base.token), .integer(fork.origin.branch),
            .integer(fork.origin.epoch), .integer(fork.origin.token))
    }

    /// Removes the fork in flight.
    package func removeFork() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_fork")
    }
}
