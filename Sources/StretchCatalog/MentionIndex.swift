internal import SQLText
package import StretchText

/// An index of the tables and views named in triggers and views of schema main.
package struct MentionIndex {
    private let triggers: [TriggerSchema]
    /// The names in each trigger's condition and body.
    private let names: [[SQLName]]
    private let triggersOfTables: [SQLName: [Int]]
    private let triggersByName: [SQLName: [Int]]
    private let namesInViews: [SQLName: [SQLName]]
    private let viewsByName: [SQLName: [SQLName]]

    package init(triggers: [TriggerSchema], views: [(name: String, text: String)]) {
        self.triggers = triggers
        names = triggers.map { trigger in
            guard let parsed = TriggerText(parsing: trigger.text) else {
                return DependencyScan.mentionedNames(in: trigger.text)
            }
            return DependencyScan.mentionedNames(
                in: "SELECT \(parsed.condition ?? "1"); \(parsed.body)")
        }
        triggersOfTables = Dictionary(grouping: triggers.indices) { SQLName(triggers[$0].table) }
        var triggersByName: [SQLName: [Int]] = [:]
        for (index, names) in names.enumerated() {
            for name in names { triggersByName[name, default: []].append(index) }
        }
        self.triggersByName = triggersByName
        namesInViews = Dictionary(
            views.map { (SQLName($0.name), DependencyScan.mentionedNames(in: $0.text)) }
        ) { $0 + $1 }
        viewsByName = Self.readers(namesInViews)
    }

    private static func readers(_ views: [SQLName: [SQLName]]) -> [SQLName: [SQLName]] {
        var readers: [SQLName: [SQLName]] = [:]
        for (view, names) in views.sorted(by: { $0.key < $1.key }) {
            for name in names { readers[name, default: []].append(view) }
        }
        return readers
    }

    /// Returns the triggers of a table, with the names that they mention.
    package func triggers(on table: SQLName) -> [(trigger: TriggerSchema, names: [SQLName])] {
        (triggersOfTables[table] ?? []).map { (triggers[$0], names[$0]) }
    }

    /// Returns the triggers whose condition or body mentions one of the names, in their order.
    package func triggers(mentioning used: some Sequence<SQLName>) -> [TriggerSchema] {
        Set(used.flatMap { triggersByName[$0] ?? [] }).sorted().map { triggers[$0] }
    }

    /// Returns the views that read one of the tables, directly or through other views.
    package func views(over tables: some Sequence<SQLName>) -> [SQLName] {
        Self.closure(of: tables, viewsByName)
    }

    /// Returns the names that a view mentions, directly or through other views.
    package func names(in view: SQLName) -> [SQLName] { Self.closure(of: [view], namesInViews) }

    /// Returns the names reachable from the given names, excluding these, the nearest first.
    private static func closure(
        of names: some Sequence<SQLName>, _ next: [SQLName: [SQLName]]
    ) -> [SQLName] {
        var queue = Array(names)
        let startCount = queue.count
        var seen = Set(queue)
        var position = 0
        while position < queue.count {
            for name in next[queue[position]] ?? [] where seen.insert(name).inserted {
                queue.append(name)
            }
            position += 1
        }
        return Array(queue[startCount...])
    }
}
