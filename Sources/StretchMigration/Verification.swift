internal import Crypto
internal import StretchCatalog
package import StretchCore
package import StretchEndpoint
internal import StretchKeystore
package import StretchSQLite
internal import StretchSchema
internal import StretchText
internal import StretchTimeline

extension Migrator {
    /// Reads every cold row, and compares remote, manifest and hot rows.
    ///
    /// Nothing is changed. The migrator's lease is held, so that no batch is migrated in the
    /// meantime.
    ///
    /// - Parameters:
    ///   - table: One table, or `nil` for all.
    ///   - shouldStop: Called before each batch.
    ///   - progress: Called after each batch.
    /// - Throws: `busy` while a migrator runs; `remoteUnavailable`; `cancelled`.
    package func verify(
        table: String? = nil, shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (VerificationProgress) -> Void = { _ in }
    ) throws(StretchError) -> VerificationReport {
        let lease = try takeLease(timeout: configuration.busyTimeout)
        defer { withExtendedLifetime(lease) {} }
        let endpoint = try endpoint(as: .reader)
        let verification = Verification(connection: connection, endpoint: endpoint)
        verification.shouldStop = shouldStop
        verification.progress = progress
        try verification.verify(table)
        return verification.report
    }

    /// Compares a file with a remote.
    ///
    /// - Parameters:
    ///   - isAtHead: Whether the remote must be at the file's position; otherwise its history must
    ///     hold the position.
    ///   - shouldStop: Called before each batch.
    package static func verify(
        _ connection: Connection, _ endpoint: any Endpoint, isAtHead: Bool,
        shouldStop: @escaping () -> Bool = { false }
    ) throws(StretchError) -> VerificationReport {
        let verification = Verification(
            connection: connection, endpoint: endpoint, isAtHead: isAtHead)
        verification.shouldStop = shouldStop
        try verification.verify(nil)
        return verification.report
    }
}

/// One verification; temporary tables hold the data that is compared across tables.
final class Verification {
    let connection: Connection
    let catalog: Catalog
    let schema: KnownSchema
    let endpoint: any Endpoint
    private let isAtHead: Bool
    private(set) var report = VerificationReport()
    fileprivate var shouldStop: () -> Bool = { false }
    fileprivate var progress: (VerificationProgress) -> Void = { _ in }
    private var totalBatchCount = 0

    /// What is known of how the tables were.
    private var judge: SchemaJudge?

    init(connection: Connection, endpoint: any Endpoint, isAtHead: Bool = true) {
        self.isAtHead = isAtHead
        self.connection = connection
        catalog = Catalog(connection)
        schema = KnownSchema(connection)
        self.endpoint = endpoint
    }

    /// Verifies in one snapshot of the file, so that writers cause no findings.
    ///
    /// Without a WAL, a snapshot would keep writers out. The file is then read in many snapshots;
    /// if rows seem to be shadowed or orphans, it is read again in one.
    func verify(_ name: String?) throws(StretchError) {
        let usesWAL = try local { () throws in
            try connection.string("PRAGMA main.journal_mode")?.foldingCase == "wal"
        }
        if !usesWAL {
            try check(name)
            guard report.tables.contains(where: { $0.shadowedRowCount + $0.orphanRowCount > 0 })
            else { return }
            report = VerificationReport()
        }
        try local { () throws in try connection.reading { try check(name) } }
    }

    private func check(_ name: String?) throws(StretchError) {
        let tables = try local { () throws in try catalog.tables() }
        let selected = tables.filter { table in
            name.map { $0.isEqualFoldingCase(table.name) } ?? true
        }
        guard name == nil || !selected.isEmpty else {
            throw StretchError(
                .invalidArgument, "table \"\(name ?? "")\" is not stretch-enabled",
                hint: "To see the tables that are: \(advice: .showStatus).")
        }
        let manifest = try local { () throws in try catalog.batchesOfTables() }
        let isKnown = try verifyPosition()
        if isKnown { try findUnlistedBatches(of: selected, manifest) }
        try verifyHiding()
        totalBatchCount = selected.reduce(0) { $0 + (manifest[$1.id]?.count ?? 0) }
        for table in selected {
            let count = report.findings.count
            let batches = manifest[table.id] ?? []
            try verify(table, batches)
            // A remote that lost the file's position or rows cannot perform a complete scan.
            if isKnown, report.findings.count == count { try verifyScan(table, batches) }
        }
        let byName = Dictionary(tables.map { (SQLName($0.name), $0) }) { first, _ in first }
        for (place, table) in selected.enumerated() {
            report.tables[place].orphanRowCount = try orphanCount(table, among: byName, manifest)
            report.tables[place].duplicateRowCount = try duplicates(
                table, manifest[table.id] ?? [], maximumExampleCount: 0
            ).reduce(0) { $0 + $1.rowCount }
        }
    }

    func find(
        _ kind: VerificationReport.Finding.Kind, _ table: String?, _ batch: Int64?,
        _ message: String
    ) {
        report.findings.append(
            VerificationReport.Finding(
                kind: kind, table: table, batchNumber: batch, message: message))
    }

    /// - Returns: Whether the remote holds the file's position.
    private func verifyPosition() throws(StretchError) -> Bool {
        let state = try local { () throws in
            (try catalog.position(), try catalog.pending())
        }
        report.pending = state.1
        guard let position = state.0 else {
            find(.catalog, nil, nil, "no position")
            return false
        }
        let isKnown = try self.isKnown(position, state.1)
        if !isKnown {
            find(.position, nil, nil, "the remote is not at epoch \(position.epoch) of this file")
        }
        let strays = try local { () throws in
            try catalog.strayBatchCount(after: position.epoch)
        }
        if strays > 0 { find(.catalog, nil, nil, "\(strays) batches of no table or a later epoch") }
        return isKnown
    }

    /// Compares the ledger's batches at the file's position with the manifest.
    ///
    /// Batches of abandoned tables have other relations.
    private func findUnlistedBatches(
        of tables: [StretchedTable], _ manifest: [Int64: [ManifestBatch]]
    ) throws(StretchError) {
        guard let position = try local({ () throws in try catalog.position() }) else { return }
        var known = Set(tables.flatMap { (manifest[$0.id] ?? []).map(\.visible.id) })
        if let step = report.pending, step.kind == .retirement { known.insert(step.batch) }
        let names = Dictionary(
            tables.map { ($0.relation, $0.name) }, uniquingKeysWith: { first, _ in first })
        for id in try endpoint.batches(seenAt: position).keys.sorted()
        where !known.contains(id) {
            guard let entry = try endpoint.ledgerEntry(batch: id),
                let name = names[entry.batch.relation]
            else { continue }
            find(
                .unlistedBatch, name, nil,
                """
                batch \(id) has \(entry.batch.rowCount) rows, and the manifest lacks it
                """)
        }
    }

    private func isKnown(
        _ position: TimelinePosition, _ pending: PendingStep?
    ) throws(StretchError) -> Bool {
        guard isAtHead else { return try endpoint.holds(position) }
        let remote = try endpoint.position(branch: position.branch)
        let isAhead = pending.map { $0.base == position && $0.next == remote } ?? false
        return remote == position || isAhead
    }

    // MARK: Batches

    /// Returns what is unknown of the changes by another program, or `nil`.
    private func question(about table: StretchedTable) throws(StretchError) -> StretchError? {
        try local { () throws in
            try schema.reading { reader in
                let known = judge ?? SchemaJudge(reader)
                judge = known
                return try known.question(about: table)
            }
        }
    }

    private func verify(
        _ table: StretchedTable, _ batches: [ManifestBatch]
    ) throws(StretchError) {
        var result = VerificationReport.Table(name: table.name)
        let schema = try local { () throws -> TableSchema? in
            try self.schema.table(table)
        }
        let names = table.currentColumns.map(\.name)
        if let question = try question(about: table) {
            find(.catalog, table.name, nil, question.message)
        } else if !(schema?.columns.map(\.name).areSameTexts(as: names) ?? false) {
            find(.catalog, table.name, nil, "the table has other columns than the catalog")
        }
        let probe = schema.flatMap {
            $0.columns.map(\.name).areSameTexts(as: names) ? HotKeyProbe($0) : nil
        }
        let rowids = try local { () throws in
            try schema.flatMap { try HotRowids($0, on: connection) }
        }
        let readBefore = report.tables.reduce(0) { $0 + $1.batchCount }
        let newestVersion = batches.map(\.schemaVersion).max() ?? 0
        for batch in batches {
            guard !shouldStop() else {
                throw StretchError(
                    .cancelled, "the verification was stopped", hint: "Start it again.")
            }
            defer {
                progress(
                    VerificationProgress(
                        table: table.name, batchCount: readBefore + result.batchCount,
                        totalBatchCount: totalBatchCount))
            }
            result.batchCount += 1
            let hidden = try hiddenRows(of: batch, in: table)
            result.hiddenRowCount += Int64(hidden.count)
            result.coldRowCount += batch.visible.rowCount - Int64(hidden.count)
            try verifyLedger(batch, of: table)
            try verifyRows(
                batch, of: table, newestVersion: newestVersion,
                collations: collations(schema, of: table))
            let stored = table.rowidColumn.flatMap { $0.added <= batch.schemaVersion ? $0.id : nil }
            let rowidColumn = rowids == nil ? nil : stored
            let keyColumns = (probe?.places ?? []).map { table.currentColumns[$0].id }
            let ids = [rowidColumn].compactMap(\.self) + keyColumns
            guard !ids.isEmpty else { continue }
            try eachRow(of: batch, columns: ids) { page, row in
                guard !hidden.contains(page.rowIdentifiers[row]) else { return }
                if rowidColumn != nil, let rowids,
                    try rowids.free(page.value(row: row, column: 0).value.integerValue) == nil
                {
                    result.changedRowidCount += 1
                }
                if let probe, try probe.isHot(page, row: row, connection) {
                    result.shadowedRowCount += 1
                }
            }
        }
        report.tables.append(result)
    }

    private func hiddenRows(
        of batch: ManifestBatch, in table: StretchedTable
    ) throws(StretchError) -> Set<Int64> {
        let ordinals = try local { () throws in
            try catalog.hiddenOrdinals(batchNumber: batch.visible.number)
        }
        let strayCount = ordinals.count { !(0..<batch.visible.rowCount).contains($0) }
        if strayCount > 0 {
            find(
                .strayTombstone, table.name, batch.visible.number,
                "\(strayCount) tombstones hide rows that the batch does not have")
        }
        try findLostRows(of: batch, in: table)
        return Set(ordinals)
    }

    /// Finds hidden rows without a recorded reason.
    ///
    /// Each tombstone records what happened to its row, unless its statement was interrupted.
    ///
    /// Changes by programs without Stretch to a hot row that replaced a cold one are not tracked: a
    /// row that they delete is lost.
    private func findLostRows(
        of batch: ManifestBatch, in table: StretchedTable
    ) throws(StretchError) {
        let number = batch.visible.number
        let lost = try local { () throws in try catalog.unfinishedOrdinals(batchNumber: number) }
        guard !lost.isEmpty else { return }
        let list = lost.prefix(20).map(String.init).joined(separator: ", ")
        find(
            .lostRow, table.name, number,
            """
            \(lost.count) rows are hidden although nothing took their place (ordinals \(list)\
            \(lost.count > 20 ? ", …" : "")): DELETE FROM stretch_tombstone WHERE \
            batch = \(number) AND cause = 0 shows them again
            """)
    }

    private func verifyLedger(
        _ batch: ManifestBatch, of table: StretchedTable
    ) throws(StretchError) {
        guard let entry = try endpoint.ledgerEntry(batch: batch.visible.id) else {
            return find(
                .missingBatch, table.name, batch.visible.number,
                "the remote does not know the batch")
        }
        let isSame =
            entry.batch.digest == batch.digest && entry.batch.rowCount == batch.visible.rowCount
            && entry.batch.relation == table.relation && entry.position.epoch == batch.epoch
        if !isSame {
            find(
                .differingLedger, table.name, batch.visible.number,
                "the remote's ledger has other rows under the batch's id")
        }
    }

    /// Returns the collations with which readers use the zones of a table.
    private func collations(
        _ schema: TableSchema?, of table: StretchedTable
    ) -> [Int64: Collation] {
        var collations: [Int64: Collation] = [:]
        for (column, current) in zip(table.currentColumns, schema?.columns ?? []) {
            collations[column.id] = current.collation
        }
        if let rowid = table.rowidColumn { collations[rowid.id] = .binary }
        return collations
    }

    /// Verifies a batch's rows by their hash, their defaults and their zones.
    ///
    /// The hash covers the columns with which the batch was sent. Columns added later must have
    /// their defaults.
    private func verifyRows(
        _ batch: ManifestBatch, of table: StretchedTable, newestVersion: Int64,
        collations: [Int64: Collation]
    ) throws(StretchError) {
        var hash = SHA256()
        var rowCount: Int64 = 0
        let ids = table.columnIDs(schemaVersion: batch.schemaVersion)
        let sent = ids.compactMap { id in table.columns.first { $0.id == id } }
        // The remote has the columns with which any batch was sent.
        let later = table.currentColumns.filter {
            $0.added > batch.schemaVersion && $0.added <= newestVersion
        }
        var zones = ZoneCheck(sent, of: batch, collations: collations)
        var laterZones = ZoneCheck(later, of: batch, collations: collations)
        var hasDefaults = true
        do throws(StretchError) {
            try eachPage(of: batch, columns: ids) { page in
                hash.update(bufferPointer: page.bytes)
                rowCount += Int64(page.rowCount)
                zones.look(at: page)
            }
            let defaults = later.map(\.defaultValue)
            if !later.isEmpty {
                try eachPage(of: batch, columns: later.map(\.id)) { page in
                    laterZones.look(at: page)
                    for row in 0..<page.rowCount where page.values(ofRow: row) != defaults {
                        hasDefaults = false
                    }
                }
            }
        } catch {
            guard error.code == .damaged || error.code == .remoteMismatch else { throw error }
            return find(.missingRows, table.name, batch.visible.number, error.message)
        }
        if rowCount < batch.visible.rowCount {
            find(
                .missingRows, table.name, batch.visible.number,
                "\(rowCount) of \(batch.visible.rowCount) rows exist")
        } else if Array(hash.finalize()) != batch.digest {
            find(
                .differingRows, table.name, batch.visible.number,
                "the rows are not the ones that were moved")
        } else if !hasDefaults {
            find(
                .differingRows, table.name, batch.visible.number,
                "columns that were added later have other values than their defaults")
        } else {
            for case let found? in [zones.findings, laterZones.findings] {
                findWrongZone(found, table.name, batch.visible.number)
            }
        }
    }

    private func eachPage(
        of batch: ManifestBatch, columns: [Int64], _ body: (RowBuffer) throws -> Void
    ) throws(StretchError) {
        let page = RowBuffer(columnCount: columns.count)
        var ordinal: Int64 = 0
        while ordinal < batch.visible.rowCount {
            try endpoint.read(
                batch: batch.visible.id, columns: columns, from: ordinal,
                maximumRowCount: batch.pageRowCount, into: page)
            guard page.rowCount > 0 else { return }
            try local { () throws in try body(page) }
            ordinal += Int64(page.rowCount)
        }
    }

    /// Calls `body` for each readable row; the hash detects a damaged batch.
    func eachRow(
        of batch: ManifestBatch, columns: [Int64], _ body: (RowBuffer, Int) throws -> Void
    ) throws(StretchError) {
        do throws(StretchError) {
            try eachPage(of: batch, columns: columns) { page in
                for row in 0..<page.rowCount { try body(page, row) }
            }
        } catch {
            guard error.code == .damaged || error.code == .remoteMismatch else { throw error }
        }
    }
}
