internal import StretchCatalog
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite
internal import StretchText
public import TransactSQL

extension DatabaseHost {
    /// The error numbers of `ALTER TABLE … SET (REMOTE_DATA_ARCHIVE …)`.
    private static let tableNumbers: [StretchError.Code: TransactSQLError.Code] = [
        .unsupported: .tableNotSupported, .notPermitted: .refusedLogin,
    ]

    /// Stretch-enables a table, and reports which constraints are no longer enforced on all rows.
    public func enableTable(
        _ name: String, filter: TableFilter, isPaused: Bool, notify: (TransactSQLMessage) -> Void
    ) throws {
        try requireStretched()
        guard try archiveSwitch().isRunning else {
            throw TransactSQLError(
                .archiveSwitchedOff, "remote data archive is switched off for this user",
                hint: "EXEC sp_configure 'remote data archive', '1'; then RECONFIGURE.")
        }
        var numbers = Self.tableNumbers
        numbers[.wrongState] = .alreadyStretched
        if case .condition = filter, try tableExists(name) {
            numbers[.invalidArgument] = .invalidFilter
        } else {
            numbers[.invalidArgument] = .unknownObject
        }
        let report = try numbered(numbers) { () throws(StretchError) in
            try database.tables[name].enable(filter: filter.text, isPaused: isPaused)
        }
        for constraint in report.unenforcedConstraints {
            notify(
                TransactSQLMessage(
                    number: 14818,
                    text: "table \"\(report.name)\": \(constraint) holds among hot rows and among "
                        + "cold rows, but not across both"))
        }
    }

    private func tableExists(_ name: String) throws(TransactSQLError) -> Bool {
        let rows = try numbered { () throws(StretchError) in
            try database.query(
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
                .text(name)
            ).rows
        }
        return !rows.isEmpty
    }

    /// Changes a stretch-enabled table's filter and migration state.
    ///
    /// Outbound rows are migrated by the next migration. Inbound rows are brought back immediately,
    /// and the table is then an ordinary one.
    public func alterTable(
        _ name: String, filter: TableFilter?, state: TableMigrationState
    ) throws {
        try requireStretched()
        _ = try requireTable(name)
        var numbers = Self.tableNumbers
        numbers[.invalidArgument] = .invalidFilter
        try numbered(numbers) { () throws(StretchError) in
            if let filter { try database.tables[name].alter(filter: filter.text) }
            switch state {
            case .outbound: try database.tables[name].resume(.outbound)
            case .paused: try database.tables[name].pause()
            case .inbound: try database.tables[name].disable(.bringBack)
            }
        }
    }

    /// Disables a table and abandons its remote rows.
    public func abandonTable(_ name: String) throws {
        try requireStretched()
        _ = try requireTable(name)
        try numbered(Self.tableNumbers) { () throws(StretchError) in
            try database.tables[name].disable(.abandon)
        }
    }

    /// Adopts changes of a table's columns, and adds missing columns to its remote relation.
    public func reconcileColumns(table name: String, _ answers: ColumnAnswers) throws {
        try requireStretched()
        _ = try requireTable(name)
        try numbered([.schemaMismatch: .columnsNotReconciled, .notPermitted: .refusedLogin]) {
            () throws(StretchError) in
            if answers == ColumnAnswers() {
                try database.tables[name].reconcileColumns()
            } else {
                try database.tables[name].alter(
                    renamed: answers.renamed, replaced: answers.replaced,
                    filled: answers.filled.mapValues(Value.init(written:)),
                    isSame: answers.isSame)
            }
            try database.remote.provision(table: name)
        }
    }

    /// Updates the remote indexes of a table to match the local ones.
    public func reconcileIndexes(table name: String) throws {
        try requireStretched(.indexesNotStretched)
        let table = try requireTable(name)
        guard table.migrationState == .outbound else {
            throw TransactSQLError(
                .indexesNotOutbound, "table \"\(table.name)\" does not migrate",
                hint: """
                    ALTER TABLE \(table.name) SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = \
                    OUTBOUND)).
                    """)
        }
        try numbered([.notPermitted: .refusedLogin]) { () throws(StretchError) in
            try database.remote.provision(table: name)
        }
    }

    // MARK: Space

    /// Measures a table, or the whole database.
    ///
    /// All remote space of a table counts as data.
    public func spaceUsed(table name: String?, _ mode: SpaceMode) throws -> SpaceUsage {
        let tables =
            try !isEnabled() || mode == .localOnly && name == nil
            ? [] : numbered { () throws(StretchError) in try database.status().tables }
        guard let name else { return try databaseSpace(tables, mode) }
        guard try tableExists(name) else {
            throw TransactSQLError(
                .unknownObject, "there is no table \"\(name)\"", hint: "Look at sys.tables.")
        }
        let stretched = tables.first { $0.name.isEqualFoldingCase(name) }
        if mode == .remoteOnly, stretched?.remoteBytes == nil {
            throw TransactSQLError(
                .noRemoteRows, "table \"\(name)\" has no remote that can be measured",
                hint: "Use @mode = 'LOCAL_ONLY'.")
        }
        var space = Space()
        var rows: Int64 = 0
        if mode != .remoteOnly {
            space = try localSpace(of: name)
            rows =
                try stretched?.localRows ?? query("SELECT count(*) FROM main.\(name.quotedName)")[
                    0][0]
                .integerValue ?? 0
        }
        if mode != .localOnly, let stretched {
            space.data += stretched.remoteBytes ?? 0
            rows += stretched.remoteRows
        }
        return space.usage(name: stretched?.name ?? name, rows: rows)
    }

    private func databaseSpace(
        _ tables: [DatabaseStatus.Table], _ mode: SpaceMode
    ) throws(TransactSQLError) -> SpaceUsage {
        var space = Space()
        if mode != .remoteOnly {
            space = try localSpace(of: nil)
            let free = try query(
                """
                SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size
                """)
            space.unused += free[0][0].integerValue ?? 0
        } else if tables.isEmpty {
            throw TransactSQLError(
                .noRemoteRows, "database \"\(databaseName)\" has no stretch-enabled table",
                hint: "Use @mode = 'LOCAL_ONLY'.")
        }
        if mode != .localOnly { for table in tables { space.data += table.remoteBytes ?? 0 } }
        return space.usage(name: databaseName, rows: nil)
    }

    /// Returns the space of a table and its indexes, or of all tables:
    /// <https://sqlite.org/dbstat.html>.
    private func localSpace(of name: String?) throws(TransactSQLError) -> Space {
        let tableNames = name.map { "tbl_name = \($0.quotedLiteral) COLLATE NOCASE AND" } ?? ""
        let rows = try query(
            """
            SELECT coalesce(type, 'table') = 'index', sum(pgsize - unused), sum(unused)
            FROM dbstat('main', 1) AS d LEFT JOIN main.sqlite_schema AS s ON s.name = d.name
            WHERE \(name == nil ? "1" : "\(tableNames) type IN ('table', 'index')") GROUP BY 1
            """)
        var space = Space()
        for row in rows {
            let used = row[1].integerValue ?? 0
            if row[0].integerValue == 1 { space.indexes += used } else { space.data += used }
            space.unused += row[2].integerValue ?? 0
        }
        return space
    }

    private struct Space {
        var data: Int64 = 0
        var indexes: Int64 = 0
        var unused: Int64 = 0

        func usage(name: String, rows: Int64?) -> SpaceUsage {
            SpaceUsage(
                name: name, rows: rows, reserved: data + indexes + unused, data: data,
                indexes: indexes, unused: unused)
        }
    }

}

extension TableFilter {
    /// The condition as text; `true` for every row.
    var text: String {
        switch self {
        case .everyRow: "true"
        case .condition(let condition): condition
        }
    }
}
