internal import Foundation
package import StretchCore
package import StretchKeystore
internal import StretchSQLite

extension StagingFile {
    /// Records which batches a session found in the remote, and removes expired batches.
    ///
    /// A batch that the manifest names is kept until a session later than the one that migrated it
    /// has found it in the remote. A batch that the manifest does not name, such as one that was
    /// brought back, is kept only for the RPO duration.
    ///
    /// - Parameter settings: The settings; `nil` if staging was disabled, in which case batches
    ///   found in the remote are removed immediately.
    /// - Returns: Whether no batch is left.
    package func visit(
        _ settings: StagingSettings?, now: Timestamp, isNamed: (Int64) throws -> Bool
    ) throws(StretchError) -> Bool {
        try attempt {
            let limit = "\(now.before(hours: settings?.rpoHours ?? 0))"
            let isEmpty = try connection.transaction(.immediate) { () throws in
                for entry in try entries() {
                    let isNamed = try isNamed(entry.batch)
                    if isNamed, !entry.isHeld {
                        try connection.run(
                            "UPDATE stretch_staged_batch SET held_at = ? WHERE number = ?",
                            .text("\(now)"), .integer(entry.number))
                    }
                    guard settings == nil || entry.time <= limit else { continue }
                    try remove(number: entry.number)
                    if isNamed { try beginAgain(at: entry.time) }
                }
                return try connection.integer("SELECT count(*) FROM stretch_staged_batch") == 0
            }
            try connection.execute("PRAGMA incremental_vacuum")
            return isEmpty
        }
    }

    /// Removes the oldest batches until there is space for more bytes.
    ///
    /// - Returns: The number of batches removed early.
    func makeRoom(
        for byteCount: Int64, _ settings: StagingSettings, now: Timestamp,
        isNamed: (Int64) throws -> Bool
    ) throws -> Int {
        let entries = try entries()
        let used = entries.reduce(0) { $0 + $1.byteCount }
        var missing = used + byteCount - settings.byteBudget
        guard missing > 0 else { return 0 }
        let limit = "\(now.before(hours: settings.rpoHours))"
        var count = 0
        for entry in entries where missing > 0 {
            let isNamed = try isNamed(entry.batch)
            guard !isNamed || entry.isHeld else { continue }
            try remove(number: entry.number)
            missing -= entry.byteCount
            guard isNamed else { continue }
            try beginAgain(at: entry.time)
            if entry.time > limit { count += 1 }
        }
        guard missing <= 0 else { throw noRoom(for: byteCount, settings) }
        return count
    }

    /// The properties that decide whether a batch is kept.
    private struct Stay {
        let number: Int64
        let batch: Int64
        /// Whether a session found it in the remote.
        let isHeld: Bool
        /// The time of staging.
        let time: String
        let byteCount: Int64
    }

    /// Returns the batches, the oldest first.
    private func entries() throws -> [Stay] {
        try connection.stored(
            "stretch_staged_batch", of: .staging(path),
            """
            SELECT number, batch, held_at, staged_at, compressed_bytes FROM stretch_staged_batch
            ORDER BY staged_at, number
            """
        ) { row in
            Stay(
                number: try row.integer(0, in: .ids), batch: try row.integer(1, in: .ids),
                isHeld: !row.isNull(2), time: try row.string(3),
                byteCount: try row.integer(4, in: .batchBytes))
        }
    }

    /// Records that batches migrated up to a time may be missing.
    package func beginAgain(at time: String) throws {
        try connection.run(
            "UPDATE stretch_staging SET complete_since = max(complete_since, ?)", .text(time))
    }

    private func noRoom(for byteCount: Int64, _ settings: StagingSettings) -> StretchError {
        let budget = settings.byteBudget
        guard byteCount <= budget else {
            return StretchError(
                .wrongState,
                "a batch of \(byteCount) bytes does not fit into staging, whose budget is "
                    + "\(budget) bytes",
                hint: "Its rows stay local. Raise the budget: \(advice: .setStagingBudget); "
                    + "or: \(advice: .disableStaging).")
        }
        return StretchError(
            .wrongState,
            "staging is full: its budget of \(budget) bytes is taken by batches that no later "
                + "visit has found at the remote",
            hint: "The other rows stay local. Migrate again, which finds those batches; or raise "
                + "the budget: \(advice: .setStagingBudget).")
    }
}

extension Timestamp {
    /// Returns the time some hours earlier.
    func before(hours: Int) -> Timestamp {
        Timestamp(milliseconds: milliseconds - Int64(hours) * 3_600_000)
    }

    /// Creates the current time by a configuration's clock.
    package init(now configuration: Configuration) {
        let text = configuration.now()
        guard let time = Timestamp(parsing: text) else {
            preconditionFailure("the clock does not show a time: \(text)")
        }
        self = time
    }
}
