internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText

extension MigrationRun {
    /// The maximum number of hot keys of a table that one run looks up in the remote.
    private static var maximumKeyCount: Int64 { 50_000 }

    /// Hides the cold rows of a table whose keys are hot.
    ///
    /// Deleting the hot row later, with or without Stretch, then does not make them visible again.
    ///
    /// No query result changes, because the hot row already hides them. If more hot keys lie in the
    /// range of the cold keys than one run looks up, each run processes a random part.
    func hideShadowedRows(of table: StretchedTable) throws(StretchError) {
        let found = try local { () throws -> [ShadowSearch.Finding] in
            guard try catalog.hasBatches(table: table.id),
                let schema = try context.schema.table(table),
                let current = try catalog.table(id: table.id),
                let search = try ShadowSearch(current, schema, catalog),
                let position = try catalog.position()
            else { return [] }
            let count = try search.hotKeyCount()
            guard count > 0 else { return [] }
            let partCount = (count - 1) / Self.maximumKeyCount + 1
            let part = partCount == 1 ? 0 : context.configuration.randomID() % partCount
            return try search.findings(
                from: part * Self.maximumKeyCount, limit: Self.maximumKeyCount,
                endpoint: context.endpoint, at: position)
        }
        for start in stride(from: 0, to: found.count, by: 1_000) {
            try hide(found[start..<min(start + 1_000, found.count)], of: table)
        }
    }

    private func hide(
        _ findings: ArraySlice<ShadowSearch.Finding>, of table: StretchedTable
    ) throws(StretchError) {
        try writer.locked { () throws in
            guard let schema = try context.schema.table(table) else {
                return
            }
            let isHot = try context.connection.prepare(
                """
                SELECT 1 FROM main.\(schema.name.quotedName) AS h \
                WHERE \(schema.keyCondition("h", firstParameter: 1))
                """)
            var count = 0
            // Checked again under the write lock, because the hot row or the batch may no longer
            // exist.
            for finding in findings
            where try isHot.bind(finding.key).firstRow() != nil
                && catalog.lists(batchNumber: finding.location.batchNumber)
            {
                try catalog.insertTombstone(finding.location, .shadowed)
                count += 1
            }
            guard count > 0 else { return }
            try context.note(
                .shadowedRows, table: table.name,
                "\(count) cold rows were hidden for good: hot rows have their keys")
        }
    }
}
