internal import CSQLite

/// The storage of SQLite's table object: plain data.
struct TableStorage {
    var base = sqlite3_vtab.init()
    let table: UnsafePointer<csqlite_routines>
    let box: Unmanaged<TableBox>
    let hiddenKeyColumn: Int32
    let columnCount: Int
    var isWriting = false
    var freeCursors: UnsafeMutablePointer<CursorStorage>?
}

/// The objects of one table.
final class TableBox {
    let virtualTable: any VirtualTable
    let hiddenKeyColumns: [Int]

    init(_ virtualTable: any VirtualTable) {
        self.virtualTable = virtualTable
        hiddenKeyColumns = virtualTable.hiddenKeyColumns
    }
}

/// Creates a virtual table.
///
/// The arguments are those of CREATE VIRTUAL TABLE: module, schema, table, then the text between
/// the parentheses. `isNew` is false for a table that already exists in its schema.
package typealias VirtualTableConnecting =
    (_ arguments: [String], _ isNew: Bool) throws -> (table: any VirtualTable, columnCount: Int)

private final class ModuleBox {
    let routines: Routines
    let connect: VirtualTableConnecting

    init(routines: Routines, connect: @escaping VirtualTableConnecting) {
        self.routines = routines
        self.connect = connect
    }
}

extension Connection {
    /// Registers a module of virtual tables: <https://sqlite.org/c3ref/create_module.html>.
    ///
    /// - Parameter connect: Creates the table, and returns the number of its declared columns
    ///   without the hidden one.
    package func createModule(
        _ name: String, connect: @escaping VirtualTableConnecting
    ) throws(SQLiteError) {
        let box = Unmanaged.passRetained(ModuleBox(routines: routines, connect: connect))
        let code = routines.table.pointee.create_module_v2(
            handle, name, VirtualTableModule.callbacks, box.toOpaque(),
            { Unmanaged<ModuleBox>.fromOpaque($0!).release() })
        guard code == SQLITE_OK else { throw SQLiteError(routines, handle, code: code) }
    }
}

private typealias TablePointer = UnsafeMutablePointer<TableStorage>
private typealias CursorPointer = UnsafeMutablePointer<CursorStorage>

/// SQLite's callbacks.
///
/// Each runs `body` and converts an error to a result code and the table's message.
private enum VirtualTableModule {
    /// One module for all connections; SQLite keeps the address and never writes to it.
    nonisolated(unsafe) static let callbacks: UnsafePointer<sqlite3_module> = {
        let module = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        var callbacks = sqlite3_module.init()
        callbacks.iVersion = 2
        callbacks.xCreate = { connect($0, $1, $2, $3, $4, $5, isNew: true) }
        callbacks.xConnect = { connect($0, $1, $2, $3, $4, $5, isNew: false) }
        callbacks.xBestIndex = { bestIndex($0, $1) }
        callbacks.xDisconnect = { disconnect($0) }
        callbacks.xDestroy = { destroy($0) }
        callbacks.xOpen = { open($0, $1) }
        callbacks.xClose = { close($0) }
        callbacks.xFilter = { filter($0, $1, $3, $4) }
        callbacks.xNext = { next($0) }
        callbacks.xEof = { cursor($0).pointee.source == .end ? 1 : 0 }
        callbacks.xColumn = { column($0, $1, $2) }
        callbacks.xRowid = { rowid($0, $1) }
        callbacks.xUpdate = { update($0, $1, $2, $3) }
        callbacks.xBegin = { table in
            perform(table) {
                try $0.virtualTable.begin()
                table!.withTable { $0.pointee.isWriting = true }
            }
        }
        callbacks.xSync = { _ in SQLITE_OK }
        callbacks.xCommit = { end($0, isCommitted: true) }
        callbacks.xRollback = { end($0, isCommitted: false) }
        callbacks.xSavepoint = { table, _ in perform(table) { $0.virtualTable.savepoint() } }
        callbacks.xRelease = { _, _ in SQLITE_OK }
        callbacks.xRollbackTo = { table, _ in perform(table) { $0.virtualTable.savepoint() } }
        callbacks.xRename = { table, _ in
            perform(table) { _ in
                throw SQLiteError(
                    extendedCode: SQLITE_ERROR, message: "a stretch-enabled table has a fixed name")
            }
        }
        module.initialize(to: callbacks)
        return UnsafePointer(module)
    }()

    // MARK: Tables

    private static func connect(
        _ db: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ count: Int32,
        _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, isNew: Bool
    ) -> Int32 {
        let module = Unmanaged<ModuleBox>.fromOpaque(context!).takeUnretainedValue()
        let table = module.routines.table
        do {
            let texts = (0..<Int(count)).map { arguments![$0].map { String(cString: $0) } ?? "" }
            let (virtualTable, columnCount) = try module.connect(texts, isNew)
            let code = table.pointee.declare_vtab(db, virtualTable.declaration)
            guard code == SQLITE_OK else { throw SQLiteError(module.routines, db, code: code) }
            _ = csqlite_vtab_config(table, db, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1)
            // Triggers of schema temp must write to it even if the schema is not trusted. Objects
            // of the file cannot name a table of schema temp.
            _ = csqlite_vtab_config(table, db, SQLITE_VTAB_INNOCUOUS, 0)
            let box = TableBox(virtualTable)
            let storage = TablePointer.allocate(capacity: 1)
            storage.initialize(
                to: TableStorage(
                    table: table, box: Unmanaged.passRetained(box),
                    hiddenKeyColumn: box.hiddenKeyColumns.isEmpty ? -1 : Int32(columnCount),
                    columnCount: columnCount))
            result!.pointee = UnsafeMutableRawPointer(storage)
                .assumingMemoryBound(to: sqlite3_vtab.self)
            return SQLITE_OK
        } catch {
            message!.pointee = csqlite_copy_string(table, errorMessage(error))
            return (error as? SQLiteError)?.extendedCode ?? SQLITE_ERROR
        }
    }

    private static func disconnect(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> Int32 {
        table!.withTable { storage in
            var free = storage.pointee.freeCursors
            while let cursor = free {
                free = cursor.pointee.nextFree
                cursor.pointee.box.release()
                cursor.pointee.columnOffsets.deallocate()
                cursor.pointee.hotValues.deallocate()
                cursor.deallocate()
            }
            storage.pointee.box.release()
            storage.deallocate()
        }
        return SQLITE_OK
    }

    private static func destroy(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> Int32 {
        let code = perform(table) { box in
            guard box.virtualTable.allowsDropping else {
                throw SQLiteError(
                    extendedCode: SQLITE_ERROR,
                    message: "a stretch-enabled table cannot be dropped: disable it first")
            }
        }
        return code == SQLITE_OK ? disconnect(table) : code
    }

    // MARK: Cursors

    private static func open(
        _ table: UnsafeMutablePointer<sqlite3_vtab>?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
    ) -> Int32 {
        table!.withTable { storage in
            let cursor = storage.pointee.freeCursors ?? makeCursor(storage)
            storage.pointee.freeCursors = cursor.pointee.nextFree
            cursor.pointee.nextFree = nil
            result!.pointee = UnsafeMutableRawPointer(cursor)
                .assumingMemoryBound(to: sqlite3_vtab_cursor.self)
        }
        return SQLITE_OK
    }

    private static func makeCursor(_ table: TablePointer) -> CursorPointer {
        let cursor = CursorPointer.allocate(capacity: 1)
        cursor.initialize(
            to: CursorStorage(
                table: table.pointee.table, box: Unmanaged.passRetained(ScanBox()), vtab: table,
                columnOffsets: .allocate(capacity: table.pointee.columnCount + 1),
                hotValues: .allocate(capacity: table.pointee.columnCount + 1),
                hotColumns: noColumns, pageColumns: noColumns, changeCounter: noChanges))
        return cursor
    }

    // Never read: every scan sets its own columns before the first row.
    nonisolated(unsafe) private static let noColumns = UnsafePointer(
        UnsafeMutablePointer<Int32>.allocate(capacity: 1))
    // Never read either.
    nonisolated(unsafe) private static let noChanges = UnsafePointer(
        UnsafeMutablePointer<Int>.allocate(capacity: 1))

    private static func close(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        let cursor = cursor(pointer)
        cursor.end()
        let table = cursor.pointee.vtab
        cursor.pointee.nextFree = table.pointee.freeCursors
        table.pointee.freeCursors = cursor
        return SQLITE_OK
    }

    @inline(__always)
    private static func cursor(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?
    ) -> CursorPointer {
        // The storage starts with SQLite's part.
        UnsafeMutableRawPointer(pointer.unsafelyUnwrapped)
            .assumingMemoryBound(to: CursorStorage.self)
    }

    private static func filter(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ plan: Int32, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 {
        let cursor = cursor(pointer)
        do {
            try cursor.begin(
                plan: plan,
                arguments: Arguments(
                    values: values, count: Int(count), table: cursor.pointee.table))
            return SQLITE_OK
        } catch {
            return fail(cursor.pointee.vtab, error)
        }
    }

    private static func next(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        let cursor = cursor(pointer)
        do {
            try cursor.advance()
            return SQLITE_OK
        } catch {
            return fail(cursor.pointee.vtab, error)
        }
    }

    private static func column(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ context: OpaquePointer?,
        _ column: Int32
    ) -> Int32 {
        let cursor = cursor(pointer)
        do {
            // An UPDATE that does not change the column needs no value of a hot row:
            // https://sqlite.org/c3ref/vtab_nochange.html
            let storage = cursor.pointee.vtab
            if storage.pointee.isWriting,
                cursor.pointee.table.pointee.vtab_nochange(context) != 0
            {
                if cursor.pointee.source == .hot
                    || storage.pointee.box._withUnsafeGuaranteedRef({
                        $0.virtualTable.reportsUnchangedColumns
                    })
                {
                    return SQLITE_OK
                }
                if column < 64 { cursor.pointee.unchangedColumns |= 1 << UInt64(column) }
            }
            try cursor.setResult(column: column, of: context)
            return SQLITE_OK
        } catch {
            return fail(cursor.pointee.vtab, error)
        }
    }

    private static func rowid(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?,
        _ result: UnsafeMutablePointer<sqlite3_int64>?
    ) -> Int32 {
        let cursor = cursor(pointer)
        do {
            result!.pointee = try cursor.rowid()
            return SQLITE_OK
        } catch {
            return fail(cursor.pointee.vtab, error)
        }
    }

    // MARK: Writing

    private static func update(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab>?, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?,
        _ result: UnsafeMutablePointer<sqlite3_int64>?
    ) -> Int32 {
        perform(pointer) { box in
            try pointer!.withTable { storage in
                let table = storage.pointee.table
                let db = box.virtualTable.handle
                let conflict = ConflictMode(code: table.pointee.vtab_on_conflict(db))
                let arguments = Arguments(values: values, count: Int(count), table: table)
                if let rowid = try box.virtualTable.update(arguments, conflict) {
                    result!.pointee = rowid
                }
            }
        }
    }

    private static func end(
        _ table: UnsafeMutablePointer<sqlite3_vtab>?, isCommitted: Bool
    ) -> Int32 {
        perform(table) { box in
            table!.withTable { $0.pointee.isWriting = false }
            box.virtualTable.end(isCommitted: isCommitted)
        }
    }

    // MARK: Errors

    @inline(__always)
    private static func perform(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab>?, _ body: (TableBox) throws -> Void
    ) -> Int32 {
        pointer!.withTable { storage in
            do {
                try storage.pointee.box._withUnsafeGuaranteedRef(body)
                return SQLITE_OK
            } catch {
                return fail(storage, error)
            }
        }
    }

    /// Passes the error to SQLite, which frees the message: <https://sqlite.org/vtab.html#zErrMsg>.
    @inline(never)
    private static func fail(_ storage: TablePointer, _ error: any Error) -> Int32 {
        let table = storage.pointee.table
        storage.pointee.box._withUnsafeGuaranteedRef {
            $0.virtualTable.connection.noteCallbackError(error)
        }
        table.pointee.free(storage.pointee.base.zErrMsg)
        storage.pointee.base.zErrMsg = csqlite_copy_string(table, errorMessage(error))
        return (error as? SQLiteError)?.extendedCode ?? SQLITE_ERROR
    }

    // MARK: Planning

    private static func bestIndex(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab>?,
        _ info: UnsafeMutablePointer<sqlite3_index_info>?
    ) -> Int32 {
        perform(pointer) { box in
            try pointer!.withTable { storage in
                let table = storage.pointee.table
                let request = IndexRequest(info!, table)
                let plan = try box.virtualTable.plan(request)
                for (position, argument) in plan.arguments.enumerated() {
                    info!.pointee.aConstraintUsage[argument.constraint].argvIndex =
                        Int32(position + 1)
                    if argument.isExact {
                        info!.pointee.aConstraintUsage[argument.constraint].omit = 1
                    }
                    if argument.isList {
                        _ = table.pointee.vtab_in(info, Int32(argument.constraint), 1)
                    }
                }
                info!.pointee.idxNum = plan.number
                info!.pointee.estimatedCost = plan.cost
                info!.pointee.estimatedRows = plan.rowCount
                info!.pointee.orderByConsumed = plan.isOrdered ? 1 : 0
                if plan.isUnique { info!.pointee.idxFlags |= SQLITE_INDEX_SCAN_UNIQUE }
            }
        }
    }
}

extension VirtualTable {
    fileprivate var handle: OpaquePointer? { connection.handle }
}

extension UnsafeMutablePointer where Pointee == sqlite3_vtab {
    /// The storage that begins with SQLite's part.
    @inline(__always)
    fileprivate func withTable<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<TableStorage>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawPointer(self).assumingMemoryBound(to: TableStorage.self))
    }
}
