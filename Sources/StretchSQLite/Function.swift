internal import CSQLite
internal import Synchronization

/// A value that SQLite owns and lends to a callback; valid until the callback returns.
package struct ValuePointer {
    let pointer: OpaquePointer
    let table: UnsafePointer<csqlite_routines>

    package var integer: Int64 { table.pointee.value_int64(pointer) }
    package var isNull: Bool { table.pointee.value_type(pointer) == SQLITE_NULL }
    package var isNumber: Bool {
        let type = table.pointee.value_type(pointer)
        return type == SQLITE_INTEGER || type == SQLITE_FLOAT
    }
    /// Whether it was bound to a parameter: <https://sqlite.org/c3ref/value_blob.html>.
    package var isBound: Bool { table.pointee.value_frombind(pointer) != 0 }
    /// The first byte of a text, or `nil` for an empty text or any other value.
    package var firstByte: UInt8? {
        guard table.pointee.value_type(pointer) == SQLITE_TEXT,
            let text = table.pointee.value_text(pointer), table.pointee.value_bytes(pointer) > 0
        else { return nil }
        return text.pointee
    }
    package var isText: Bool { table.pointee.value_type(pointer) == SQLITE_TEXT }
    package var isInteger: Bool { table.pointee.value_type(pointer) == SQLITE_INTEGER }

    /// Whether an UPDATE leaves this column unchanged:
    /// <https://sqlite.org/c3ref/value_nochange.html>.
    package var isUnchanged: Bool { table.pointee.value_nochange(pointer) != 0 }

    /// The value, copied.
    package var value: Value {
        switch table.pointee.value_type(pointer) {
        case SQLITE_INTEGER: return .integer(table.pointee.value_int64(pointer))
        case SQLITE_FLOAT: return .real(table.pointee.value_double(pointer))
        case SQLITE_TEXT:
            let text = UnsafeRawPointer(table.pointee.value_text(pointer))
            return .text(Text(bytes: bytes(at: text)))
        case SQLITE_BLOB: return .blob(bytes(at: table.pointee.value_blob(pointer)))
        default: return .null
        }
    }

    private func bytes(at address: UnsafeRawPointer?) -> [UInt8] {
        let count = Int(table.pointee.value_bytes(pointer))
        guard let address, count > 0 else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: address, count: count))
    }

    /// Whether the value equals an encoded one, in storage class and bits.
    package func isIdentical(to encoded: EncodedValue) -> Bool {
        switch (table.pointee.value_type(pointer), encoded.tag) {
        case (SQLITE_NULL, .null): return true
        case (SQLITE_INTEGER, .integer):
            return table.pointee.value_int64(pointer) == encoded.integer
        case (SQLITE_FLOAT, .real):
            return table.pointee.value_double(pointer).bitPattern == encoded.real.bitPattern
        case (SQLITE_TEXT, .text):
            let text = UnsafeRawPointer(table.pointee.value_text(pointer))
            return isEqual(text, encoded.bytes)
        case (SQLITE_BLOB, .blob):
            return isEqual(table.pointee.value_blob(pointer), encoded.bytes)
        default: return false
        }
    }

    private func isEqual(_ address: UnsafeRawPointer?, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard Int(table.pointee.value_bytes(pointer)) == bytes.count else { return false }
        guard bytes.count > 0 else { return true }
        return csqlite_compare(address, bytes.baseAddress, bytes.count) == 0
    }
}

/// The arguments of a callback; valid until it returns.
package struct Arguments {
    let values: UnsafeMutablePointer<OpaquePointer?>?
    package let count: Int
    let table: UnsafePointer<csqlite_routines>

    package subscript(index: Int) -> ValuePointer {
        precondition(index < count)
        // SQLite passes `count` values, none of them null.
        return ValuePointer(pointer: values.unsafelyUnwrapped[index]!, table: table)
    }
}

/// The body of an SQL function, which returns the result or throws the statement's error.
package typealias FunctionBody = (Arguments) throws -> Value

private final class FunctionBox {
    let body: FunctionBody
    // The host may keep the function longer than this object.
    weak var connection: Connection?

    init(_ body: @escaping FunctionBody, _ connection: Connection) {
        self.body = body
        self.connection = connection
    }
}

extension Connection {
    /// Registers an SQL function for this connection: <https://sqlite.org/appfunc.html>.
    ///
    /// Views, triggers and expressions in the file cannot call it; statements and objects of schema
    /// temp can.
    ///
    /// - Parameter argumentCount: The number of arguments; -1 for any.
    package func createFunction(
        _ name: String, argumentCount: Int, isDeterministic: Bool = false,
        _ body: @escaping FunctionBody
    ) throws(SQLiteError) {
        let flags =
            SQLITE_UTF8 | SQLITE_DIRECTONLY | (isDeterministic ? SQLITE_DETERMINISTIC : 0)
        guard let callback = FunctionSlots.callback(for: routines.table) else {
            throw SQLiteError(
                extendedCode: SQLITE_MISUSE,
                message: "more than four SQLite libraries in one process")
        }
        let box = Unmanaged.passRetained(FunctionBox(body, self))
        let code = routines.table.pointee.create_function_v2(
            handle, name, Int32(argumentCount), flags, box.toOpaque(), callback, nil, nil,
            { Unmanaged<FunctionBox>.fromOpaque($0!).release() })
        guard code == SQLITE_OK else { throw SQLiteError(routines, handle, code: code) }
    }
}

/// Reports the error of a callback to SQLite: the message, and the code if there is one.
func report(
    _ error: any Error, to context: OpaquePointer?, _ table: UnsafePointer<csqlite_routines>
) {
    let message = errorMessage(error)
    table.pointee.result_error(context, message, -1)
    // The code is set second, because it keeps an existing message.
    if let error = error as? SQLiteError {
        table.pointee.result_error_code(context, error.extendedCode)
    }
}

func errorMessage(_ error: any Error) -> String {
    (error as? SQLiteError)?.message ?? String(describing: error)
}

/// The routine tables of this process, each with a separate callback.
///
/// `sqlite3_user_data`, which leads from a context to our objects, must be called through the right
/// table, and a context does not identify its library.
private enum FunctionSlots {
    typealias Callback =
        @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void

    static let callbacks: [Callback] = [
        { call(0, $0, $1, $2) }, { call(1, $0, $1, $2) },
        { call(2, $0, $1, $2) }, { call(3, $0, $1, $2) },
    ]
    // Written once per slot under `count`'s lock, before the callback of the slot is registered.
    nonisolated(unsafe) static let tables =
        UnsafeMutablePointer<UnsafePointer<csqlite_routines>>.allocate(capacity: 4)
    private static let count = Mutex(0)

    static func callback(for table: UnsafePointer<csqlite_routines>) -> Callback? {
        count.withLock { count in
            for slot in 0..<count where tables[slot] == table { return callbacks[slot] }
            guard count < callbacks.count else { return nil }
            (tables + count).initialize(to: table)
            count += 1
            return callbacks[count - 1]
        }
    }

    @inline(__always)
    static func call(
        _ slot: Int, _ context: OpaquePointer?, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        let table = tables[slot]
        guard let box = table.pointee.user_data(context) else { return }
        Unmanaged<FunctionBox>.fromOpaque(box)._withUnsafeGuaranteedRef { function in
            do {
                let arguments = Arguments(values: values, count: Int(count), table: table)
                setResult(try function.body(arguments), of: context, table)
            } catch {
                function.connection?.noteCallbackError(error)
                report(error, to: context, table)
            }
        }
    }
}

func setResult(
    _ value: Value, of context: OpaquePointer?, _ table: UnsafePointer<csqlite_routines>
) {
    switch value {
    case .null: table.pointee.result_null(context)
    case .integer(let value): table.pointee.result_int64(context, value)
    case .real(let value): table.pointee.result_double(context, value)
    case .text(let text):
        text.bytes.withUnsafeBytes {
            setResult(text: $0, of: context, table)
        }
    case .blob(let bytes):
        bytes.withUnsafeBytes { setResult(blob: $0, of: context, table) }
    }
}

/// Copies a value of another statement.
///
/// `sqlite3_result_value` would allocate memory for each text; this copy reuses the memory of the
/// previous row's result. The database's encoding is UTF-8, so no text is converted.
@inline(__always)
func setResult(
    copyOf value: OpaquePointer?, of context: OpaquePointer?,
    _ table: UnsafePointer<csqlite_routines>
) {
    switch table.pointee.value_type(value) {
    case SQLITE_INTEGER: table.pointee.result_int64(context, table.pointee.value_int64(value))
    case SQLITE_FLOAT: table.pointee.result_double(context, table.pointee.value_double(value))
    case SQLITE_TEXT:
        let bytes = UnsafeRawPointer(table.pointee.value_text(value))
        setResult(
            text: UnsafeRawBufferPointer(
                start: bytes, count: Int(table.pointee.value_bytes(value))), of: context, table)
    case SQLITE_BLOB:
        let bytes = table.pointee.value_blob(value)
        setResult(
            blob: UnsafeRawBufferPointer(
                start: bytes, count: Int(table.pointee.value_bytes(value))), of: context, table)
    default: table.pointee.result_null(context)
    }
}

@inline(__always)
func setResult(
    text: UnsafeRawBufferPointer, of context: OpaquePointer?,
    _ table: UnsafePointer<csqlite_routines>
) {
    // A null pointer would be a NULL value, which an empty text is not.
    let address = text.baseAddress ?? UnsafeRawPointer(table)
    table.pointee.result_text64(
        context, address.assumingMemoryBound(to: CChar.self), UInt64(text.count),
        csqlite_transient(), UInt8(SQLITE_UTF8))
}

@inline(__always)
func setResult(
    blob: UnsafeRawBufferPointer, of context: OpaquePointer?,
    _ table: UnsafePointer<csqlite_routines>
) {
    let address = blob.baseAddress ?? UnsafeRawPointer(table)
    table.pointee.result_blob64(
        context, address, UInt64(blob.count), csqlite_transient())
}
