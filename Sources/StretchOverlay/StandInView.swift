internal import StretchText

/// A view of schema temp in the place of what cannot be shown whole: it fails when it is read,
/// where a name that is found in main would give the hot rows only.
struct StandInView {
    let name: String
    /// The columns, so that a statement that names them fails with the reason.
    let columns: [String]
    /// The error that readers get.
    let message: String
    let hint: String

    /// Makes the view.
    var statement: String {
        let names = columns.isEmpty ? ["missing"] : columns
        let list = names.map(\.quotedName).joined(separator: ", ")
        let values = names.map { _ in "NULL" }.joined(separator: ", ")
        return """
            CREATE TEMP VIEW \(name.quotedName)(\(list)) \
            AS SELECT \(values) WHERE \(call)
            """
    }

    /// The call that fails.
    var call: String { "stretch_missing(\(message.quotedLiteral), \(hint.quotedLiteral))" }
}
