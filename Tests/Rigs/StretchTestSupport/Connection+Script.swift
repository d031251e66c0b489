internal import Stretch
public import StretchSQLite

extension Connection {
    /// Runs every statement of a script that a test has put together.
    public func execute(_ script: String) throws(SQLiteError) {
        var rest = script
        var tail = 0
        repeat {
            try prepareFirst(rest, tail: &tail)?.run()
            rest = String(decoding: rest.utf8.dropFirst(tail), as: UTF8.self)
        } while tail > 0 && !rest.isEmpty
    }
}

extension Connection {
    /// A connection as a program without Stretch opens it, which may write the schema as it likes.
    public static func native(to path: String) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, access: .readWrite, routines: .linked)
        connection.set(.defensive, false)
        connection.set(.trustedSchema, true)
        return connection
    }
}
