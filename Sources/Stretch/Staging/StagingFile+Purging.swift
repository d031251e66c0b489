internal import Foundation
internal import StretchSQLite

extension StagingFile {
    /// Notes which batches a visit of the remote found held, and forgets those whose time is over.
    ///
    /// A batch that the manifest names stays until it was found held by a later visit than the one
    /// that moved it. One that the manifest does not name, such as a batch that was brought back,
    /// stays for the RPO duration only.
    ///
    /// - Parameter settings: `nil` when staging was switched off: what is held goes at once.
    /// - Returns: Whether no batch is left.
    func visit(
        _ settings: StagingSettings?, now: Timestamp, isNamed: (Int64) throws -> Bool
    ) throws(StretchError) -> Bool {
        try attempt {
            let limit = "\(now.before(hours: settings?.rpoHours ?? 0))"
            let isEmpty = try connection.transaction(.immediate) { () throws in
                let entries = try connection.rows(
                    "SELECT number, batch, held_at, staged_at FROM stretch_staged_batch")
                for row in entries {
                    let number = row[0].integerValue ?? 0
                    let isNamed = try isNamed(row[1].integerValue ?? 0)
                    if isNamed, row[2] == .null {
                        try connection.run(
                            "UPDATE stretch_staged_batch SET held_at = ? WHERE number = ?",
                            .text("\(now)"), .integer(number))
                    }
                    let time = row[3].stringValue ?? ""
                    guard settings == nil || time <= limit else { continue }
                    try remove(number: number)
                    if isNamed { try beginAgain(at: time) }
                }
                return try connection.integer("SELECT count(*) FROM stretch_staged_batch") == 0
            }
            try connection.execute("PRAGMA incremental_vacuum")
            return isEmpty
        }
    }

    /// Lets the oldest batches go until there is room for more bytes.
    ///
    /// - Returns: How many went before their time.
    func makeRoom(
        for byteCount: Int64, _ settings: StagingSettings, now: Timestamp,
        isNamed: (Int64) throws -> Bool
    ) throws -> Int {
        let used =
            try connection.integer("SELECT sum(compressed_bytes) FROM stretch_staged_batch") ?? 0
        var missing = used + byteCount - settings.byteBudget
        guard missing > 0 else { return 0 }
        let limit = "\(now.before(hours: settings.rpoHours))"
        var count = 0
        let entries = try connection.rows(
            """
            SELECT number, batch, held_at, staged_at, compressed_bytes FROM stretch_staged_batch
            ORDER BY staged_at, number
            """)
        for row in entries where missing > 0 {
            let isNamed = try isNamed(row[1].integerValue ?? 0)
            guard !isNamed || row[2] != .null else { continue }
            try remove(number: row[0].integerValue ?? 0)
            missing -= row[4].integerValue ?? 0
            guard isNamed, let time = row[3].stringValue else { continue }
            try beginAgain(at: time)
            if time > limit { count += 1 }
        }
        guard missing <= 0 else { throw noRoom(for: byteCount, settings) }
        return count
    }

    /// Notes that batches which moved up to a time may be missing.
    func beginAgain(at time: String) throws {
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
                hint: "Its rows stay local. Raise the budget: stretch staging FILE --budget BYTES; "
                    + "or: stretch staging FILE --rpo off.")
        }
        return StretchError(
            .wrongState,
            "staging is full: its budget of \(budget) bytes is taken by batches that no later "
                + "visit has found at the remote",
            hint: "The other rows stay local. Migrate again, which finds those batches; or raise "
                + "the budget: stretch staging FILE --budget BYTES.")
    }
}

extension Timestamp {
    /// The moment some hours earlier.
    func before(hours: Int) -> Timestamp {
        Timestamp(milliseconds: milliseconds - Int64(hours) * 3_600_000)
    }

    /// The moment that a configuration's clock shows.
    init(now configuration: Configuration) {
        let text = configuration.now()
        guard let time = Timestamp(parsing: text) else {
            preconditionFailure("the clock does not show a time: \(text)")
        }
        self = time
    }
}
