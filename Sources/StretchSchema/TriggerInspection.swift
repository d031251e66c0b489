internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchText

/// Finds triggers whose bodies would see only the hot rows of a stretch-enabled table.
///
/// Names in a trigger of schema main are resolved in main, where the table contains only hot rows.
struct TriggerInspection {
    let schema: TableSchema
    /// The names of the stretch-enabled tables.
    let enabled: Set<SQLName>
    let mentions: MentionIndex
    private var table: SQLName { SQLName(schema.name) }

    /// Throws if a trigger reads or writes rows that may be cold.
    func check() throws(StretchError) {
        for (trigger, names) in mentions.triggers(on: table) { try checkOwn(trigger, names) }
        let used = [table] + mentions.views(over: [table])
        if let (trigger, name) = mentions.trigger(mentioning: used, except: table) {
            throw refusal(trigger, uses: name.text)
        }
    }

    private func checkOwn(
        _ trigger: TriggerSchema, _ names: [SQLName]
    ) throws(StretchError) {
        for name in names where name != table {
            let reached = [name] + mentions.names(in: name)
            if reached.contains(where: { enabled.contains($0) || $0 == table }) {
                throw refusal(trigger, uses: name.text)
            }
        }
        guard names.contains(table) else { return }
        let text = TriggerText(parsing: trigger.text)
        let isOwnRow = text?.bodyOnlyWritesItsOwnRow(
            of: schema.name, key: schema.key.map { schema.columns[$0].name },
            keyIsRowid: schema.keyKind == .rowid)
        guard isOwnRow ?? false else { throw refusal(trigger, uses: schema.name) }
    }

    private func refusal(_ trigger: TriggerSchema, uses name: String) -> StretchError {
        StretchError(
            .unsupported,
            "trigger \"\(trigger.name)\" on table \"\(trigger.table)\" uses \"\(name)\", "
                + "and would see its hot rows only",
            hint: "Do this work in the application, or drop the trigger.")
    }
}
