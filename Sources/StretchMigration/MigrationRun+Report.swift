internal import StretchCatalog
package import StretchCore
internal import StretchSQLite

extension MigrationRun {
    /// Changes what the report says of a table.
    func updateTable(
        _ name: String, _ direction: MigrationState, _ body: (inout MigrationReport.Table) -> Void
    ) {
        report.update(name, direction, body)
    }

    func reportProgress(_ name: String, _ direction: MigrationState) {
        updateTable(name, direction) { table in
            progress(
                MigrationProgress(
                    table: name, direction: direction, rowCount: table.rowCount,
                    eligibleRowCount: table.eligibleRowCount, byteCount: table.byteCount,
                    batchCount: table.batchCount))
        }
    }
}

/// Runs statements on the local file, with the errors of Stretch.
package func local<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
    do {
        return try body()
    } catch let error as StretchError {
        throw error
    } catch let error as SQLiteError {
        throw StretchError(local: error)
    } catch {
        throw StretchError(.statementFailed, String(describing: error), cause: error)
    }
}
