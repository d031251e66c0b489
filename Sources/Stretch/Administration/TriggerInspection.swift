internal import StretchSQLite
internal import StretchText

/// Finds triggers whose bodies would see only the hot rows of a stretch-enabled table.
///
/// Names in a trigger of schema main are found in main, where the table is the hot one.
struct TriggerInspection {
    private let schema: TableSchema
    private let enabled: [String]
    private let triggers: [TriggerSchema]
    private let views: [(name: String, text: String)]

    init(schema: TableSchema, connection: Connection, enabled: [String]) throws(SQLiteError) {
        self.schema = schema
        self.enabled = enabled
        // Triggers on views are INSTEAD OF triggers, which Stretch mirrors with their views.
        triggers = try connection.rows(
            """
            SELECT name, tbl_name, sql FROM main.sqlite_schema AS t WHERE type = 'trigger'
            AND NOT EXISTS (SELECT 1 FROM main.sqlite_schema AS v
                WHERE v.type = 'view' AND v.name = t.tbl_name COLLATE NOCASE)
            ORDER BY name
            """
        ).map {
            TriggerSchema(
                name: $0[0].stringValue ?? "", table: $0[1].stringValue ?? "",
                text: $0[2].stringValue ?? "")
        }
        views = try connection.rows(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view' ORDER BY name"
        ).map { (name: $0[0].stringValue ?? "", text: $0[1].stringValue ?? "") }
    }

    /// Throws when a trigger reads or writes rows that may be cold.
    func check() throws(StretchError) {
        let aliases = viewsOver(schema.name)
        for trigger in triggers {
            if trigger.table.isEqualFoldingCase(schema.name) {
                try checkOwn(trigger, aliases: aliases)
            } else if let name = firstMention([schema.name] + aliases, in: trigger) {
                throw refusal(trigger, uses: name)
            }
        }
    }

    private func checkOwn(_ trigger: TriggerSchema, aliases: [String]) throws(StretchError) {
        let others = enabled.filter { !$0.isEqualFoldingCase(schema.name) }
        let names = others + others.flatMap(viewsOver) + aliases
        if let name = firstMention(names, in: trigger) { throw refusal(trigger, uses: name) }
        guard firstMention([schema.name], in: trigger) != nil else { return }
        let text = TriggerText(parsing: trigger.text)
        let isOwnRow = text?.bodyOnlyWritesItsOwnRow(
            of: schema.name, key: schema.key.map { schema.columns[$0].name },
            keyIsRowid: schema.keyKind == .rowid)
        guard isOwnRow ?? false else { throw refusal(trigger, uses: schema.name) }
    }

    private func firstMention(_ names: [String], in trigger: TriggerSchema) -> String? {
        let text: String
        if let parsed = TriggerText(parsing: trigger.text) {
            text = "SELECT \(parsed.condition ?? "1"); \(parsed.body)"
        } else {
            text = trigger.text
        }
        return names.first { DependencyScan.mentions($0, in: text) }
    }

    /// The views that read a table, also through other views.
    private func viewsOver(_ table: String) -> [String] {
        var found: [String] = []
        // Each round but the last finds one view or more.
        for _ in 0...views.count {
            let names = [table] + found
            let more = views.filter { view in
                !found.contains { $0.isEqualFoldingCase(view.name) }
                    && names.contains {
                        !$0.isEqualFoldingCase(view.name)
                            && DependencyScan.mentions($0, in: view.text)
                    }
            }
            guard !more.isEmpty else { break }
            found += more.map(\.name)
        }
        return found
    }

    private func refusal(_ trigger: TriggerSchema, uses name: String) -> StretchError {
        StretchError(
            .unsupported,
            "trigger \"\(trigger.name)\" on table \"\(trigger.table)\" uses \"\(name)\", "
                + "and would see its hot rows only",
            hint: "Do this work in the application, or drop the trigger.")
    }
}
