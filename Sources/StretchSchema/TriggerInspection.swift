internal import StretchCatalog
internal import StretchText

/// Finds triggers whose bodies would see only the hot rows of a stretch-enabled table.
///
/// Names in a trigger of schema main are resolved in main, where the table contains only hot rows.
struct TriggerInspection {
    private let judge: TriggerJudge
    private let triggers: [TriggerSchema]
    private let table: String

    /// - Parameter enabled: The names of the stretch-enabled tables.
    init(_ schema: TableSchema, enabled: Set<SQLName>, from reader: SchemaReader) throws {
        let table = SQLName(schema.name)
        judge = try TriggerJudge(reader, enabled: enabled.union([table]))
        triggers = judge.triggers(of: table)
        self.table = schema.name
    }

    /// Throws if a trigger reads or writes rows that may be cold and that are not known before.
    func check() throws {
        for trigger in triggers {
            if case .refused(let error) = try judge.judge(trigger) { throw error }
        }
    }

    /// Returns the triggers for which rows of the table are made hot first.
    func mirrored() throws -> [TriggerSchema] {
        try triggers.filter { trigger in
            guard case .accepted(let mirrors) = try judge.judge(trigger) else { return false }
            return mirrors.contains { $0.table.isSameText(as: table) }
        }
    }
}
