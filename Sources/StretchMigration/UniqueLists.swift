internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite

/// Keeps the fingerprints of cold rows up to date during a run of the migrator.
///
/// The rows of a batch that becomes visible are at hand. At the end of the run, the rows of other
/// visible batches are read once more, as far as a constraint's columns go.
final class UniqueLists {
    /// What is added to a list.
    private struct Addition {
        var fingerprints: [UInt64] = []
        var batches: Set<Int64> = []
    }

    /// The number of fingerprints in memory before they are written.
    private static let maximumPendingCount = 2_000_000

    private let context: RunContext
    private let database: String
    private let databaseID: Int64
    private let relations: Set<Int64>
    private var file: UniqueListFile?
    private let salt: UInt64
    private var additions: [UniqueListKey: Addition] = [:]
    private var pendingCount = 0
    /// The lists of the file that are made anew.
    private var dropped: Set<UniqueListKey> = []
    /// The reason why the file cannot be written, after which nothing is added.
    private var failure: StretchError?

    init(_ context: RunContext, database: String) throws {
        self.context = context
        self.database = database
        databaseID = try context.catalog.database()?.database ?? 0
        relations = try context.catalog.uniqueRelations()
        file = UniqueListFile(database: database, id: databaseID)
        salt = file?.salt ?? UInt64(bitPattern: context.configuration.randomID())
    }

    /// Adds the rows of a batch that became visible.
    func add(_ moving: MovingBatch) {
        guard failure == nil, relations.contains(moving.table.relation) else { return }
        for constraint in moving.schema.uniqueConstraints {
            let key = UniqueListKey(
                constraint, of: moving.schema, relation: moving.table.relation,
                current: moving.table.currentColumns)
            add(
                moving.rows, places: constraint.terms.map(\.column), constraint, to: key)
            additions[key]?.batches.insert(moving.batch.id)
        }
        if pendingCount >= Self.maximumPendingCount { save() }
    }

    private func add(
        _ rows: RowBuffer, places: [Int], _ constraint: UniqueConstraint, to key: UniqueListKey
    ) {
        let collations = constraint.terms.map(\.collation)
        var addition = additions.removeValue(forKey: key) ?? Addition()
        for row in 0..<rows.rowCount {
            let values = places.map { rows.value(row: row, column: $0).value }
            guard !values.contains(.null) else { continue }
            addition.fingerprints.append(
                UniqueFingerprint.make(values, collations, salt: salt))
            pendingCount += 1
        }
        additions[key] = addition
    }

    // MARK: The end of a run

    /// Adds the visible batches that no list covers, and writes the file.
    ///
    /// The run has done its work by then, so that a failure is a warning: values are looked up at
    /// the remote until a later run succeeds.
    func complete(_ tally: RunTally) {
        guard !relations.isEmpty || file != nil else { return }
        var reason: StretchError?
        do throws(StretchError) {
            if !tally.isStopped { try complete() }
        } catch {
            reason = error
        }
        save()
        guard let reason = failure ?? reason else { return }
        tally.warn("the list of unique values is not complete: \(reason.message)")
    }

    private func complete() throws(StretchError) {
        var wanted: Set<UniqueListKey> = []
        let tables = try local { () throws in try context.catalog.tables() }
        for table in tables where relations.contains(table.relation) {
            let found = try local { () throws in
                (try context.schema.table(table), try context.catalog.batches(table: table.id))
            }
            guard let schema = found.0, schema.columns.count == table.currentColumns.count else {
                continue
            }
            for constraint in schema.uniqueConstraints {
                let key = UniqueListKey(
                    constraint, of: schema, relation: table.relation,
                    current: table.currentColumns)
                guard wanted.insert(key).inserted else { continue }
                try complete(table, schema, constraint, found.1, key)
            }
        }
        dropLists(except: wanted)
    }

    private func complete(
        _ table: StretchedTable, _ schema: TableSchema, _ constraint: UniqueConstraint,
        _ batches: [ManifestBatch], _ key: UniqueListKey
    ) throws(StretchError) {
        let visible = Set(batches.map(\.visible.id))
        if let list = file?.lists[key] {
            let isStale = list.batches.subtracting(visible).count > list.batches.count / 2
            if isStale || !isWhole(list) { dropped.insert(key) }
        }
        let covered =
            (dropped.contains(key) ? [] : file?.lists[key]?.batches ?? [])
            .union(additions[key]?.batches ?? [])
        let columns = ColdColumns(table, schema, routines: context.connection.routines)
        let ids = constraint.terms.map { table.currentColumns[$0.column].id }
        for batch in batches where !covered.contains(batch.visible.id) {
            guard !context.options.shouldStop(), failure == nil else { return }
            try context.retrying { () throws(StretchError) in
                try columns.eachPage(of: batch, columns: ids, of: context.endpoint) { page in
                    add(page, places: Array(ids.indices), constraint, to: key)
                }
            }
            additions[key, default: Addition()].batches.insert(batch.visible.id)
            if pendingCount >= Self.maximumPendingCount { save() }
        }
    }

    private func isWhole(_ list: UniqueListFile.List) -> Bool {
        list.pages.allSatisfy { file?.fingerprints(of: $0) != nil }
    }

    private func dropLists(except wanted: Set<UniqueListKey>) {
        for key in (file?.lists ?? [:]).keys where !wanted.contains(key) { dropped.insert(key) }
        additions = additions.filter { wanted.contains($0.key) }
    }

    /// Writes the file, if there is something new.
    func save() {
        guard failure == nil, !additions.isEmpty || !dropped.isEmpty else { return }
        do throws(StretchError) {
            try write()
            additions = [:]
            dropped = []
            pendingCount = 0
            file = UniqueListFile(database: database, id: databaseID)
        } catch {
            failure = error
            additions = [:]
        }
    }

    private func write() throws(StretchError) {
        let kept = (file?.lists ?? [:]).keys.filter { !dropped.contains($0) }
        let keys = Set(kept).union(additions.keys)
        guard !keys.isEmpty else { return UniqueListFile.remove(database: database) }
        let writer = try UniqueListWriter(database: database)
        for key in keys.sorted(by: UniqueListKey.areInOrder) {
            let addition = additions[key] ?? Addition()
            let old = dropped.contains(key) ? nil : file?.lists[key]
            guard try merge(old, addition.fingerprints.sorted(), writer) else {
                // The old list is damaged: only the new part is kept.
                throw StretchError(
                    .damaged, "the file of unique values is damaged",
                    hint: "The next migration makes it again.")
            }
            try writer.end(key, batches: (old?.batches ?? []).union(addition.batches))
        }
        try writer.finish(id: databaseID, salt: salt)
    }

    /// Appends the fingerprints of a list of the file and new ones, in order.
    ///
    /// - Returns: `false` if the list is damaged.
    private func merge(
        _ list: UniqueListFile.List?, _ new: [UInt64], _ writer: UniqueListWriter
    ) throws(StretchError) -> Bool {
        var last: UInt64?
        func append(_ fingerprint: UInt64) throws(StretchError) {
            guard fingerprint != last else { return }
            last = fingerprint
            try writer.append(fingerprint)
        }
        var next = 0
        for page in list?.pages ?? [] {
            guard let old = file?.fingerprints(of: page) else { return false }
            for fingerprint in old {
                while next < new.count, new[next] < fingerprint {
                    try append(new[next])
                    next += 1
                }
                try append(fingerprint)
            }
        }
        while next < new.count {
            try append(new[next])
            next += 1
        }
        return true
    }
}

extension UniqueListKey {
    fileprivate static func areInOrder(_ left: Self, _ right: Self) -> Bool {
        left.relation != right.relation
            ? left.relation < right.relation
            : left.columns.lexicographicallyPrecedes(right.columns)
    }
}
