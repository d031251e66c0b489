internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

/// Mirrors: temporary triggers beside those triggers of main that use stretch-enabled tables.
///
/// A mirror fires for the same event and at the same time as main's trigger, and before it, because
/// SQLite runs the triggers of schema temp first. It makes the rows hot that main's trigger will
/// use, or fails if those cannot be known. It is made of names, columns of NEW and OLD, and
/// literals only: no other text of the file is executed.
extension OverlayTriggers {
    func mirrors() throws -> [Definition] {
        (overlay.namesWrittenByTriggers, overlay.namesChangedByDeletions) = ([], [[], []])
        let trigger = try overlay.connection.integer(
            "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' LIMIT 1")
        guard trigger != nil else { return [] }
        let judge = try TriggerJudge(reader, enabled: overlay.tableNames)
        let triggers = judge.triggers()
        overlay.namesWrittenByTriggers = triggers.reduce(into: []) {
            $0.formUnion(DependencyScan.targets(in: $1.text))
        }
        overlay.namesChangedByDeletions = try [false, true].map { enforcesKeys in
            try overlay.tableNames.filter {
                try judge.deletionsChangeMore(of: $0, enforcesKeys: enforcesKeys)
            }
        }
        return try triggers.enumerated().flatMap { number, trigger in
            try mirrors(of: trigger, judge.judge(trigger), number)
        }
    }

    private func mirrors(
        of trigger: TriggerSchema, _ verdict: TriggerJudge.Verdict, _ number: Int
    ) throws -> [Definition] {
        let text = TriggerText(parsing: trigger.text)
        let table = text?.table ?? trigger.table
        // A trigger of a virtual table, or of none, can only be written by hand; it never fires.
        guard let type = try reader.entry(table)?.type, !type.isSameText(as: "virtual") else {
            return []
        }
        var body = ""
        switch verdict {
        case .accepted(let mirrors): for mirror in mirrors { body += recall(mirror, for: trigger) }
        case .refused(let error):
            let hint = (error.hint ?? "").quotedLiteral
            body = call("stretch_refuse(\(error.message.quotedLiteral), \(hint))")
        }
        guard !body.isEmpty else { return [] }
        guard let text else {
            let timing = type.isSameText(as: "view") ? "INSTEAD OF" : "BEFORE"
            return ["INSERT", "UPDATE", "DELETE"].map { event in
                self.trigger(
                    "mirror_\(event.foldingCase)_\(number)",
                    "\(timing) \(event) ON main.\(table.quotedName)", body)
            }
        }
        let condition = text.plainCondition.map { " WHEN (\($0))" } ?? ""
        return [
            self.trigger(
                "mirror_\(number)",
                "\(text.timing.words) \(text.event.words) ON main.\(table.quotedName)\(condition)",
                body)
        ]
    }

    /// Returns the recall of the rows that a trigger of main will use.
    private func recall(_ mirror: TriggerJudge.Mirror, for trigger: TriggerSchema) -> String {
        guard let table = overlay.table(named: mirror.table) else { return "" }
        var arguments = [
            "\(overlay.triggerKey)", "\(table.table.id)", trigger.name.quotedLiteral,
        ]
        for term in mirror.terms {
            arguments += [
                "\(term.column)", term.collation.rawValue.quotedLiteral, "\(term.values.count)",
            ]
            arguments += term.values.map(\.text)
        }
        return call("stretch_recall_rows(\(arguments.joined(separator: ", ")))")
    }
}

extension TriggerText.Timing {
    fileprivate var words: String {
        switch self {
        case .before: "BEFORE"
        case .after: "AFTER"
        case .insteadOf: "INSTEAD OF"
        }
    }
}

extension TriggerText.Event {
    fileprivate var words: String {
        guard case .update(let columns) = self, !columns.isEmpty else { return verb }
        return "UPDATE OF \(columns.map(\.quotedName).joined(separator: ", "))"
    }
}

extension Overlay {
    /// The number of cold rows that a trigger may use each time it fires.
    private static let maximumMirroredRowCount = 1_000

    /// Registers the functions called by mirrors.
    func registerMirrorFunctions() throws(SQLiteError) {
        try connection.createFunction("stretch_recall_rows", argumentCount: -1) {
            [unowned self] arguments in
            try self.recallRows(arguments)
            return .null
        }
        try connection.createFunction("stretch_refuse", argumentCount: 2) {
            [unowned self] arguments in
            guard firesTriggersOfMain else { return .null }
            throw Self.error(.unsupported, arguments)
        }
    }

    /// Whether main's triggers fire where their mirrors do.
    ///
    /// They do not when a row becomes hot, or when they are disabled; those of schema temp always
    /// fire: <https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenabletrigger>.
    private var firesTriggersOfMain: Bool {
        recalledTable == nil && connection.isEnabled(.triggers)
    }

    /// `stretch_recall_rows(trigger key, table, trigger, column, collation, count, value …, …)`:
    /// makes the rows hot that a trigger of main is about to use.
    private func recallRows(_ arguments: Arguments) throws {
        guard let table = try calledTable(arguments), firesTriggersOfMain else { return }
        try refresh()
        guard !table.manifest.isEmpty else { return }
        var constraints: [ColdConstraint] = []
        var index = 3
        while index + 2 < arguments.count {
            guard let column = Int(exactly: arguments[index].integer),
                table.schema.columns.indices.contains(column),
                let collation = arguments[index + 1].value.stringValue
                    .flatMap(Collation.init(rawValue:)),
                let count = Int(exactly: arguments[index + 2].integer),
                (0..<arguments.count - index - 2).contains(count)
            else { return }
            let affinity = table.schema.columns[column].affinity
            let values = (0..<count).map { arguments[index + 3 + $0].value.applying(affinity) }
                .filter { $0 != .null }
            // Nothing equals NULL.
            guard !values.isEmpty else { return }
            index += 3 + count
            // The text of a real number is SQLite's; without the constraint, more rows are found.
            if affinity == .text, values.contains(where: \.isReal) { continue }
            constraints.append(
                ColdConstraint(
                    column: table.columnIDs[column],
                    comparison: values.count == 1 ? .equal(values[0]) : .oneOf(values),
                    collation: collation))
        }
        let isEnough = try table.writer.recall.recall(
            meeting: constraints, maximumRowCount: Self.maximumMirroredRowCount)
        guard !isEnough else { return }
        throw StretchError(
            .unsupported,
            "trigger \"\(arguments[2].value.stringValue ?? "")\" uses more than "
                + "\(Self.maximumMirroredRowCount) cold rows of \"\(table.schema.name)\" at once",
            hint: "Drop the trigger, or give it a condition that fewer rows meet. "
                + "To move all rows here: \(advice: .bringBackTable(table.schema.name)).")
    }
}

extension Value {
    fileprivate var isReal: Bool {
        if case .real = self { true } else { false }
    }
}
