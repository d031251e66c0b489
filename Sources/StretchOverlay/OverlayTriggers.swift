internal import StretchCatalog
internal import StretchEndpoint
internal import StretchText

/// The temporary triggers that make cold rows hot for SQLite's native checks.
///
/// They recall keys before an INSERT, parents before a child is written, and children before a
/// parent is deleted or its key changes.
///
/// They fire before the statement's own checks, so that UPSERT, RETURNING, conflict clauses,
/// defaults and foreign keys remain native: <https://sqlite.org/lang_createtrigger.html>.
struct OverlayTriggers {
    /// A trigger to be created.
    struct Definition {
        let name: String
        let statement: String
    }

    let overlay: Overlay
    /// The names of triggers of the application and the file.
    private let taken: Set<SQLName>
    let reader: SchemaReader

    init(overlay: Overlay, taken: Set<SQLName>) {
        self.overlay = overlay
        self.taken = taken
        reader = SchemaReader(overlay.connection)
    }

    /// Returns an unused name for a trigger of the overlay.
    func name(_ suffix: String) -> String {
        var name = "stretch_\(suffix)"
        while taken.contains(SQLName(name)) { name += "_" }
        return name
    }

    func definitions() throws -> [Definition] {
        var statements: [Definition] = []
        for table in overlay.tables.values.sorted(by: { $0.table.id < $1.table.id }) {
            statements += keyTriggers(table) + uniqueTriggers(table)
        }
        // SQLite itself refuses writes if the number of columns differs from the parent's.
        let keys = try reader.foreignKeys().filter {
            !$0.childColumns.isEmpty && $0.childColumns.count == $0.parentColumns.count
        }
        for (number, key) in keys.enumerated() {
            if let parent = overlay.table(named: key.parent) {
                statements += parentTriggers(key, parent, number)
            }
            if let child = overlay.table(named: key.child) {
                statements += try childTriggers(key, child, number)
                statements += try replacementTriggers(key, child, number)
            }
        }
        return try statements + mirrors()
    }

    private func keyTriggers(_ table: OverlayTable) -> [Definition] {
        guard table.schema.keyKind.isKeyed else {
            guard table.rowidColumnID != nil else { return [] }
            let name = table.schema.name.quotedName
            return [
                trigger(
                    "key_insert_\(table.table.id)", "BEFORE INSERT ON main.\(name)",
                    recallRowid(table))
            ]
        }
        let columns = table.schema.key.map { table.schema.columns[$0].name.quotedName }
        let name = table.schema.name.quotedName
        // The key's collation may differ from that of its column.
        let changed = columns.map { "NEW.\($0) IS NOT OLD.\($0) COLLATE BINARY" }
            .joined(separator: " OR ")
        let body = recallKey(table)
        return [
            trigger(
                "key_insert_\(table.table.id)", "BEFORE INSERT ON main.\(name)",
                body + recallRowid(table) + uniqueCalls(table)),
            trigger(
                "key_update_\(table.table.id)",
                "BEFORE UPDATE OF \(columns.joined(separator: ", ")) ON main.\(name) "
                    + "WHEN \(changed)", body),
        ]
    }

    /// Returns triggers for children that are about to refer to a parent that may be cold.
    private func parentTriggers(
        _ key: ForeignKeySchema, _ parent: OverlayTable, _ number: Int
    ) -> [Definition] {
        let body = recall(
            parent, columns: key.parentColumns, from: "NEW", values: key.childColumns,
            comparedAs: key.parentColumns, of: parent.schema)
        let child = key.child.quotedName
        let columns = key.childColumns.map(\.quotedName).joined(separator: ", ")
        return [
            trigger("parent_insert_\(number)", "BEFORE INSERT ON main.\(child)", body),
            trigger(
                "parent_update_\(number)", "BEFORE UPDATE OF \(columns) ON main.\(child)", body),
        ]
    }

    /// Returns triggers for parents about to be removed, to which cold children may refer.
    private func childTriggers(
        _ key: ForeignKeySchema, _ child: OverlayTable, _ number: Int
    ) throws -> [Definition] {
        guard let schema = try reader.table(key.parent) else { return [] }
        let columns = key.parentColumns.map(\.quotedName).joined(separator: ", ")
        let body = recall(
            child, columns: key.childColumns, from: "OLD", values: key.parentColumns,
            comparedAs: key.parentColumns, of: schema)
        let parent = key.parent.quotedName
        return [
            trigger("child_delete_\(number)", "BEFORE DELETE ON main.\(parent)", body),
            trigger(
                "child_update_\(number)", "BEFORE UPDATE OF \(columns) ON main.\(parent)", body),
        ]
    }

    /// Returns triggers for parents that may be replaced, to which cold children may refer.
    ///
    /// SQLite deletes a replaced row without a trigger, so its children are found beforehand by the
    /// constraints that a new row can violate.
    private func replacementTriggers(
        _ key: ForeignKeySchema, _ child: OverlayTable, _ number: Int
    ) throws -> [Definition] {
        guard let schema = try reader.table(key.parent) else { return [] }
        let constraints = schema.uniqueTerms
        guard !constraints.isEmpty else { return [] }
        var body = ""
        // The replaced rows themselves may be cold.
        if let parent = overlay.table(named: key.parent) {
            if schema.keyKind.isKeyed { body += recallKey(parent) }
            for terms in constraints {
                body += recall(
                    parent,
                    columns: terms.map {
                        let name = schema.columns[$0.column].name.quotedName
                        return ($0.column, "NEW.\(name)", $0.collation)
                    })
            }
        }
        let conditions = constraints.map { terms in
            terms.map {
                let name = schema.columns[$0.column].name.quotedName
                return "r.\(name) = NEW.\(name) COLLATE \($0.collation.rawValue.quotedName)"
            }.joined(separator: " AND ")
        }
        let parent = key.parent.quotedName
        body += recall(
            child, columns: key.childColumns, from: "r", values: key.parentColumns,
            comparedAs: key.parentColumns, of: schema,
            source: " FROM main.\(parent) AS r WHERE \(conditions.joined(separator: " OR "))")
        return ["INSERT", "UPDATE"].map { event in
            trigger(
                "replace_\(event.foldingCase)_\(number)",
                "BEFORE \(event) ON main.\(parent) WHEN stretch_replaces()", body)
        }
    }

    func trigger(_ suffix: String, _ event: String, _ body: String) -> Definition {
        let name = name(suffix)
        return Definition(
            name: name,
            statement: "CREATE TEMP TRIGGER \(name.quotedName) \(event) BEGIN \(body)END")
    }

    /// Returns a statement of a trigger that calls a function, which returns NULL or fails.
    ///
    /// A failure in the middle of a statement requires a statement journal. SQLite keeps one if a
    /// trigger can raise an error; a function that can fail is not sufficient.
    ///
    /// - Parameter source: The FROM and WHERE clauses, with a leading space.
    func call(_ function: String, source: String = "") -> String {
        "SELECT CASE WHEN \(function) THEN RAISE(ABORT, 'not reached') END\(source); "
    }

    /// Returns the recall of the row with the new row's key.
    private func recallKey(_ table: OverlayTable) -> String {
        let columns = table.schema.key.map { "NEW.\(table.schema.columns[$0].name.quotedName)" }
        let arguments = ["\(overlay.triggerKey)", "\(table.table.id)"] + columns
        return call("stretch_recall(\(arguments.joined(separator: ", ")))")
    }

    /// Returns the recall of the row with the new row's rowid; nothing if a column holds it.
    private func recallRowid(_ table: OverlayTable) -> String {
        guard table.rowidColumnID != nil, let name = table.schema.rowidName else { return "" }
        return call(
            "stretch_recall_rowid(\(overlay.triggerKey), \(table.table.id), NEW.\(name))")
    }

    /// Foreign keys compare under the parent's collation:
    /// <https://sqlite.org/foreignkeys.html#fk_basics>.
    private func recall(
        _ table: OverlayTable, columns: [String], from row: String, values: [String],
        comparedAs parentColumns: [String], of parent: TableSchema, source: String = ""
    ) -> String {
        let compared = columns.enumerated().map { index, name in
            let collation =
                parent.column(named: parentColumns[index]).flatMap { parent.columns[$0].collation }
                ?? .binary
            return (
                table.schema.column(named: name) ?? 0, "\(row).\(values[index].quotedName)",
                collation
            )
        }
        return recall(table, columns: compared, source: source)
    }

    /// Returns the recall of the rows whose columns equal values.
    private func recall(
        _ table: OverlayTable, columns: [(column: Int, value: String, collation: Collation)],
        source: String = ""
    ) -> String {
        var arguments = ["\(overlay.triggerKey)", "\(table.table.id)"]
        for column in columns {
            arguments += [
                "\(column.column)", column.value, column.collation.rawValue.quotedLiteral,
            ]
        }
        return call(
            "stretch_recall_matching(\(arguments.joined(separator: ", ")))", source: source)
    }
}

extension TableSchema {
    /// The columns of each constraint for which a row can be replaced by another.
    ///
    /// Indexes of expressions and under a collation of the application are left out.
    fileprivate var uniqueTerms: [[(column: Int, collation: Collation)]] {
        var constraints: [[(column: Int, collation: Collation)]] =
            keyKind == .rowid ? [[(key[0], .binary)]] : []
        for index in indexes where index.isUnique {
            let terms = index.terms.compactMap { term in
                term.column.flatMap { column in
                    Collation(rawValue: term.collationName).map { (column: column, collation: $0) }
                }
            }
            if terms.count == index.terms.count, terms.allSatisfy({ $0.column >= 0 }) {
                constraints.append(terms)
            }
        }
        return constraints
    }
}
