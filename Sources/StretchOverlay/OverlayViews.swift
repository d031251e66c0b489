internal import SQLText
internal import StretchCatalog
internal import StretchSQLite
internal import StretchText

/// Copies in schema temp of main's views that read a stretch-enabled table.
///
/// The copies read the overlay; INSTEAD OF triggers are copied as well.
///
/// Their text comes from the file. An object whose text is not allowed, or that main itself would
/// refuse, is replaced by one that fails when it is used, so that a single invalid view does not
/// make the file unusable.
struct OverlayViews {
    let overlay: Overlay
    let triggers: OverlayTriggers

    /// An object to be created.
    struct Object {
        /// The statement with the file's text, or `nil` if that is refused.
        let statement: String?
        /// The replacements for a refused object.
        let standIns: [String]

        func make(on connection: Connection) throws(SQLiteError) {
            if let statement {
                do throws(SQLiteError) {
                    return try connection.execute(one: statement)
                } catch  where error.isAboutText {}
            }
            for statement in standIns { try connection.execute(one: statement) }
        }
    }

    struct Definitions {
        var names: Set<SQLName> = []
        var triggers: Set<SQLName> = []
        var objects: [Object] = []
        /// The tables that the triggers write, other than those that schema temp replaces.
        var targets: Set<SQLName> = []
        /// The targets that are tables or views of the application in schema temp.
        var hiddenTargets: Set<SQLName> = []

        /// Creates all objects, and prevents any other effect of the file's text.
        func make(on connection: Connection) throws(SQLiteError) {
            try connection.authorizing({ action in
                switch action {
                case .read, .createTemporaryView, .createTemporaryTrigger: true
                case .writeSchemaTable(let schema): schema.isSameText(as: "temp")
                case .createIndex, .other: false
                }
            }) { () throws(SQLiteError) in
                for object in objects { try object.make(on: connection) }
            }
        }
    }

    /// A row of `sqlite_schema`.
    private struct SchemaRow {
        let isView: Bool
        let name: String
        let table: String
        let text: String
    }

    func definitions() throws -> Definitions {
        let rows = try overlay.connection.rows(
            """
            SELECT type = 'view', name, tbl_name, sql FROM main.sqlite_schema
            WHERE type IN ('view', 'trigger') AND sql IS NOT NULL ORDER BY rowid
            """
        ).map { row in
            SchemaRow(
                isView: row[0] == 1, name: row[1].stringValue ?? "",
                table: row[2].stringValue ?? "", text: row[3].stringValue ?? "")
        }
        let views = affectedViews(rows.filter(\.isView))
        var result = Definitions()
        result.names = Set(views.map { SQLName($0.name) })
        let hidden = overlay.tableNames.union(result.names)
        for view in views { result.objects.append(try object(view, hidden)) }
        let temporary = Set(
            try overlay.connection.rows(
                "SELECT name FROM temp.sqlite_schema WHERE type IN ('table', 'view')"
            ).compactMap { $0[0].stringValue.map(SQLName.init) })
        for trigger in rows where !trigger.isView && result.names.contains(SQLName(trigger.table)) {
            let targets = DependencyScan.targets(in: trigger.text).subtracting(hidden)
            let hiding = targets.intersection(temporary)
            result.objects.append(
                try self.trigger(trigger, hidden, hiding.min(), result.objects.count))
            result.targets.formUnion(targets)
            result.hiddenTargets.formUnion(hiding)
            result.triggers.insert(SQLName(trigger.name))
        }
        return result
    }

    /// Returns the columns of a table or view of main; none if SQLite cannot determine them.
    static func columns(of name: String, on connection: Connection) -> [String] {
        let rows = try? connection.rows(
            "SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid", .text(name))
        return (rows ?? []).map { $0[0].stringValue ?? "" }
    }

    private func object(_ view: SchemaRow, _ hidden: Set<SQLName>) throws -> Object {
        let text = DependencyScan.mirrored(view.text, tables: hidden)
        let temporary = DependencyScan.temporaryView(text, named: view.name)
        let refusal = try self.refusal(of: "SELECT * FROM main.\(view.name.quotedName)")
        let standIn = StandInView(
            name: view.name, columns: Self.columns(of: view.name, on: overlay.connection),
            message: "view \"\(view.name)\" cannot be shown with cold rows: "
                + (refusal ?? Self.strangeText),
            hint: "Drop the view, and create it again.")
        return Object(
            statement: refusal == nil ? temporary : nil,
            standIns: [standIn.statement])
    }

    private func trigger(
        _ trigger: SchemaRow, _ hidden: Set<SQLName>, _ hiding: SQLName?, _ number: Int
    ) throws -> Object {
        let text = DependencyScan.mirrored(trigger.text, tables: hidden)
        let temporary = DependencyScan.temporaryTrigger(
            text, named: trigger.name, on: trigger.table)
        var refusal: String?
        if let temporary {
            refusal = try self.refusal(of: statement(that: temporary.event, on: trigger.table))
        }
        var hint = "Drop the trigger, and create it again."
        if let hiding {
            refusal = "TEMP table or view \"\(hiding.text)\" hides the table that it writes"
            hint = "Drop or rename \"\(hiding.text)\" of schema temp."
        }
        let standIn = StandInView(
            name: trigger.name, columns: [],
            message: "trigger \"\(trigger.name)\" of view \"\(trigger.table)\" cannot run: "
                + (refusal ?? Self.strangeText), hint: hint)
        let events = temporary.map { [$0.event.verb] } ?? ["INSERT", "UPDATE", "DELETE"]
        let standIns = events.map { event in
            """
            CREATE TEMP TRIGGER \(triggers.name("refused_\(event)_\(number)").quotedName) \
            INSTEAD OF \(event) ON \(trigger.table.quotedName) BEGIN SELECT \(standIn.call); END
            """
        }
        return Object(statement: refusal == nil ? temporary?.text : nil, standIns: standIns)
    }

    private static let strangeText = "the file holds a text for it that is not one statement"

    /// Returns the reason why main's own object cannot execute its text, or `nil` if it can.
    ///
    /// In schema temp, SQLite trusts an object's text as the application's. In main, it refuses
    /// names outside main, and functions and virtual tables that a file must not use. A missing
    /// object, such as a function, may be registered later.
    private func refusal(of statement: String) throws(SQLiteError) -> String? {
        do {
            _ = try overlay.connection.prepare(statement)
            return nil
        } catch {
            guard error.isAboutText else { throw error }
            let isMissing = ["function", "module", "collation sequence"].contains {
                error.message.beginsWith("no such \($0): ")
            }
            return isMissing ? nil : error.message
        }
    }

    /// Returns a statement that fires a trigger of main.
    private func statement(that event: TriggerText.Event, on view: String) -> String {
        let target = "main.\(view.quotedName)"
        switch event {
        case .insert: return "INSERT INTO \(target) DEFAULT VALUES"
        case .delete: return "DELETE FROM \(target)"
        case .update:
            let columns = Self.columns(of: view, on: overlay.connection)
            let assignments = columns.map { "\($0.quotedName) = NULL" }
            return "UPDATE \(target) SET \(assignments.joined(separator: ", "))"
        }
    }

    /// Returns the views that read a stretch-enabled table, directly or through another view.
    private func affectedViews(_ views: [SchemaRow]) -> [SchemaRow] {
        let mentions = MentionIndex(triggers: [], views: views.map { ($0.name, $0.text) })
        let affected = Set(mentions.views(over: overlay.tableNames))
        return views.filter { affected.contains(SQLName($0.name)) }
    }
}

extension TriggerText.Event {
    var verb: String {
        switch self {
        case .insert: "INSERT"
        case .delete: "DELETE"
        case .update: "UPDATE"
        }
    }
}
