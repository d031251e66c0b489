import Stretch
import Testing

@testable import StretchSQLite

@Suite struct WALResetBugTests {
    @Test(
        arguments: [
            (3_006_023, false), (3_007_000, true), (3_040_001, true), (3_044_005, true),
            (3_044_006, false), (3_044_009, false), (3_045_000, true), (3_050_006, true),
            (3_050_007, false), (3_051_000, true), (3_051_002, true), (3_051_003, false),
            (3_053_000, false), (4_000_000, false),
        ] as [(Int32, Bool)])
    func `the versions with the WAL-reset bug are known`(version: Int32, hasBug: Bool) {
        #expect(Routines.hasWALResetBug(version) == hasBug)
    }

    @Test func `a warning names the version that is used`() throws {
        let hasBug = Routines.hasWALResetBug(Routines.linked.versionNumber)
        #expect((Routines.linked.walResetWarning != nil) == hasBug)
        guard let warning = Routines.linked.walResetWarning else { return }
        let version = try Connection(path: ":memory:", access: .create, routines: .linked)
            .string("SELECT sqlite_version()")
        #expect(warning.contains("SQLite \(version ?? "?"),"))
    }
}
