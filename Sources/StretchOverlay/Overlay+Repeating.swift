internal import StretchCatalog
internal import StretchEndpoint
package import StretchSQLite

/// Cold rows that a statement needs hot, and that cannot become hot while it runs.
struct PostponedRecall {
    let table: Int64
    let locations: [ColdLocation]

    /// What ends the statement; its text finds the recall again.
    var error: SQLiteError {
        let places = locations.map { "\($0.batchNumber):\($0.ordinal)" }.joined(separator: ", ")
        return SQLiteError(
            extendedCode: 1,
            message: "cold rows \(places) must become hot before the statement: run it again")
    }
}

extension Overlay {
    /// Whether a statement that ended shall run again; an error of the remote comes as SQLite's.
    package func mustRepeat(after error: SQLiteError) throws(SQLiteError) -> Bool {
        #if DEBUG
            try checkTombstones()
        #endif
        do {
            return try recallPostponed(after: error)
        } catch let failure as SQLiteError {
            throw failure
        } catch {
            connection.callbackError = error
            throw SQLiteError(extendedCode: 1, message: "\(error)")
        }
    }

    /// Makes the rows hot without which a statement ended, so that it can run again.
    ///
    /// The statement has left nothing: SQLite keeps a journal of one with triggers. A recall
    /// changes no answer, so that it stays when the statement then fails for another reason.
    ///
    /// - Returns: Whether the error was of this kind.
    private func recallPostponed(after error: SQLiteError) throws -> Bool {
        guard let recall = postponed, recall.error.message == error.message else { return false }
        postponed = nil
        guard let table = tables[recall.table] else { return false }
        // Switching triggers would abort what runs.
        guard try runningStatementCount() == 0 else {
            throw SQLiteError(
                extendedCode: 6,
                message: """
                    a cold row of "\(table.schema.name)" must become hot without its INSERT \
                    triggers, while another statement runs: finish or reset it first
                    """)
        }
        let isNested = connection.isInTransaction
        try connection.execute(isNested ? "SAVEPOINT stretch_recall" : "BEGIN IMMEDIATE")
        do {
            try refresh()
            for location in recall.locations where try table.isVisible(location) {
                _ = try table.writer.recall.recall(location)
            }
            try connection.execute(isNested ? "RELEASE stretch_recall" : "COMMIT")
        } catch {
            // The first error says more than one of a rollback.
            let undo: StaticString =
                isNested ? "ROLLBACK TO stretch_recall; RELEASE stretch_recall" : "ROLLBACK"
            try? connection.execute(undo)
            throw error
        }
        return true
    }
}

extension OverlayTable {
    /// Whether the manifest still shows a row that was found before.
    fileprivate func isVisible(_ location: ColdLocation) throws -> Bool {
        guard manifest.batches.contains(where: { $0.visible.number == location.batchNumber }) else {
            return false
        }
        return try !overlay.catalog.isHidden(location)
    }
}
