import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// A full disk and other resources that come back are errors of their own, worth another attempt.
@Suite struct LocalResourceTests {
    @Test func `a full database file is a retryable error with a hint`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute("CREATE TABLE t(a)")
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.execute("PRAGMA max_page_count = 4")
        let error = #expect(throws: StretchError.self) {
            try database.execute("INSERT INTO t VALUES (zeroblob(100000))")
        }
        #expect(error?.code == .localUnavailable && error?.code.isRetryable == true)
        #expect(error?.hint == "Free disk space, and try again.")
    }

    @Test(arguments: [ENOSPC, EDQUOT, EMFILE, ENFILE, EIO])
    func `an operating system without room or descriptors is no wrong state`(number: Int32) {
        let error = StretchError(number, "cannot write \"/x\"", hint: "Look at the rights.")
        #expect(error.code == .localUnavailable)
        #expect(error.hint != "Look at the rights.")
        #expect(StretchError(EACCES, "cannot write \"/x\"", hint: "Look.").code == .wrongState)
    }

    @Test func `a file that cannot be opened is judged by the reason`() {
        func code(_ extendedCode: Int32, _ systemCode: Int32) -> StretchError.Code {
            StretchError(
                local: SQLiteError(
                    extendedCode: extendedCode, message: "unable to open database file",
                    systemCode: systemCode)
            ).code
        }
        let (cannotOpen, inputOutput) = (Int32(14), Int32(778))
        #expect(code(cannotOpen, EMFILE) == .localUnavailable)
        #expect(code(cannotOpen, ENOENT) == .statementFailed)
        #expect(code(inputOutput, 0) == .localUnavailable)
    }

    @Test func `a copy that fails says why`() throws {
        let folder = try TemporaryFolder()
        let source = try Connection(
            path: folder.path("a.db"), access: .create, routines: .linked)
        try source.execute("CREATE TABLE t(a)")
        let target = try Connection(
            path: folder.path("b.db"), access: .create, routines: .linked)
        // A database in WAL mode cannot change its page size.
        try target.execute("PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a)")
        let backup = try OnlineBackup(from: source, to: target)
        let error = #expect(throws: SQLiteError.self) { _ = try backup.step(pageCount: 1) }
        #expect(error?.message == "attempt to write a readonly database")
    }
}
