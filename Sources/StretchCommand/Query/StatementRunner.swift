internal import Stretch
internal import StretchSQLite

/// Runs the statements of a script one after the other.
struct StatementRunner {
    let database: StretchDatabase

    /// Hands each statement that the script holds to `body`, which steps it to its end.
    func forEachStatement(
        _ script: String, _ body: (Statement) throws -> Void
    ) throws {
        var rest = Array(script.utf8)
        while !rest.isEmpty {
            try database.overlay.synchronize()
            var tail = 0
            let text = String(decoding: rest, as: UTF8.self)
            guard let statement = try database.connection.prepareFirst(text, tail: &tail) else {
                return
            }
            try body(statement)
            rest.removeFirst(tail)
        }
    }
}
