internal import StretchText

/// A view of schema temp that replaces a table that cannot be shown completely.
///
/// It fails when it is read; otherwise the name would refer to main and return only hot rows.
struct StandInView {
    let name: String
    /// The columns, so that a statement that names them fails with the reason.
    let columns: [String]
    /// The error message for readers.
    let message: String
    let hint: String

    /// The statement that creates the view.
    var statement: String {
        let names = columns.isEmpty ? ["missing"] : columns
        let list = names.map(\.quotedName).joined(separator: ", ")
        let values = names.map { _ in "NULL" }.joined(separator: ", ")
        return """
            CREATE TEMP VIEW \(name.quotedName)(\(list)) \
            AS SELECT \(values) WHERE \(call)
            """
    }

    /// The function call that fails.
    var call: String { "stretch_missing(\(message.quotedLiteral), \(hint.quotedLiteral))" }
}
