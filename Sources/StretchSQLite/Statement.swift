internal import CSQLite

/// Hooks around a run of a statement.
package protocol StatementEnclosure: AnyObject {
    /// Called before the first step.
    func willBegin() throws(SQLiteError)
    /// Called when the first step completed the statement.
    func didEnd() throws(SQLiteError)
    /// Called when a step has failed, after the statement was reset.
    func didFail(_ error: SQLiteError) throws(SQLiteError)
}

/// A prepared statement, finalized exactly once, used from one thread at a time.
///
/// It may outlive its connection: SQLite closes the file after the last statement is finalized.
/// Source: <https://sqlite.org/c3ref/stmt.html>.
public final class Statement {
    package let handle: OpaquePointer
    private let routines: Routines
    private let table: UnsafePointer<csqlite_routines>
    /// An object that the statement's virtual tables need during its lifetime.
    package var owner: AnyObject?
    /// Called when a step has failed; `true` runs the statement again from its start.
    ///
    /// It applies only to statements that fail before their first row.
    package var recovery: ((SQLiteError) throws(SQLiteError) -> Bool)?
    /// The hooks around a run of the statement.
    package var enclosure: (any StatementEnclosure)?
    #if DEBUG
        /// Called when the statement has completed.
        package var didEnd: (() throws(SQLiteError) -> Void)?
    #endif

    init(
        _ sql: UnsafeBufferPointer<CChar>, on connection: Connection, isPersistent: Bool,
        tail: inout Int
    ) throws(SQLiteError) {
        let table = connection.routines.table
        var handle: OpaquePointer?
        var rest: UnsafePointer<CChar>?
        let flags = isPersistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = table.pointee.prepare_v3(
            connection.handle, sql.baseAddress, Int32(sql.count), flags, &handle, &rest)
        guard code == SQLITE_OK else {
            let text = sql.baseAddress.map { String(cString: $0) }
            throw SQLiteError(connection.routines, connection.handle, code: code, sql: text)
        }
        tail = rest.map { UnsafeRawPointer($0) - UnsafeRawPointer(sql.baseAddress!) } ?? sql.count
        guard let handle else { throw SQLiteError(extendedCode: SQLITE_OK, message: "") }
        self.handle = handle
        self.routines = connection.routines
        self.table = table
    }

    // The result repeats the last step's error, already thrown.
    // https://sqlite.org/c3ref/finalize.html
    deinit { _ = table.pointee.finalize(handle) }

    /// The statement's text, without bound values.
    public var sql: String { table.pointee.sql(handle).map { String(cString: $0) } ?? "" }

    /// Whether the statement cannot change the database: <https://sqlite.org/c3ref/stmt_readonly.html>.
    public var isReadOnly: Bool { table.pointee.stmt_readonly(handle) != 0 }

    /// Whether the statement has been stepped, but neither completed nor reset.
    package var isBusy: Bool { table.pointee.stmt_busy(handle) != 0 }

    // MARK: Binding

    /// The number of parameters.
    public var parameterCount: Int { Int(table.pointee.bind_parameter_count(handle)) }

    /// Returns the name of a parameter with its first character, such as `@name` or `?1`; `nil` for
    /// `?`.
    ///
    /// - Parameter index: `1...parameterCount`.
    public func parameterName(_ index: Int) -> String? {
        table.pointee.bind_parameter_name(handle, Int32(index)).map { String(cString: $0) }
    }

    /// Binds values to the parameters 1, 2, 3 …; the remaining parameters are unchanged.
    ///
    /// - Throws: A range error if there are more values than parameters.
    @discardableResult
    public func bind(_ values: [Value]) throws(SQLiteError) -> Statement {
        for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
        return self
    }

    /// Binds one value to the parameter at `index`, starting at 1.
    public func bind(_ value: Value, at index: Int) throws(SQLiteError) {
        let index = Int32(index)
        let code: Int32
        switch value {
        case .null: code = table.pointee.bind_null(handle, index)
        case .integer(let value): code = table.pointee.bind_int64(handle, index, value)
        case .real(let value): code = table.pointee.bind_double(handle, index, value)
        case .text(let text):
            code = text.bytes.withUnsafeBytes { bind(text: $0, at: index) }
        case .blob(let bytes):
            code = bytes.withUnsafeBytes { bind(blob: $0, at: index) }
        }
        try check(code)
    }

    package func bind(integer value: Int64, at index: Int) throws(SQLiteError) {
        try check(table.pointee.bind_int64(handle, Int32(index), value))
    }

    /// Binds a value that SQLite passed to a callback.
    package func bind(_ value: ValuePointer, at index: Int) throws(SQLiteError) {
        try check(table.pointee.bind_value(handle, Int32(index), value.pointer))
    }

    private func bind(text: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        // An empty array may have no address, and a null pointer would bind NULL.
        let address = text.baseAddress ?? UnsafeRawPointer(handle)
        return table.pointee.bind_text64(
            handle, index, address.assumingMemoryBound(to: CChar.self), UInt64(text.count),
            csqlite_transient(), UInt8(SQLITE_UTF8))
    }

    private func bind(blob: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        guard blob.count > 0 else { return table.pointee.bind_zeroblob(handle, index, 0) }
        return table.pointee.bind_blob64(
            handle, index, blob.baseAddress, UInt64(blob.count), csqlite_transient())
    }

    /// Binds the value of an encoded row; the row must outlive the next `reset`.
    package func bind(_ value: EncodedValue, at index: Int) throws(SQLiteError) {
        let index = Int32(index)
        let code: Int32
        switch value.tag {
        case .null: code = table.pointee.bind_null(handle, index)
        case .integer: code = table.pointee.bind_int64(handle, index, value.integer)
        case .real: code = table.pointee.bind_double(handle, index, value.real)
        case .text:
            let bytes = value.bytes
            code = table.pointee.bind_text64(
                handle, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
        case .blob:
            let bytes = value.bytes
            code =
                bytes.count == 0
                ? table.pointee.bind_zeroblob(handle, index, 0)
                : table.pointee.bind_blob64(
                    handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
        }
        try check(code)
    }

    // MARK: Stepping

    /// Advances to the next row.
    ///
    /// - Returns: `false` at the end; the statement is then ready to be reset or stepped again.
    /// - Throws: The errors of SQLite; the statement is reset.
    @discardableResult
    public func step() throws(SQLiteError) -> Bool {
        let code = try enclosure == nil ? table.pointee.step(handle) : enclosedStep()
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else { return try recover(from: code) }
        #if DEBUG
            try didEnd?()
        #endif
        return false
    }

    @inline(never)
    private func recover(from code: Int32) throws(SQLiteError) -> Bool {
        var code = code
        while code != SQLITE_ROW, code != SQLITE_DONE {
            let error = SQLiteError(routines, table.pointee.db_handle(handle), code: code, sql: sql)
            _ = table.pointee.reset(handle)  // Repeats the error just taken.
            try enclosure?.didFail(error)
            guard let recovery, try recovery(error) else { throw error }
            code = try enclosedStep()
        }
        return code == SQLITE_ROW
    }

    @inline(never)
    private func enclosedStep() throws(SQLiteError) -> Int32 {
        guard let enclosure, !isBusy else { return table.pointee.step(handle) }
        try enclosure.willBegin()
        let code = table.pointee.step(handle)
        guard code == SQLITE_DONE else { return code }
        do throws(SQLiteError) {
            try enclosure.didEnd()
        } catch {
            reset()
            throw error
        }
        return code
    }

    /// Resets the statement so that it can run again; bound values are kept.
    public func reset() {
        _ = table.pointee.reset(handle)  // Repeats the last step's error, already thrown.
    }

    /// Sets every parameter to NULL.
    public func clearBindings() { _ = table.pointee.clear_bindings(handle) }  // Always SQLITE_OK.

    /// Runs the statement to its end, discards rows, and resets it.
    public func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Runs the statement with the given values to its end, and resets it.
    public func run(_ values: Value...) throws(SQLiteError) {
        try bind(values)
        try run()
    }

    /// Runs the statement with the given values, returns all rows, and resets it.
    public func rows(_ values: Value...) throws(SQLiteError) -> [[Value]] {
        try bind(values)
        defer { reset() }
        var rows: [[Value]] = []
        while try step() { rows.append((0..<columnCount).map { column($0) }) }
        return rows
    }

    /// Returns the first row, or `nil`, and resets the statement.
    public func firstRow(_ values: Value...) throws(SQLiteError) -> [Value]? {
        try bind(values)
        defer { reset() }
        guard try step() else { return nil }
        return (0..<columnCount).map { column($0) }
    }

    // MARK: Columns

    /// The number of result columns; zero for a statement that returns no rows.
    public var columnCount: Int { Int(table.pointee.column_count(handle)) }

    /// Returns the name of a result column; indexes start at 0.
    public func columnName(_ index: Int) -> String {
        table.pointee.column_name(handle, Int32(index)).map { String(cString: $0) } ?? ""
    }

    /// Returns the value of a column of the current row; indexes start at 0.
    public func column(_ index: Int) -> Value {
        let index = Int32(index)
        switch table.pointee.column_type(handle, index) {
        case SQLITE_INTEGER: return .integer(table.pointee.column_int64(handle, index))
        case SQLITE_FLOAT: return .real(table.pointee.column_double(handle, index))
        case SQLITE_TEXT:
            let text = UnsafeRawPointer(table.pointee.column_text(handle, index))
            return .text(Text(bytes: bytes(at: text, of: index)))
        case SQLITE_BLOB:
            return .blob(bytes(at: table.pointee.column_blob(handle, index), of: index))
        default: return .null
        }
    }

    /// Returns a column of the current row as an integer; SQLite converts other types.
    public func integer(_ index: Int) -> Int64 { table.pointee.column_int64(handle, Int32(index)) }

    /// Returns a column of the current row as text, or `nil` for NULL.
    public func string(_ index: Int) -> String? {
        table.pointee.column_text(handle, Int32(index)).map { String(cString: $0) }
    }

    /// Returns a column of the current row as bytes; empty for NULL.
    public func bytes(_ index: Int) -> [UInt8] {
        let index = Int32(index)
        return bytes(at: table.pointee.column_blob(handle, index), of: index)
    }

    private func bytes(at address: UnsafeRawPointer?, of index: Int32) -> [UInt8] {
        // The length must be read after the pointer: https://sqlite.org/c3ref/column_blob.html
        let count = Int(table.pointee.column_bytes(handle, index))
        guard let address, count > 0 else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: address, count: count))
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK else { return }
        throw SQLiteError(routines, table.pointee.db_handle(handle), code: code, sql: sql)
    }
}
