import Foundation
import StretchCore
import StretchEngine
import StretchKeystore
import StretchMigration
import StretchTestSupport
import Testing

/// What is no longer needed goes.
@Suite struct LeftoverTests {
    @Test func `disabling leaves no lease beside the file`() throws {
        let sample = try TimelineSample()
        let lease = sample.path + "-stretch-migrator"
        try sample.open().migrate()
        try sample.open().tables["t"].disable(.bringBack)
        #expect(FileManager.default.fileExists(atPath: lease))
        try sample.open().disable()
        #expect(!FileManager.default.fileExists(atPath: lease))
    }

    @Test func `gc forgets files that are gone and whose branches were dropped`() throws {
        let sample = try TimelineSample()
        let original = try sample.open()
        try original.migrate()
        try sample.backUp(to: "copy.db")
        try sample.open("copy.db").remote.reauthorize()
        let own = try original.status().database.branch
        let other = try #require(original.branches.all().first { $0.id != own }).id
        func recordCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: sample.keystore.path)
                .count { $0.hasPrefix("file-") }
        }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("copy.db" + suffix))
        }
        // The file may have been moved.
        _ = try original.remote.collectGarbage()
        #expect(try recordCount() == 2)
        try original.branches.drop(other)
        _ = try original.remote.collectGarbage()
        #expect(try recordCount() == 1)
        #expect(try TimelineSample.contents(sample.open()).count == 60)
    }

    @Test func `small batches without their hidden rows share new ones`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.execute("DELETE FROM t WHERE n % 5 = 0 AND n <= 40")
        let rows = try TimelineSample.contents(database)
        #expect(try database.remote.collectGarbage(erasesHiddenRows: true).rewrittenBatches == 8)
        #expect(try database.status().tables[0].batches == 1)
        #expect(try TimelineSample.contents(database) == rows)
        #expect(try database.verify().isSound)
    }
}
