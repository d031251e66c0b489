internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchMigration
internal import StretchSQLite

/// Makes the cold rows hot with which a written row would violate one UNIQUE constraint.
///
/// SQLite's own check then finds them, so that ABORT, IGNORE, REPLACE and UPSERT are native. A row
/// that becomes hot without need changes no answer, so that each step may find too many rows.
final class UniqueCheck {
    let constraint: UniqueConstraint
    private unowned let table: OverlayTable
    /// The range of each column in all batches; `nil` if it is not known yet.
    private var ranges: [Range]?
    private var probe: Statement?
    /// What the list says of the manifest's batches; `nil` if it is not known yet.
    private var coverage: Coverage?

    /// The list of the constraint's values, if there is one.
    private struct Coverage {
        var list: (file: UniqueListFile, list: UniqueListFile.List)?
        /// The ids of the batches whose rows the list lacks.
        var uncovered: Set<Int64>
        var isComplete: Bool { list != nil && uncovered.isEmpty }
    }

    /// The values of a column in all batches, except NULL; a missing bound is unknown.
    private struct Range {
        var minimum: Value?
        var maximum: Value?
        /// Whether no batch has a value.
        var isEmpty = false
    }

    init(_ constraint: UniqueConstraint, of table: OverlayTable) {
        self.constraint = constraint
        self.table = table
    }

    private var schema: TableSchema { table.schema }

    /// Called when the table has another manifest.
    func manifestDidChange() { (ranges, coverage) = (nil, nil) }

    /// Recalls the visible cold rows with the values that a row is about to get.
    ///
    /// - Parameter values: The values, after affinity. NULL is equal to nothing.
    /// - Throws: An error of the remote, which can then not say whether there is such a row.
    func recall(_ values: [Value]) throws {
        guard !values.contains(.null), isWithinRanges(values) else { return }
        let constraints = zip(constraint.terms, values).map { term, value in
            ColdConstraint(
                column: table.columnIDs[term.column], comparison: .equal(value),
                collation: term.collation)
        }
        let batches = suspects(values, constraints)
        // SQLite finds a hot row itself, also if it is the row that changes.
        guard !batches.isEmpty, try !isHot(values) else { return }
        do {
            let rows = try table.writer.recall.visibleRows(constraints, among: batches)
            try recall(rows, values)
        } catch let error as StretchError {
            throw failure(error)
        }
    }

    private func recall(_ rows: RowBuffer, _ values: [Value]) throws {
        guard rows.rowCount > 0 else { return }
        do {
            try table.writer.recall.insertAll(
                rows, mayPostpone: table.overlay.mayPostpone(table))
        } catch let error as SQLiteError where error.isConstraint {
            // Of several rows with the same values, one is enough.
            guard try !isHot(values) else { return }
            throw StretchError(
                .wrongState,
                "\(description) has a cold row with these values, which cannot become hot: "
                    + error.message,
                hint: "Change or delete the hot row that has a value of the cold one. To count "
                    + "such rows: \(advice: .verify).")
        }
    }

    private var description: String {
        "\(schema.description(of: constraint)) of table \"\(schema.name)\""
    }

    /// The error of a statement that must not go on without an answer of the remote.
    private func failure(_ error: StretchError) -> StretchError {
        guard error.code != .wrongState || table.overlay.queryMode != .localAndRemote else {
            return error
        }
        return StretchError(
            error.code,
            "cannot tell whether a cold row has the same values in \(description): "
                + error.message,
            hint: error.guidance, cause: error)
    }

    private func isHot(_ values: [Value]) throws -> Bool {
        let statement =
            try probe.flatMap { $0.isBusy ? nil : $0 }
            ?? table.connection.prepare(constraint.probe(schema))
        probe = statement
        return try statement.bind(values).firstRow() != nil
    }

    // MARK: List

    /// Returns the batches that can hold a row with the values.
    private func suspects(
        _ values: [Value], _ constraints: [ColdConstraint]
    ) -> [ManifestBatch] {
        let found = suspects(values, constraints, coverage ?? findCoverage())
        guard !found.isEmpty, coverage?.isComplete != true, table.overlay.uniqueLists.refresh()
        else { return found }
        // A look at the new file costs less than a round trip.
        return suspects(values, constraints, findCoverage())
    }

    private func suspects(
        _ values: [Value], _ constraints: [ColdConstraint], _ coverage: Coverage
    ) -> [ManifestBatch] {
        // A damaged part of the list says nothing.
        let isListed =
            coverage.list.flatMap { file, list in
                file.contains(
                    UniqueFingerprint.make(
                        values, constraint.terms.map(\.collation), salt: file.salt), in: list)
            } ?? true
        guard isListed || !coverage.uncovered.isEmpty else { return [] }
        let candidates = table.manifest.candidates(for: constraints)
        return isListed
            ? candidates : candidates.filter { coverage.uncovered.contains($0.visible.id) }
    }

    private func findCoverage() -> Coverage {
        let batches = Set(table.manifest.batches.map(\.visible.id))
        var found = Coverage(list: nil, uncovered: batches)
        if let id = table.overlay.record?.database,
            let file = table.overlay.uniqueLists.file(ofDatabase: id),
            let current = table.table.currentColumns(in: schema),
            let list = file.lists[
                UniqueListKey(
                    constraint, of: schema, relation: table.table.relation, current: current)]
        {
            found = Coverage(list: (file, list), uncovered: batches.subtracting(list.batches))
        }
        coverage = found
        return found
    }

    // MARK: Zones

    /// Returns whether every value is in the range of its column over all batches.
    private func isWithinRanges(_ values: [Value]) -> Bool {
        let ranges = ranges ?? findRanges()
        self.ranges = ranges
        for (place, term) in constraint.terms.enumerated() {
            let range = ranges[place]
            guard !range.isEmpty else { return false }
            if let minimum = range.minimum,
                values[place].compare(minimum, term.collation) < 0
            {
                return false
            }
            if let maximum = range.maximum,
                values[place].compare(maximum, term.collation) > 0
            {
                return false
            }
        }
        return true
    }

    private func findRanges() -> [Range] {
        constraint.terms.map { term in
            // Zones are in the order of the column's own collation.
            guard schema.columns[term.column].collation == term.collation else { return Range() }
            let id = table.columnIDs[term.column]
            var range: Range?
            for batch in table.manifest.batches {
                guard let zone = batch.zones.zone(of: id) else { return Range() }
                guard let minimum = zone.minimum else { continue }
                guard let known = range else {
                    range = Range(minimum: minimum, maximum: zone.maximum)
                    continue
                }
                if let least = known.minimum, minimum.compare(least, term.collation) < 0 {
                    range?.minimum = minimum
                }
                guard let greatest = known.maximum else { continue }
                range?.maximum = zone.maximum.map {
                    $0.compare(greatest, term.collation) > 0 ? $0 : greatest
                }
            }
            return range ?? Range(isEmpty: true)
        }
    }
}

extension Overlay {
    /// Registers the function that the triggers of UNIQUE constraints call.
    func registerUniqueFunction() throws(SQLiteError) {
        try connection.createFunction("stretch_recall_unique", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallUnique(arguments)
            return .null
        }
    }

    /// `stretch_recall_unique(trigger key, table, constraint, value …)`: makes the rows hot with
    /// which SQLite is about to find a conflict.
    private func recallUnique(_ arguments: Arguments) throws {
        guard let table = try calledTable(arguments), recalledTable == nil else { return }
        try refresh()
        guard !table.manifest.isEmpty else { return }
        let number = arguments[2].integer
        guard table.uniqueChecks.indices.contains(Int(truncatingIfNeeded: number)) else {
            throw SQLiteError(
                extendedCode: 1,
                message: "table \"\(table.schema.name)\" has changed: prepare the statement again")
        }
        let check = table.uniqueChecks[Int(number)]
        guard arguments.count == check.constraint.terms.count + 3,
            !table.writer.leavesUnchanged(check.constraint.columns)
        else { return }
        try check.recall((3..<arguments.count).map { arguments[$0].value })
    }
}
