internal import SQLText
internal import StretchSQLite
internal import StretchText

/// An object of schema temp, as in `sqlite_schema`.
struct TemporaryObject {
    enum Kind: String {
        case trigger, view, table, index
    }

    /// The identity of an object; its text changes when SQLite renames an object that it uses.
    struct Key: Hashable {
        let kind: Kind
        let name: SQLName
    }

    let key: Key
    /// The table or view that it belongs to.
    let table: String
    let text: String
    private var name: String { key.name.text }

    /// Returns all objects of schema temp, in the order of creation.
    static func all(on connection: Connection) throws(SQLiteError) -> [TemporaryObject] {
        try connection.rows(
            "SELECT type, name, tbl_name, sql FROM temp.sqlite_schema ORDER BY rowid"
        ).compactMap { row in
            guard let kind = row[0].stringValue.flatMap(Kind.init(rawValue:)) else { return nil }
            return TemporaryObject(
                key: Key(kind: kind, name: SQLName(row[1].stringValue ?? "")),
                table: row[2].stringValue ?? "", text: row[3].stringValue ?? "")
        }
    }

    /// Whether it is a trigger on a view of any schema.
    var isViewTrigger: Bool {
        key.kind == .trigger && TriggerText(parsing: text)?.timing == .insteadOf
    }

    func drop(on connection: Connection) throws(SQLiteError) {
        let kind = key.kind.rawValue.uppercasedASCII
        do throws(SQLiteError) {
            try connection.execute(one: "DROP \(kind) temp.\(name.quotedName)")
        } catch {
            guard key.kind == .trigger, error.message.beginsWith("no such trigger: ") else {
                throw error
            }
            // Its table is gone from main. SQLite then ignores the trigger, and keeps its entry.
            try connection.removeOrphan(ofTrigger: name)
        }
    }

    /// Recreates a trigger of the application after the object under its view's name changed.
    ///
    /// As in an ordinary file, the trigger is dropped with its view. If SQLite refuses it for
    /// another reason, a trigger with its name fails when it fires, until the application drops it.
    func makeAgain(on connection: Connection) throws(SQLiteError) {
        do throws(SQLiteError) {
            try connection.execute(one: DependencyScan.temporary(text))
        } catch {
            guard error.isAboutText else { throw error }
            guard !error.message.beginsWith("no such table: ") else { return }
            let event = TriggerText(parsing: text)?.event.verb ?? "INSERT"
            let standIn = StandInView(
                name: name, columns: [],
                message: "TEMP trigger \"\(name)\" could not be recreated after the schema "
                    + "changed: \(error.message)",
                hint: "Drop the trigger, and create it again.")
            try connection.execute(
                one: """
                    CREATE TEMP TRIGGER \(name.quotedName) INSTEAD OF \(event) \
                    ON \(table.quotedName) BEGIN SELECT \(standIn.call); END
                    """)
        }
    }
}
