import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct CallbackTests {
    struct Trouble: Error, CustomStringConvertible {
        var description: String { "trouble \"é\"" }
    }

    @Test func `a function gets and returns values exactly, and fails with its own words`() throws {
        let connection = try SampleValues.memory()
        try connection.createFunction("same", argumentCount: -1) { arguments in
            guard arguments.count > 0 else { throw Trouble() }
            guard arguments.count < 3 else {
                throw SQLiteError(extendedCode: 19 | 7 << 8, message: "three are too many")
            }
            return arguments[arguments.count - 1].value
        }
        for value in SampleValues.borders {
            #expect(try connection.rows("SELECT same(1, ?)", value) == [[value]])
        }
        let trouble = #expect(throws: SQLiteError.self) { try connection.rows("SELECT same()") }
        #expect(trouble?.message == "trouble \"é\"")
        #expect(connection.callbackError is Trouble)
        let many = #expect(throws: SQLiteError.self) { try connection.rows("SELECT same(1,2,3)") }
        #expect(many?.extendedCode == 1_811)
        #expect(many?.message == "three are too many")
        #expect(throws: SQLiteError.self) {
            try connection.createFunction("same", argumentCount: 1_000) { _ in .null }
        }
    }

    /// Rows of `main.h(id, v)`, and five rows from elsewhere, in pages of two.
    private final class Tail: VirtualTable {
        let connection: Connection
        var failure: String?
        var isDropped = false
        /// The scans that exist.
        var scanCount = 0
        let columns = UnsafeMutablePointer<Int32>.allocate(capacity: 3)
        let flags = UnsafeMutablePointer<Bool>.allocate(capacity: 3)
        let changes = UnsafeMutablePointer<Int>.allocate(capacity: 1)

        init(_ connection: Connection) {
            self.connection = connection
            columns.initialize(repeating: -1, count: 3)
            (columns[0], columns[1]) = (0, 1)
            flags.initialize(repeating: false, count: 3)
            changes.initialize(to: 0)
        }

        deinit {
            columns.deallocate()
            flags.deallocate()
            changes.deallocate()
        }

        let declaration = "CREATE TABLE x(id INTEGER, v)"
        let hiddenKeyColumns: [Int] = []
        let reportsUnchangedColumns = false
        var allowsDropping: Bool { isDropped }

        func check(_ place: String) throws {
            if failure == place { throw Trouble() }
        }

        func plan(_ request: IndexRequest) throws -> IndexPlan {
            try check("plan")
            return IndexPlan()
        }
        func makeScan(plan: Int32, arguments: Arguments) throws -> any VirtualTableScan {
            try check("filter")
            return TailScan(
                self, statement: try connection.prepare("SELECT id, v FROM h ORDER BY id"))
        }
        func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? {
            try check("update")
            guard arguments.count > 1 else { return nil }
            try connection.run("INSERT INTO h VALUES(?, ?)", arguments[2].value, arguments[3].value)
            return connection.lastInsertRowID
        }
        func begin() throws { try check("begin") }
        func savepoint() {}
        func end(isCommitted: Bool) {}
    }

    private final class TailScan: VirtualTableScan {
        let table: Tail
        let statement: Statement
        var nextID: Int64 = 101

        init(_ table: Tail, statement: Statement) {
            self.table = table
            self.statement = statement
            table.scanCount += 1
        }

        deinit { table.scanCount -= 1 }

        var start: ScanStart {
            let columns = UnsafePointer(table.columns)
            return ScanStart(
                statement: statement, hotColumns: columns,
                hasDirectValue: UnsafePointer(table.flags), pageColumns: columns,
                pageRowidColumn: 0, isUnique: false, endsAfterHotRow: false, order: [],
                changeCounter: UnsafePointer(table.changes))
        }
        func snapshotDidOpen(arguments: Arguments) throws -> Bool { true }
        func nextRun() throws -> Bool { false }
        func isHotRowSuperseded(rowid: Int64) throws -> Bool { false }
        func mustOpenPages(before statement: Statement) throws -> Bool { true }
        func nextPage() throws -> RowBuffer? {
            if nextID > 101 { try table.check("page") }
            guard nextID < 106 else { return nil }
            let page = RowBuffer(columnCount: 2)
            for _ in 0..<2 where nextID < 106 {
                page.beginRow(identifier: nextID)
                page.append(nextID)
                page.append(SampleValues.borders[Int(nextID) % SampleValues.borders.count])
                nextID += 1
            }
            return page
        }
        var pageContent: PageContent { .rows }
        func replacePage(from row: Int) throws -> RowBuffer { throw Trouble() }
        func completeRow(rowid: Int64) throws -> Statement { throw Trouble() }
        func willTouch(row: Int, of page: RowBuffer, rowid: Int64) {}
    }

    private func makeTail() throws -> (Connection, Tail) {
        let connection = try SampleValues.memory()
        try connection.execute("CREATE TABLE h(id INTEGER PRIMARY KEY, v)")
        for (id, value) in SampleValues.borders.enumerated() {
            try connection.run("INSERT INTO h VALUES(?, ?)", .integer(Int64(id)), value)
        }
        let tail = Tail(connection)
        try connection.createModule("tail") { arguments, _ in
            guard arguments.count == 4 else { throw Trouble() }
            #expect(Array(arguments.prefix(3)) == ["tail", "temp", "x"])
            return (tail, 2)
        }
        try connection.execute("CREATE VIRTUAL TABLE temp.x USING tail(1)")
        return (connection, tail)
    }

    @Test func `a virtual table shows the inner rows, then the pages, exactly`() throws {
        let (connection, _) = try makeTail()
        let hot = SampleValues.borders.enumerated().map { [.integer(Int64($0)), $1] }
        let cold = (101...105).map { id -> [Value] in
            [.integer(Int64(id)), SampleValues.borders[id % SampleValues.borders.count]]
        }
        #expect(try connection.rows("SELECT * FROM x") == hot + cold)
        // Cursors are used again, also while others are open and after one was left early.
        #expect(try connection.rows("SELECT id FROM x LIMIT 1") == [[0]])
        let count = Int64(hot.count + cold.count)
        #expect(try connection.integer("SELECT count(*) FROM x a, x b") == count * count)
        #expect(try connection.rows("SELECT rowid FROM x WHERE id = 104") == [[104]])
        try connection.execute("INSERT INTO x VALUES(50, 'new')")
        #expect(try connection.rows("SELECT v FROM x WHERE id = 50") == [["new"]])
        #expect(connection.lastInsertRowID == 50)
    }

    @Test(arguments: ["plan", "filter", "page", "update", "begin"])
    func `what a callback throws is the statement's error`(place: String) throws {
        let (connection, tail) = try makeTail()
        tail.failure = place
        let sql =
            ["update", "begin"].contains(place)
            ? "INSERT INTO x VALUES(51, 'new')" : "SELECT count(*) FROM x"
        let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
        #expect(error?.message == "trouble \"é\"")
        #expect(connection.callbackError is Trouble)
        // A scan ends with its cursor, also where it failed.
        #expect(tail.scanCount == 0)
        tail.failure = nil
        try connection.execute(sql)
        #expect(tail.scanCount == 0)
    }

    @Test func `a table is dropped only when it may be`() throws {
        let (connection, tail) = try makeTail()
        #expect(throws: SQLiteError.self) { try connection.execute("DROP TABLE temp.x") }
        #expect(try connection.integer("SELECT count(*) FROM x WHERE id > 100") == 5)
        tail.isDropped = true
        try connection.execute("DROP TABLE temp.x")
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("CREATE VIRTUAL TABLE temp.y USING tail")
        }
        #expect(error?.message == "trouble \"é\"")
    }
}
