import Foundation
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import StretchTimeline
import Testing

/// Backups that were made in the middle of a retirement, on both remotes.
@Suite struct RetirementBackupTests {
    /// The keystore's folder is put back as it was: a power cut took the notes of what was seen.
    private func forgetNotes(_ sample: TimelineSample, since saved: String) throws {
        let keystore = sample.folder.path("keystore")
        for name in try FileManager.default.contentsOfDirectory(atPath: saved) {
            try? FileManager.default.removeItem(atPath: "\(keystore)/\(name)")
            try FileManager.default.copyItem(
                atPath: "\(saved)/\(name)", toPath: "\(keystore)/\(name)")
        }
    }

    private func migrate(_ sample: TimelineSample, backingUpAt point: CrashPoint) throws {
        let migrator = try Migrator(path: sample.path, configuration: sample.configuration())
        var isMade = false
        migrator.atCrashPoint = { now in
            guard now == point, !isMade else { return }
            isMade = true
            #expect(throws: Never.self) { try sample.backUp(to: "backup.db") }
        }
        try migrator.migrate()
        #expect(isMade)
    }

    @Test(arguments: ["file", "postgresql"], [CrashPoint.afterBegin, .afterRetire])
    func `one that nobody knows to be old reads all rows after the batch was collected`(
        _ kind: String, _ point: CrashPoint
    ) throws {
        let sample = try TimelineSample(kind)
        try sample.open().migrate(batchRowCount: 10)
        try sample.open().execute("DELETE FROM t WHERE id BETWEEN 11 AND 20")
        let rows = try TimelineSample.contents(sample.open())
        let saved = sample.folder.path("saved")
        try FileManager.default.copyItem(atPath: sample.folder.path("keystore"), toPath: saved)
        try migrate(sample, backingUpAt: point)
        try sample.open().remote.setRetention(.zero)
        #expect(try sample.open().remote.collectGarbage().batches == 1)

        try sample.restoreInPlace("backup.db")
        try forgetNotes(sample, since: saved)
        let restored = try sample.open()
        #expect(try restored.status().database.linkState == .connected)
        #expect(try restored.status().database.pendingStep == .retirement)
        #expect(try TimelineSample.contents(restored) == rows)
        #expect(try restored.query("SELECT count(*) FROM t").rows == [[50]])
        #expect(try restored.query("SELECT * FROM t WHERE id = 15").rows.isEmpty)
        try restored.execute("UPDATE t SET v = 'again' WHERE id IN (1, 15, 21)")
        #expect(try restored.verify().isSound)
        // The step is finished, and life goes on.
        try restored.migrate()
        #expect(try restored.status().database.pendingStep == nil)
        #expect(try restored.verify().isSound)
        #expect(try restored.query("SELECT count(*) FROM t").rows == [[50]])
    }
}
