internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchOverlay
internal import StretchSQLite
internal import StretchStaging
internal import StretchText

/// One side of a stretch-enabled table.
package enum TableSide: Sendable {
    /// The rows of the local table.
    case hot
    /// The rows of the remote.
    case cold
    /// The rows of the staging file: each once for every batch in which it was migrated.
    case staged
}

extension StretchDatabase {
    /// The query mode of this object; the narrower of this mode and the database's mode applies.
    public var connectionQueryMode: QueryMode {
        get { overlay.queryModeLimit }
        set { overlay.queryModeLimit = newValue }
    }

    /// Sets the query mode of all connections.
    ///
    /// - Parameter isForced: Whether to set `LOCAL_AND_REMOTE` without checking the remote.
    /// - Throws: `wrongState` when the database is not enabled; `disconnected`, `remoteMismatch` or
    ///   `remoteUnavailable` if cold rows cannot be read; `notPermitted`.
    public func setQueryMode(_ mode: QueryMode, isForced: Bool = false) throws(StretchError) {
        try administer {
            let record = try enabledDatabase()
            if mode == .localAndRemote, !isForced {
                let endpoint = try makeEndpoint(record, as: .reader)
                guard try endpoint.position(branch: record.position.branch) != nil else {
                    throw StretchError(
                        .remoteMismatch, "the remote does not know the branch of this file",
                        hint: "Reconnect it: \(advice: .reauthorize).")
                }
            }
            try connection.transaction(.immediate) {
                try catalog.setQueryMode(mode)
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: .queryMode,
                    message: "queries see \(mode.rawValue)")
            }
        }
        try refreshOverlay()
    }

    /// Returns whether the database is stretch-enabled.
    public func isEnabled() throws(StretchError) -> Bool {
        try perform { try catalog.database() != nil }
    }

    /// Returns SQL for one side of a stretch-enabled table in a FROM clause.
    ///
    /// The SQL of the hot side can also be the target of a statement that changes rows.
    ///
    /// - Parameters:
    ///   - name: A stretch-enabled table.
    ///   - isNamed: Whether an alias follows in the statement.
    /// - Throws: `invalidArgument` if no such stretch-enabled table exists; `wrongState` if staged
    ///   rows are requested while staging is disabled.
    package func source(
        of name: String, _ side: TableSide, isNamed: Bool
    ) throws(StretchError) -> String {
        try perform {
            let schema = try schema(of: try enabledTable(name))
            let table = schema.name.quotedName
            let alias = isNamed ? "" : " AS \(table)"
            switch side {
            case .hot: return "main.\(table)"
            case .cold: break
            // LIMIT makes SQLite materialize the rows, so a join reads them once.
            case .staged: return "(SELECT * FROM \(try stagedTable(name)) LIMIT -1)\(alias)"
            }
            let names: [String]
            if schema.keyKind == .withoutRowid {
                names = schema.key.map { schema.columns[$0].name.quotedName }
            } else {
                names = [schema.rowidName ?? schema.columns[schema.key[0]].name.quotedName]
            }
            let isSame = names.map { "h.\($0) = a.\($0)" }.joined(separator: " AND ")
            return "(SELECT * FROM temp.\(table) AS a WHERE NOT EXISTS "
                + "(SELECT 1 FROM main.\(table) AS h WHERE \(isSame)))\(alias)"
        }
    }

    /// Returns the virtual table of a table's staged rows, which is removed with the overlay.
    private func stagedTable(_ name: String) throws -> String {
        let record = try enabledDatabase()
        let file = try StagingFile.open(
            database: path, id: record.database, configuration, isCreating: false)
        let isOn = try catalog.stagingSettings() != nil
        guard isOn || file != nil else {
            throw StretchError(
                .wrongState, "table \"\(name)\" has no staging",
                hint: "To keep rows of migrated batches from now on: \(advice: .enableStaging).")
        }
        try overlay.synchronize()
        guard let id = overlay.table(named: name)?.table.id else {
            throw StretchError(
                .busy, "table \"\(name)\" was disabled in the meantime", hint: "Try again.")
        }
        try overlay.makingTables {
            try connection.execute(
                one: "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stretch_staged_\(id) "
                    + "USING stretch(\(id), staged)")
        }
        return "temp.stretch_staged_\(id)"
    }
}
