internal import CSQLite

/// An error that SQLite reported, with its extended result code.
///
/// Source: <https://sqlite.org/rescode.html>.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code; its low eight bits are the primary code.
    public let extendedCode: Int32
    /// SQLite's own message.
    public let message: String
    /// The statement that failed, without bound values.
    public let sql: String?
    /// The error number of the operating system for a file that cannot be opened, read or written;
    /// otherwise zero: <https://sqlite.org/c3ref/system_errno.html>.
    public let systemCode: Int32

    /// Creates an error from a result code and SQLite's message.
    public init(extendedCode: Int32, message: String, sql: String? = nil, systemCode: Int32 = 0) {
        self.systemCode = systemCode
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
    }

    /// The primary result code.
    public var code: Int32 { extendedCode & 0xff }

    /// Whether another connection holds a lock, so that a retry can succeed.
    public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }

    /// Whether the statement was interrupted; it then changed nothing.
    public var isInterruption: Bool { code == SQLITE_INTERRUPT }

    /// Whether a constraint rejected the change.
    public var isConstraint: Bool { code == SQLITE_CONSTRAINT }

    /// Whether the statement has a syntax error or was refused by an authorizer.
    package var isAboutText: Bool {
        code == SQLITE_ERROR || code == SQLITE_AUTH || code == SQLITE_MISUSE
    }

    /// The message, the code and the statement; never a bound value.
    public var description: String {
        let text = "\(message) (SQLite result code \(extendedCode))"
        guard let sql else { return text }
        return "\(text) in: \(sql)"
    }

    init(_ routines: Routines, _ handle: OpaquePointer?, code: Int32, sql: String? = nil) {
        let table = routines.table
        let message: String
        if let handle, let text = table.pointee.errmsg(handle) {
            message = String(cString: text)
        } else {
            message = table.pointee.errstr(code).map { String(cString: $0) } ?? "unknown error"
        }
        let extended = handle.map { table.pointee.extended_errcode($0) } ?? code
        // A call that reports misuse does not change the connection's code.
        let isSameFailure = extended & 0xff == code & 0xff
        let isAboutFile = code & 0xff == SQLITE_CANTOPEN || code & 0xff == SQLITE_IOERR
        let system = isAboutFile ? handle.map { table.pointee.system_errno($0) } : nil
        self.init(
            extendedCode: isSameFailure ? extended : code, message: message, sql: sql,
            systemCode: system ?? 0)
    }
}
