internal import CSQLite
internal import StretchText

/// A connection to one SQLite database file, used from one thread at a time.
///
/// Source: <https://sqlite.org/c3ref/sqlite3.html>.
public final class Connection {
    /// The mode in which a file is opened.
    public enum Access: Sendable {
        /// An existing file, read-only.
        case readOnly
        /// An existing file that no process changes; no lock is taken, and no file is created
        /// beside it. <https://sqlite.org/c3ref/open.html#urifilenamesinsqlite3open>
        case immutable
        /// An existing file, for reading and writing.
        case readWrite
        /// A file that is created if it is missing.
        case create
    }

    /// The routine table of this connection.
    public let routines: Routines
    package let handle: OpaquePointer
    let ownsHandle: Bool
    /// The interrupter of running statements, the only part of a connection that other threads may
    /// use.
    package let interrupter: ConnectionInterrupter
    private var cache: [ExactText: Statement] = [:]
    private var cacheOrder: [ExactText] = []
    /// The last error of a callback; SQLite passes on only its message and a code.
    package var callbackError: (any Error)?
    package static let cacheCapacity = 128

    /// Stores the error of a callback.
    ///
    /// If a statement run by the callback failed in a nested callback, SQLite passed on only its
    /// message, and the error stored then is more specific.
    func noteCallbackError(_ error: any Error) {
        if let error = error as? SQLiteError, let origin = callbackError,
            errorMessage(origin).utf8.elementsEqual(error.message.utf8)
        {
            return
        }
        callbackError = error
    }

    /// Opens a database file without a mutex; the caller must use it from one thread at a time.
    ///
    /// The connection does not trust the file's schema: see `harden()`.
    ///
    /// - Parameter followsLinks: Whether the path may contain symbolic links.
    /// - Throws: The errors of SQLite, for example for a missing file.
    public init(
        path: String, access: Access, routines: Routines, vfs: String? = nil,
        followsLinks: Bool = true
    ) throws(SQLiteError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var handle: OpaquePointer?
        let name = access == .immutable ? Connection.immutableName(of: path) : path
        let code = routines.table.pointee.open_v2(
            name, &handle,
            flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
                | (followsLinks ? 0 : SQLITE_OPEN_NOFOLLOW), vfs)
        guard code == SQLITE_OK, let handle else {
            let error = SQLiteError(routines, handle, code: code)
            _ = routines.table.pointee.close_v2(handle)  // Never fails on a failed open.
            throw SQLiteError(
                extendedCode: error.extendedCode, message: "\(error.message): \"\(path)\"",
                systemCode: error.systemCode)
        }
        self.handle = handle
        self.routines = routines
        interrupter = ConnectionInterrupter(handle, routines)
        ownsHandle = true
        harden()
    }

    private static func immutableName(of path: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var name: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case 0x2f, 0x2e, 0x2d, 0x5f, 0x30...0x39, 0x41...0x5a, 0x61...0x7a: name.append(byte)
            default: name += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return "file:\(String(decoding: name, as: UTF8.self))?immutable=1"
    }

    /// Borrows a host's connection; the host closes it after this object is released.
    public init(borrowing handle: OpaquePointer, routines: Routines) {
        self.handle = handle
        self.routines = routines
        interrupter = ConnectionInterrupter(handle, routines)
        ownsHandle = false
    }

    deinit {
        interrupter.invalidate()
        finalizeCachedStatements()
        // Statements that a virtual table still owns keep the handle open until they are finalized.
        if ownsHandle { _ = routines.table.pointee.close_v2(handle) }
    }

    // MARK: Statements

    /// Prepares one statement.
    ///
    /// - Throws: The errors of SQLite, and an error if `sql` contains no statement or more than
    ///   one.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try prepareOnly(sql, isPersistent: false)
    }

    /// Prepares a statement that may be followed only by white space, comments and semicolons.
    private func prepareOnly(
        _ sql: String, isPersistent: Bool
    ) throws(SQLiteError) -> Statement {
        var offset = 0
        guard let statement = try prepareFirst(of: sql, from: &offset, isPersistent: isPersistent)
        else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement", sql: sql)
        }
        var start = offset
        while offset < sql.utf8.count {
            guard try prepareFirst(of: sql, from: &offset, isPersistent: false) == nil else {
                throw SQLiteError(
                    extendedCode: SQLITE_MISUSE, message: "more than one statement", sql: sql)
            }
            guard offset > start else {
                throw SQLiteError(
                    extendedCode: SQLITE_MISUSE, message: "text behind a NUL", sql: sql)
            }
            start = offset
        }
        return statement
    }

    /// Prepares the first statement of a script.
    ///
    /// - Parameter tail: On return, the offset of the text after the statement, in UTF-8 bytes.
    /// - Returns: `nil` if the script contains only white space and comments.
    public func prepareFirst(_ sql: String, tail: inout Int) throws(SQLiteError) -> Statement? {
        tail = 0
        return try prepareFirst(of: sql, from: &tail, isPersistent: false)
    }

    private func prepareFirst(
        of sql: String, from offset: inout Int, isPersistent: Bool
    ) throws(SQLiteError) -> Statement? {
        // The string's own bytes are used, without a copy.
        let result = sql.withCString { text in
            Result { () throws(SQLiteError) in
                try prepareFirst(
                    of: UnsafeBufferPointer(start: text, count: sql.utf8.count + 1),
                    from: &offset, isPersistent: isPersistent)
            }
        }
        return try result.get()
    }

    /// Prepares the first statement of the rest of a script.
    ///
    /// - Parameters:
    ///   - text: The script and a terminator, because SQLite copies a text without one.
    ///   - offset: The start of the rest; on return, the end of the statement.
    private func prepareFirst(
        of text: UnsafeBufferPointer<CChar>, from offset: inout Int, isPersistent: Bool
    ) throws(SQLiteError) -> Statement? {
        var length = 0
        defer { offset = min(offset + length, text.count - 1) }
        do throws(SQLiteError) {
            return try Statement(
                UnsafeBufferPointer(rebasing: text[offset...]), on: self,
                isPersistent: isPersistent, tail: &length)
        } catch {
            // Success without a statement: only white space and comments.
            guard error.extendedCode != SQLITE_OK else { return nil }
            throw error
        }
    }

    /// Returns a cached statement, ready to be bound, and prepares it at its first use.
    ///
    /// While it runs, other calls with the same text get a separate statement.
    package func cached(_ sql: String) throws(SQLiteError) -> Statement {
        let key = ExactText(sql)
        if let statement = cache[key] {
            return statement.isBusy ? try prepare(sql) : statement
        }
        let statement = try prepareOnly(sql, isPersistent: true)
        if cacheOrder.count >= Connection.cacheCapacity {
            cache.removeValue(forKey: cacheOrder.removeFirst())
        }
        cache[key] = statement
        cacheOrder.append(key)
        return statement
    }

    /// Finalizes the cached statements before the connection is closed.
    public func finalizeCachedStatements() {
        cache = [:]
        cacheOrder = []
    }

    /// Runs every statement of a script and discards rows.
    ///
    /// A script is a constant of the program, never external input.
    public func execute(_ script: StaticString) throws(SQLiteError) {
        let text = script.description
        var offset = 0
        var start: Int
        repeat {
            start = offset
            // A semicolon alone is not a statement.
            try prepareFirst(of: text, from: &offset, isPersistent: false)?.run()
        } while offset > start
    }

    /// Runs exactly one statement, which is not cached, and discards rows.
    ///
    /// - Throws: The errors of SQLite, and an error if `sql` contains no statement or more than
    ///   one.
    public func execute(one sql: String) throws(SQLiteError) {
        try prepareOnly(sql, isPersistent: false).run()
    }

    /// Runs one statement with values, and returns all its rows.
    public func rows(_ sql: String, _ values: Value...) throws(SQLiteError) -> [[Value]] {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        var rows: [[Value]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.column($0) })
        }
        return rows
    }

    /// Runs one statement with values, and discards rows.
    public func run(_ sql: String, _ values: Value...) throws(SQLiteError) {
        let statement = try cached(sql)
        try statement.bind(values)
        try statement.run()
    }

    /// Returns the first value of the first row as an integer, or `nil` for no row or NULL.
    public func integer(_ sql: String, _ values: Value...) throws(SQLiteError) -> Int64? {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step(), statement.column(0) != .null else { return nil }
        return statement.integer(0)
    }

    /// Returns the first value of the first row as text, or `nil` for no row or NULL.
    public func string(_ sql: String, _ values: Value...) throws(SQLiteError) -> String? {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step() else { return nil }
        return statement.string(0)
    }

    // MARK: Transactions

    /// Whether a transaction, opened by `BEGIN` or a savepoint, is active.
    public var isInTransaction: Bool { routines.table.pointee.get_autocommit(handle) == 0 }

    /// Whether a transaction has read or written schema main, so that its snapshot is fixed; `nil`
    /// if SQLite is too old to report it: <https://sqlite.org/c3ref/txn_state.html>.
    package var hasSnapshot: Bool? {
        guard routines.versionNumber >= 3_034_000 else { return nil }
        return routines.table.pointee.txn_state(handle, "main") != SQLITE_TXN_NONE
    }

    /// Whether a transaction holds main's write lock, or might, if SQLite is too old to report it.
    package var holdsWriteLock: Bool {
        guard routines.versionNumber >= 3_034_000 else { return isInTransaction }
        return routines.table.pointee.txn_state(handle, "main") == SQLITE_TXN_WRITE
    }

    /// The time at which a transaction acquires its locks:
    /// <https://sqlite.org/lang_transaction.html>.
    public enum TransactionKind: Sendable {
        /// Locks are acquired when they are needed.
        case deferred
        /// The write lock is acquired immediately.
        case immediate

        fileprivate var statement: StaticString {
            switch self {
            case .deferred: "BEGIN DEFERRED"
            case .immediate: "BEGIN IMMEDIATE"
            }
        }
    }

    /// Runs `body` in a transaction, which is rolled back if `body` throws.
    public func transaction<Result, Failure: Error>(
        _ kind: TransactionKind, _ body: () throws(Failure) -> Result
    ) throws -> Result {
        try execute(kind.statement)
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite may have rolled back already: https://sqlite.org/lang_transaction.html
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    // MARK: State

    /// Sets the time that a call waits for a lock before it fails with SQLITE_BUSY.
    public func setBusyTimeout(milliseconds: Int32) {
        _ = routines.table.pointee.busy_timeout(handle, milliseconds)  // Always SQLITE_OK.
    }

    /// The number of rows changed by the last INSERT, UPDATE or DELETE.
    public var changeCount: Int64 { routines.table.pointee.changes64(handle) }
    /// The number of rows changed since the connection was opened.
    public var totalChangeCount: Int64 { routines.table.pointee.total_changes64(handle) }
    /// The rowid of the last INSERT on this connection.
    public var lastInsertRowID: Int64 {
        get { routines.table.pointee.last_insert_rowid(handle) }
        set { routines.table.pointee.set_last_insert_rowid(handle, newValue) }
    }

    /// Makes any running statement stop with SQLITE_INTERRUPT.
    public func interrupt() { interrupter.interrupt() }

    /// Returns a number that changes when another connection commits to `schema`:
    /// <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntldataversion>.
    package func dataVersion(schema: StaticString = "main") -> UInt32 {
        var version: UInt32 = 0
        let name = UnsafeRawPointer(schema.utf8Start).assumingMemoryBound(to: CChar.self)
        _ = routines.table.pointee.file_control(
            handle, name, SQLITE_FCNTL_DATA_VERSION, &version)  // Zero when unsupported.
        return version
    }

    /// Returns the number of statements of this connection that have been stepped and not reset,
    /// excluding cached and given statements.
    package func busyStatementCount(excluding others: Set<OpaquePointer>) -> Int {
        let table = routines.table
        let own = Set(cache.values.map(\.handle))
        var count = 0
        var statement = table.pointee.next_stmt(handle, nil)
        while let current = statement {
            if table.pointee.stmt_busy(current) != 0, !own.contains(current),
                !others.contains(current)
            {
                count += 1
            }
            statement = table.pointee.next_stmt(handle, current)
        }
        return count
    }
}

/// One run of a statement, distinguished from all others of its connection.
package struct StatementRun: Hashable {
    fileprivate let handle: OpaquePointer
    private let number: Int

    /// Creates the current run of a running statement; `last` is the previous result.
    ///
    /// The address of a finalized statement can be reused. SQLite counts the starts of a statement,
    /// and the count is reset here, so it is zero only while the same run continues. The only side
    /// effect is that SQLITE_STMTSTATUS_RUN is reset: <https://sqlite.org/c3ref/stmt_status.html>.
    fileprivate init(
        _ handle: OpaquePointer, after last: StatementRun?, _ table: UnsafePointer<csqlite_routines>
    ) {
        self.handle = handle
        let startCount = table.pointee.stmt_status(handle, SQLITE_STMTSTATUS_RUN, 1)
        let isSame = startCount == 0 && last?.handle == handle
        number = (last?.number ?? 0) + (isSame ? 0 : 1)
    }
}

extension Connection {
    /// Returns the only running statement, or `nil` if there are several.
    ///
    /// - Parameters:
    ///   - prefix: The prefix of the text of statements that are ignored.
    ///   - last: The last non-`nil` result.
    package func onlyRun(
        exceptPrefix prefix: StaticString, after last: StatementRun?
    ) -> StatementRun? {
        let table = routines.table
        var found: OpaquePointer?
        var statement = table.pointee.next_stmt(handle, nil)
        while let current = statement {
            statement = table.pointee.next_stmt(handle, current)
            guard table.pointee.stmt_busy(current) != 0, let text = table.pointee.sql(current),
                !prefix.withUTF8Buffer({ memcmp($0.baseAddress!, text, $0.count) == 0 })
            else { continue }
            guard found == nil else { return nil }
            found = current
        }
        return found.map { StatementRun($0, after: last, table) }
    }

    /// Returns the text of a running statement with its bound values.
    ///
    /// `nil` if the statement writes or the text is too long. Numbers and blobs may lose digits.
    package func expandedText(of run: StatementRun) -> String? {
        let table = routines.table
        guard table.pointee.stmt_readonly(run.handle) != 0,
            let text = table.pointee.expanded_sql(run.handle)
        else { return nil }
        defer { table.pointee.free(text) }
        return String(cString: text)
    }

    /// Returns metadata of a column that the pragma lacks:
    /// <https://sqlite.org/c3ref/table_column_metadata.html>.
    package func columnMetadata(
        table: String, column: String
    ) -> (collation: String, isAutoincrement: Bool) {
        var collation: UnsafePointer<CChar>?
        var isAutoincrement: Int32 = 0
        let code = routines.table.pointee.table_column_metadata(
            handle, "main", table, column, nil, &collation, nil, nil, &isAutoincrement)
        guard code == SQLITE_OK, let collation else { return ("BINARY", false) }
        return (String(cString: collation), isAutoincrement != 0)
    }
}
