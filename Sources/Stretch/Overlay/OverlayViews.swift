internal import StretchSQLite
internal import StretchText

/// The views of main that read a stretch-enabled table, made again in schema temp, where they read
/// the overlay; their INSTEAD OF triggers come with them.
struct OverlayViews {
    let overlay: Overlay

    /// The mark at the end of each statement, by which the overlay finds its own views again.
    static let mark = "/* stretch */"

    func definitions() throws -> (names: Set<String>, triggers: Set<String>, statements: [String]) {
        let rows = try overlay.connection.rows(
            """
            SELECT type, name, tbl_name, sql FROM main.sqlite_schema
            WHERE type IN ('view', 'trigger') AND sql IS NOT NULL ORDER BY rowid
            """)
        let objects = rows.map { row in row.map { $0.stringValue ?? "" } }
        let views = affectedViews(objects.filter { $0[0] == "view" })
        let names = Set(views.map { $0[1].foldingCase })
        let hidden = overlay.tableNames.union(names)
        var statements: [String] = []
        for view in views {
            let text = DependencyScan.withoutMainQualifier(view[3], tables: hidden)
            statements.append("\(DependencyScan.makeTemporaryView(text)) \(OverlayViews.mark)")
        }
        var triggers: Set<String> = []
        for trigger in objects
        where trigger[0] == "trigger" && names.contains(trigger[2].foldingCase) {
            let text = DependencyScan.withoutMainQualifier(trigger[3], tables: hidden)
            statements.append(DependencyScan.makeTemporaryTrigger(text))
            triggers.insert(trigger[1].foldingCase)
        }
        return (names, triggers, statements)
    }

    /// The views that read a stretch-enabled table, directly or through another view.
    private func affectedViews(_ views: [[String]]) -> [[String]] {
        var names = overlay.tableNames
        var affected: Set<Int> = []
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for (index, view) in views.enumerated() where !affected.contains(index) {
                guard names.contains(where: { DependencyScan.mentions($0, in: view[3]) }) else {
                    continue
                }
                affected.insert(index)
                names.insert(view[1].foldingCase)
                isGrowing = true
            }
        }
        return affected.sorted().map { views[$0] }
    }
}
