import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// What `stretch status` shows as text.
@Suite struct StatusCommandTests {
    @Test func `status shows the cold rows that hot rows hide`() throws {
        let sample = try CommandSample(isStretched: true)
        let plain = try Connection(
            path: sample.folder.path("app.db"), access: .readWrite, routines: .linked)
        try plain.execute("INSERT INTO orders VALUES(2, 2020, 1.0)")
        #expect(try sample.run(["status", "app.db"]).output.contains("Shadowed   1 cold row"))
    }
}
