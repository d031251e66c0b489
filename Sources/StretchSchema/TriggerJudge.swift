package import SQLText
package import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchText

/// Judges whether a trigger of schema main is right beside cold rows, which its names do not find.
///
/// An INSERT into a stretch-enabled table needs nothing, because the overlay makes a cold row with
/// its key hot first. Rows that the trigger changes or reads must be known by a condition on an
/// indexed column, so that the overlay can make them hot before the trigger runs.
package final class TriggerJudge {
    /// A condition under which rows are made hot: a column equals one of the values.
    package struct Term {
        /// The index of the column in the stretch-enabled table.
        package let column: Int
        package let collation: Collation
        package let values: [TriggerBody.Operand]
    }

    /// Rows of a stretch-enabled table that must be hot before a trigger runs.
    package struct Mirror {
        /// The stretch-enabled table.
        package let table: String
        /// Conditions that each of the rows meets, at least one.
        package let terms: [Term]
    }

    package enum Verdict {
        /// The trigger may run.
        case accepted([Mirror])
        /// It would see hot rows only.
        case refused(StretchError)
    }

    /// The statements of one kind that fire the triggers of a table.
    private struct Firing: Hashable {
        let table: SQLName
        let event: TriggerText.Event.Kind
    }

    private let reader: SchemaReader
    /// The names of the stretch-enabled tables.
    private let enabled: Set<SQLName>
    /// The views that read one of them.
    private lazy var views = Set(mentions.views(over: enabled))
    private let mentions: MentionIndex
    private var firings: [Firing: Set<Firing>] = [:]

    package init(_ reader: SchemaReader, enabled: Set<SQLName>) throws {
        self.reader = reader
        self.enabled = enabled
        mentions = try reader.mentions()
    }

    /// Returns the triggers that use a stretch-enabled table or a view of one, ordered by name.
    ///
    /// INSTEAD OF triggers of such a view are left out: statements fire their copies in schema
    /// temp.
    package func triggers() -> [TriggerSchema] {
        mentions.triggers(mentioning: enabled.union(views)).filter { !isCopied($0) }
    }

    /// Returns those of these triggers that are a table's own or use it.
    package func triggers(of table: SQLName) -> [TriggerSchema] {
        let own = mentions.triggers(on: table).filter { _, names in
            names.contains { enabled.contains($0) || views.contains($0) }
        }
        let others = mentions.triggers(mentioning: [table] + mentions.views(over: [table]))
            .filter { SQLName($0.table) != table && !isCopied($0) }
        return own.map(\.trigger) + others
    }

    private func isCopied(_ trigger: TriggerSchema) -> Bool {
        views.contains(SQLName(trigger.table))
    }

    package func judge(_ trigger: TriggerSchema) throws -> Verdict {
        guard let text = TriggerText(parsing: trigger.text) else {
            return refusal(trigger, "has a text that Stretch cannot follow")
        }
        var mirrors: [Mirror] = []
        for statement in TriggerBody(text, tables: enabled.union(views)).statements {
            if let name = statement.unclear {
                return refusal(
                    trigger,
                    "uses \"\(name.text)\" in a way that Stretch cannot follow, "
                        + "and would see its hot rows only")
            }
            for use in statement.uses {
                switch try judge(use, of: statement, in: text) {
                case .accepted(let more): mirrors += more
                case .refused(let error):
                    return refusal(trigger, error.message, hint: error.guidance)
                }
            }
        }
        return .accepted(mirrors)
    }

    private func judge(
        _ use: TriggerBody.Use, of statement: TriggerBody.Statement, in text: TriggerText
    ) throws -> Verdict {
        let name = use.table.text
        guard !views.contains(use.table), let schema = try reader.table(name) else {
            return refusal(
                "uses view \"\(name)\", and would see its hot rows only",
                "Use the tables of the view")
        }
        if use.kind == .change, use.table == SQLName(text.table),
            statement.onlyWritesItsOwnRow(
                of: name, key: schema.key.map { schema.columns[$0].name },
                keyIsRowid: schema.keyKind == .rowid)
        {
            return .accepted([])
        }
        if use.kind != .insert(mayChange: false), try isFired(text, byUpdatesOf: use.table) {
            return refusal(
                "uses \"\(name)\" while an UPDATE of \"\(name)\" runs",
                "Do this work in the application")
        }
        if case .insert = use.kind { return .accepted([]) }
        let terms = try use.terms.compactMap { try term($0, schema, text) }
        guard terms.contains(where: { schema.startsIndex($0.column) }) else {
            return refusal(
                terms.isEmpty
                    ? "reads all of \"\(name)\" for each row"
                    : "finds rows of \"\(name)\" by a column without an index",
                "Give it a condition such as column = NEW.column on an indexed column of "
                    + "\"\(name)\"")
        }
        return .accepted([Mirror(table: schema.name, terms: terms)])
    }

    // MARK: Conditions

    /// Returns a condition for which the remote finds the same rows as SQLite, or `nil`.
    ///
    /// SQLite applies affinities by the columns on both sides:
    /// <https://sqlite.org/datatype3.html#comparison_expressions>. Here the values have lost
    /// theirs, so both sides must be compared as the table's column alone would be.
    private func term(
        _ term: TriggerBody.Term, _ schema: TableSchema, _ text: TriggerText
    ) throws -> Term? {
        var column = schema.column(named: term.column)
        if column == nil, schema.keyKind == .rowid, Self.isRowid(term.column) {
            column = schema.key[0]
        }
        guard let column, !schema.columns[column].isGenerated else { return nil }
        var collation = schema.columns[column].collation
        for value in term.values where !term.isList {
            guard case .image(_, let name) = value else { continue }
            let image = try image(name, of: text)
            if term.isReversed { collation = image?.collation }
            let isSame =
                switch schema.columns[column].affinity {
                case .text: image?.affinity == .text || image?.affinity == .blob
                case .blob: image?.affinity == .blob
                case .integer, .real, .numeric: true
                }
            guard isSame else { return nil }
        }
        return collation.map { Term(column: column, collation: $0, values: term.values) }
    }

    /// Returns the properties of a column of NEW or OLD, or `nil` if they are not certain, as for a
    /// view.
    private func image(
        _ name: String, of text: TriggerText
    ) throws -> (affinity: Affinity, collation: Collation?)? {
        guard let table = try reader.table(text.table) else { return nil }
        if let column = table.column(named: name) {
            return (table.columns[column].affinity, table.columns[column].collation)
        }
        let isRowid = Self.isRowid(name) && table.keyKind != .withoutRowid
        return isRowid ? (.integer, .binary) : nil
    }

    private static func isRowid(_ name: String) -> Bool {
        ["rowid", "_rowid_", "oid"].contains { name.isEqualFoldingCase($0) }
    }

    // MARK: Chains of triggers

    /// Returns whether an UPDATE of a table can fire a trigger, through other triggers and the
    /// rules of foreign keys.
    ///
    /// The overlay computes the new values of all rows first, so such a trigger must not change
    /// rows that follow.
    private func isFired(
        _ text: TriggerText, byUpdatesOf table: SQLName
    ) throws -> Bool {
        let firing = Firing(table: SQLName(text.table), event: text.event.kind)
        let start = Firing(table: table, event: .update)
        return try firing == start || firings(from: start).contains(firing)
    }

    /// Returns whether a DELETE from a table can fire triggers that change other rows of it.
    ///
    /// - Parameter enforcesKeys: Whether the rules of foreign keys apply.
    package func deletionsChangeMore(of table: SQLName, enforcesKeys: Bool) throws -> Bool {
        let start = Firing(table: table, event: .delete)
        return try firings(from: start, enforcesKeys: enforcesKeys).contains {
            $0.table == table && $0.event != .insert
        }
    }

    /// Returns what statements of a kind can fire, directly and indirectly.
    private func firings(
        from start: Firing, enforcesKeys: Bool = true
    ) throws -> Set<Firing> {
        if enforcesKeys, let known = firings[start] { return known }
        var queue = [start]
        var seen: Set<Firing> = []
        while let next = queue.popLast() {
            let following =
                try firingsOfTriggers(after: next)
                + (enforcesKeys ? firingsOfKeys(after: next) : [])
            for firing in following where seen.insert(firing).inserted { queue.append(firing) }
        }
        if enforcesKeys { firings[start] = seen }
        return seen
    }

    private func firingsOfTriggers(after firing: Firing) -> [Firing] {
        var found: [Firing] = []
        for (trigger, names) in mentions.triggers(on: firing.table) {
            guard let text = TriggerText(parsing: trigger.text) else {
                for event in [TriggerText.Event.Kind.insert, .update, .delete] {
                    found += names.map { Firing(table: $0, event: event) }
                }
                continue
            }
            guard text.event.kind == firing.event else { continue }
            for (table, events) in TriggerBody.changes(of: text) {
                found += events.map { Firing(table: table, event: $0) }
            }
        }
        return found
    }

    private func firingsOfKeys(after firing: Firing) throws -> [Firing] {
        var found: [Firing] = []
        for key in try reader.table(firing.table.text)?.children ?? [] {
            let action: String
            switch firing.event {
            case .insert: continue
            case .update: action = key.onUpdate
            case .delete: action = key.onDelete
            }
            guard !action.isEqualFoldingCase("NO ACTION"),
                !action.isEqualFoldingCase("RESTRICT")
            else { continue }
            let isDeletion = firing.event == .delete && action.isEqualFoldingCase("CASCADE")
            found.append(
                Firing(table: SQLName(key.child), event: isDeletion ? .delete : .update))
        }
        return found
    }

    // MARK: Refusals

    private func refusal(_ reason: String, _ wayOut: String) -> Verdict {
        .refused(StretchError(.unsupported, reason, hint: "\(wayOut), or drop the trigger."))
    }

    private func refusal(
        _ trigger: TriggerSchema, _ reason: String,
        hint: StretchError.Hint? = "Do this work in the application, or drop the trigger."
    ) -> Verdict {
        .refused(
            StretchError(
                .unsupported,
                "trigger \"\(trigger.name)\" on table \"\(trigger.table)\" \(reason)", hint: hint))
    }
}

extension TableSchema {
    /// Returns whether a column is the first one of the key or of an index of all rows.
    fileprivate func startsIndex(_ column: Int) -> Bool {
        key.first == column
            || indexes.contains { !$0.isPartial && $0.terms.first?.column == column }
    }
}
