internal import StretchCatalog
internal import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// Cold rows that a statement needs as hot rows, but that cannot become hot while it runs.
struct PostponedRecall {
    let table: Int64
    let locations: [ColdLocation]

    /// The error that ends the statement; its text identifies the recall.
    var error: SQLiteError {
        let places = locations.map { "\($0.batchNumber):\($0.ordinal)" }.joined(separator: ", ")
        return SQLiteError(
            extendedCode: 1,
            message: "cold rows \(places) must become hot before the statement: run it again")
    }
}

extension Overlay {
    /// Returns whether an ended statement must run again; an error of the remote is thrown as
    /// SQLite's.
    package func mustRepeat(after error: SQLiteError) throws(SQLiteError) -> Bool {
        #if DEBUG
            try checkTombstones()
        #endif
        if isGatherRequested {
            if error.message.isSameText(as: Overlay.gatherRequest.message) { return true }
            isGatherRequested = false
        }
        do {
            return try recallPostponed(after: error)
        } catch {
            throw converted(error)
        }
    }

    /// Returns an error as one of SQLite, and keeps the original for the application.
    func converted(_ error: any Error) -> SQLiteError {
        if let error = error as? SQLiteError { return error }
        connection.callbackError = error
        return SQLiteError(extendedCode: 1, message: "\(error)")
    }

    /// Makes the rows hot that a statement lacked, so that it can run again.
    ///
    /// The statement has left no changes, because SQLite keeps a journal for a statement with
    /// triggers. A recall does not change query results, so it is kept if the statement then fails
    /// for another reason.
    ///
    /// - Returns: Whether the error was of this kind.
    private func recallPostponed(after error: SQLiteError) throws -> Bool {
        guard let recall = postponed, recall.error.message == error.message else { return false }
        postponed = nil
        guard let table = tables[recall.table] else { return false }
        // Disabling triggers would abort running statements.
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
            _ = try table.writer.recall.recall(
                recall.locations.filter { try table.isVisible($0) })
            try connection.execute(isNested ? "RELEASE stretch_recall" : "COMMIT")
        } catch {
            // The first error is more specific than an error of the rollback.
            let undo: StaticString =
                isNested ? "ROLLBACK TO stretch_recall; RELEASE stretch_recall" : "ROLLBACK"
            try? connection.execute(undo)
            throw error
        }
        return true
    }
}

extension OverlayTable {
    /// Returns whether a row found earlier is still visible in the manifest.
    fileprivate func isVisible(_ location: ColdLocation) throws -> Bool {
        guard manifest.batches.contains(where: { $0.visible.number == location.batchNumber }) else {
            return false
        }
        return try !overlay.catalog.isHidden(location)
    }
}
