internal import CSQLite
internal import StretchText

/// A connection to one SQLite database file, used from one thread at a time.
///
/// Source: <https://sqlite.org/c3ref/sqlite3.html>.
public final class Connection {
    /// How a file is opened.
    public enum Access: Sendable {
        /// An existing file, to read only.
        case readOnly
        /// An existing file that nobody changes meanwhile: nothing is locked, and nothing is made
        /// beside it. <https://sqlite.org/c3ref/open.html#urifilenamesinsqlite3open>
        case immutable
        /// An existing file, to read and write.
        case readWrite
        /// A file that is made when it is missing.
        case create
    }

    /// The routine table that serves this connection.
    public let routines: Routines
    package let handle: OpaquePointer
    let ownsHandle: Bool
    /// Stops a running statement; the one part of a connection that other threads may use.
    package let interrupter: ConnectionInterrupter
    private var cache: [ExactText: Statement] = [:]
    private var cacheOrder: [ExactText] = []
    /// What a callback of ours failed with last, whole: SQLite passes on its text and a code only.
    package var callbackError: (any Error)?
    package static let cacheCapacity = 128

    /// Keeps what a callback failed with.
    ///
    /// Where a statement that the callback ran failed in a callback itself, SQLite has passed on
    /// its text only, and what was kept then says more.
    func noteCallbackError(_ error: any Error) {
        if let error = error as? SQLiteError, let origin = callbackError,
            errorMessage(origin).utf8.elementsEqual(error.message.utf8)
        {
            return
        }
        callbackError = error
    }

    /// Opens a database file without a mutex of its own: the caller keeps it to one thread.
    ///
    /// The connection trusts nothing that the file's schema says: see `harden()`.
    ///
    /// - Parameter followsLinks: Whether the path may hold symbolic links.
    /// - Throws: What SQLite reports, such as a missing file.
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
                extendedCode: error.extendedCode, message: "\(error.message): \"\(path)\"")
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

    /// Borrows a host's connection; the host closes it after this object is gone.
    public init(borrowing handle: OpaquePointer, routines: Routines) {
        self.handle = handle
        self.routines = routines
        interrupter = ConnectionInterrupter(handle, routines)
        ownsHandle = false
    }

    deinit {
        interrupter.invalidate()
        finalizeCachedStatements()
        // Statements that a virtual table still owns keep the handle alive until they are gone.
        if ownsHandle { _ = routines.table.pointee.close_v2(handle) }
    }

    // MARK: Statements

    /// Prepares one statement.
    ///
    /// - Throws: What SQLite reports; also when `sql` holds no statement, or more than one.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try prepareOnly(sql, isPersistent: false)
    }

    /// Prepares a statement that nothing but white space, comments and semicolons may follow.
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
    /// - Parameter tail: On return the offset, in UTF-8 bytes, of what follows the statement.
    /// - Returns: `nil` when the script holds only white space and comments.
    public func prepareFirst(_ sql: String, tail: inout Int) throws(SQLiteError) -> Statement? {
        tail = 0
        return try prepareFirst(of: sql, from: &tail, isPersistent: false)
    }

    private func prepareFirst(
        of sql: String, from offset: inout Int, isPersistent: Bool
    ) throws(SQLiteError) -> Statement? {
        // A string lends its own bytes, which no array has to be made for.
        let result = sql.withCString { text in
            Result { () throws(SQLiteError) in
                try prepareFirst(
                    of: UnsafeBufferPointer(start: text, count: sql.utf8.count + 1),
                    from: &offset, isPersistent: isPersistent)
            }
        }
        return try result.get()
    }

    /// Prepares the first statement of what is left of a script.
    ///
    /// - Parameters:
    ///   - text: The script and a terminator, because SQLite copies a text that has none.
    ///   - offset: Where it goes on; on return behind the statement.
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
            // Success without a statement: nothing but white space and comments.
            guard error.extendedCode != SQLITE_OK else { return nil }
            throw error
        }
    }

    /// A statement of the cache, ready to be bound, prepared at its first use.
    ///
    /// While it runs, further calls with the same text get a statement of their own.
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

    /// Finalizes what the cache holds, before the connection is closed.
    public func finalizeCachedStatements() {
        cache = [:]
        cacheOrder = []
    }

    /// Runs every statement of a script and discards rows.
    ///
    /// A script is a part of the program: nothing from outside becomes one.
    public func execute(_ script: StaticString) throws(SQLiteError) {
        let text = script.description
        var offset = 0
        var start: Int
        repeat {
            start = offset
            // A semicolon alone is no statement.
            try prepareFirst(of: text, from: &offset, isPersistent: false)?.run()
        } while offset > start
    }

    /// Runs exactly one statement, which is not kept, and discards rows.
    ///
    /// - Throws: What SQLite reports; also when `sql` holds no statement, or more than one.
    public func execute(one sql: String) throws(SQLiteError) {
        try prepareOnly(sql, isPersistent: false).run()
    }

    /// The rows of one statement, all of them.
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

    /// The first value of the first row as an integer, or `nil` without a row or when it is NULL.
    public func integer(_ sql: String, _ values: Value...) throws(SQLiteError) -> Int64? {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step(), statement.column(0) != .null else { return nil }
        return statement.integer(0)
    }

    /// The first value of the first row as text, or `nil` without a row or when it is NULL.
    public func string(_ sql: String, _ values: Value...) throws(SQLiteError) -> String? {
        let statement = try cached(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step() else { return nil }
        return statement.string(0)
    }

    // MARK: Transactions

    /// Whether a transaction that `BEGIN` or a savepoint opened is active.
    public var isInTransaction: Bool { routines.table.pointee.get_autocommit(handle) == 0 }

    /// Whether a transaction has read or written schema main, so that its snapshot is taken; `nil`
    /// where SQLite is too old to tell: <https://sqlite.org/c3ref/txn_state.html>.
    package var hasSnapshot: Bool? {
        guard routines.versionNumber >= 3_034_000 else { return nil }
        return routines.table.pointee.txn_state(handle, "main") != SQLITE_TXN_NONE
    }

    /// How a transaction takes its locks: <https://sqlite.org/lang_transaction.html>.
    public enum TransactionKind: Sendable {
        /// Locks are taken when they are needed.
        case deferred
        /// The write lock is taken at once.
        case immediate

        fileprivate var statement: StaticString {
            switch self {
            case .deferred: "BEGIN DEFERRED"
            case .immediate: "BEGIN IMMEDIATE"
            }
        }
    }

    /// Runs `body` in a transaction; any throw rolls it back.
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

    /// The time, in milliseconds, that a call waits for a lock before it fails with SQLITE_BUSY.
    public func setBusyTimeout(milliseconds: Int32) {
        _ = routines.table.pointee.busy_timeout(handle, milliseconds)  // Always SQLITE_OK.
    }

    /// The rows that the last INSERT, UPDATE or DELETE changed.
    public var changeCount: Int64 { routines.table.pointee.changes64(handle) }
    /// The rows changed since the connection was opened.
    public var totalChangeCount: Int64 { routines.table.pointee.total_changes64(handle) }
    /// The rowid of the last INSERT on this connection.
    public var lastInsertRowID: Int64 {
        get { routines.table.pointee.last_insert_rowid(handle) }
        set { routines.table.pointee.set_last_insert_rowid(handle, newValue) }
    }

    /// Makes any running statement stop with SQLITE_INTERRUPT.
    public func interrupt() { interrupter.interrupt() }

    /// A number that differs when another connection has committed to `schema` since the last
    /// snapshot: <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntldataversion>.
    package func dataVersion(schema: StaticString = "main") -> UInt32 {
        var version: UInt32 = 0
        let name = UnsafeRawPointer(schema.utf8Start).assumingMemoryBound(to: CChar.self)
        _ = routines.table.pointee.file_control(
            handle, name, SQLITE_FCNTL_DATA_VERSION, &version)  // Zero when unsupported.
        return version
    }

    /// The statements of this connection that have been stepped and not reset, without those of the
    /// cache and those given.
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

/// One run of a statement, told from all others of its connection.
package struct StatementRun: Hashable {
    fileprivate let handle: OpaquePointer
    private let number: Int

    /// The run of a statement that is running; `last` is the one that was asked for before.
    ///
    /// Finalized statements leave their address to new ones. SQLite counts the starts of a
    /// statement, and the count is reset here: it is zero only as long as the same run goes on. The
    /// one effect is that SQLITE_STMTSTATUS_RUN starts anew: <https://sqlite.org/c3ref/stmt_status.html>.
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
    /// The one statement that runs now, or `nil` when there are several.
    ///
    /// - Parameters:
    ///   - prefix: Statements whose text begins with it do not count.
    ///   - last: What the last call returned that returned something.
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

    /// The text of a running statement with its bound values in it, or `nil` when it writes or is
    /// too long; numbers and blobs may lose digits.
    package func expandedText(of run: StatementRun) -> String? {
        let table = routines.table
        guard table.pointee.stmt_readonly(run.handle) != 0,
            let text = table.pointee.expanded_sql(run.handle)
        else { return nil }
        defer { table.pointee.free(text) }
        return String(cString: text)
    }

    /// What SQLite knows of a column beyond its pragma:
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
