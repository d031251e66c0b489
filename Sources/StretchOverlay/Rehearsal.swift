internal import StretchSQLite
internal import StretchText

/// A trial run of a statement that collects the values that one of its loops looks up.
///
/// Each lookup among the table's cold rows returns no row.
final class Rehearsal {
    /// The rehearsed run.
    let run: StatementRun
    /// The plan of the loop.
    private let plan: OverlayPlan
    private var skipCount: Int
    private let maximumValueCount: Int
    private(set) var values: [Value] = []
    private(set) var keys: Set<[UInt8]> = []

    /// - Parameter skipping: The number of lookups that the run has already made.
    init(_ run: StatementRun, plan: OverlayPlan, skipping skipCount: Int, maximumValueCount: Int) {
        (self.run, self.plan) = (run, plan)
        (self.skipCount, self.maximumValueCount) = (skipCount, maximumValueCount)
    }

    /// Counts a lookup whose rows are known.
    func skip(_ plan: OverlayPlan) {
        if plan.isSameLookup(as: self.plan) { skipCount -= 1 }
    }

    /// Records a value, and returns no row.
    ///
    /// - Throws: An error that ends the rehearsal when enough values are known.
    func note(
        _ value: Value, _ key: [UInt8], _ plan: OverlayPlan, columnCount: Int
    ) throws -> RowBuffer {
        let nothing = RowBuffer(columnCount: columnCount, capacity: 64)
        guard plan.isSameLookup(as: self.plan) else { return nothing }
        skipCount -= 1
        guard skipCount < 0 else { return nothing }
        if keys.insert(key).inserted { values.append(value) }
        guard values.count < maximumValueCount else {
            throw SQLiteError(extendedCode: 4, message: "the rehearsal has found enough")
        }
        return nothing
    }
}

extension Overlay {
    /// Rehearses a running statement.
    ///
    /// It reads the same snapshot. A statement that writes, or calls a function that is not built
    /// in, is not rehearsed, because the function could have side effects.
    ///
    /// - Returns: `false` if it cannot be rehearsed.
    func rehearse(_ rehearsal: Rehearsal) -> Bool {
        guard let text = connection.expandedText(of: rehearsal.run) else { return false }
        let error = connection.callbackError
        defer {
            connection.callbackError = error
            self.rehearsal = nil
        }
        // The statement itself encounters and reports any error.
        do {
            guard try callsOnlyKnownFunctions(text) else { return false }
            let statement = try preparing(text) { try connection.prepare(text) }
            guard let statement else { return false }
            self.rehearsal = rehearsal
            while try statement.step() {}
        } catch {
            return !rehearsal.values.isEmpty
        }
        return true
    }

    private func callsOnlyKnownFunctions(_ text: String) throws -> Bool {
        let known = try knownFunctions()
        return try connection.rows("EXPLAIN \(text)").allSatisfy { row in
            // Columns: addr, opcode, p1, p2, p3, p4: https://sqlite.org/opcode.html
            guard row.count > 5, let opcode = row[1].stringValue,
                ["Function", "PureFunc", "AggStep", "AggStep1"].contains(opcode)
            else { return true }
            let name = row[5].stringValue?.parts(between: "(").first ?? ""
            return known.contains(SQLName(name))
        }
    }
}
