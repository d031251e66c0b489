import Foundation
import Stretch
import StretchEmbedded
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchKeystore

/// Two files that were one, of which one came back from the remote and the other was dropped: all
/// cold rows are garbage.
private struct DroppedBranch {
    let sample: TimelineSample
    let rows: [[Value]]
    let copiedRows: [[Value]]
    let branch: Int64
    private let saved: String

    init() throws {
        sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 20)
        try sample.backUp(to: "copy.db")
        let copy = try sample.open("copy.db")
        branch = try copy.remote.reauthorize().branch
        try copy.execute("INSERT INTO t VALUES (70, 'of the copy', 7)")
        try copy.migrate()
        copiedRows = try TimelineSample.contents(copy)
        try database.tables["t"].bringBack()
        try database.migrate(tables: [])
        try database.remote.setRetention(.zero)
        try database.branches.drop(branch, isForced: true)
        rows = try TimelineSample.contents(database)
        saved = sample.folder.path("saved")
        for name in ["app.db", "copy.db", "cold.db"] {
            let plain = try Connection(
                path: sample.folder.path(name), access: .readWrite, routines: .linked)
            _ = try plain.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try FileManager.default.createDirectory(
            atPath: saved, withIntermediateDirectories: false)
        for name in try DroppedBranch.names(sample.folder.path) where name != "saved" {
            try FileManager.default.copyItem(
                atPath: sample.folder.path(name), toPath: "\(saved)/\(name)")
        }
    }

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Puts all files back as they were.
    func reset() throws {
        for name in try DroppedBranch.names(sample.folder.path) where name != "saved" {
            try FileManager.default.removeItem(atPath: sample.folder.path(name))
        }
        for name in try DroppedBranch.names(saved) {
            try FileManager.default.copyItem(
                atPath: "\(saved)/\(name)", toPath: sample.folder.path(name))
        }
    }

    /// The file whose files can fail.
    func openFaulty() throws -> StretchDatabase {
        var configuration = sample.configuration()
        configuration.localVFS = FaultInjection.vfsName
        configuration.remotes = [EmbeddedProvider(vfs: FaultInjection.vfsName)]
        return try StretchDatabase(path: sample.path, configuration: configuration)
    }

    /// The dropped branch comes back whole, or not at all; the next collection finishes the rest.
    ///
    /// - Returns: Whether it came back.
    func check(_ comment: Comment) throws -> Bool {
        let database = try sample.open()
        #expect(try TimelineSample.contents(database) == rows, comment)
        var isBack = true
        do {
            try database.branches.undrop(branch)
        } catch {
            #expect(error.code == .remoteMismatch, "\(comment): \(error)")
            isBack = false
        }
        _ = try database.remote.collectGarbage()
        #expect(try TimelineSample.contents(database) == rows, comment)
        #expect(try database.verify().isSound, comment)
        let copy = try sample.open("copy.db")
        if isBack {
            #expect(try TimelineSample.contents(copy) == copiedRows, comment)
            #expect(try copy.verify().isSound, comment)
        } else {
            expectError(.remoteMismatch, "garbage") { _ = try TimelineSample.contents(copy) }
            let cold = try Connection(
                path: sample.folder.path("cold.db"), access: .readOnly, routines: .linked)
            #expect(try cold.integer("SELECT count(*) FROM rows_1") == 0, comment)
        }
        return isBack
    }
}

// The faults are the whole process's, so that these tests belong to the serialized suite.
extension FaultInjectionTests {
    @Suite(.serialized) struct Collecting {
        @Test(arguments: FaultPlace.all)
        func `a collection that fails anywhere loses nothing, and the next one finishes it`(
            place: FaultPlace
        ) throws {
            let files = try DroppedBranch()
            var backCount = 0
            try place.eachCall(stride: 7) { call, comment in
                try files.reset()
                let (_, didFire) = place.failing(call, in: files.sample.folder) {
                    _ = try? files.openFaulty().remote.collectGarbage()
                }
                if try files.check(comment) { backCount += 1 }
                return didFire
            }
            // The local file is first written to after the remote has condemned.
            let isLate = place.file == "app.db" && place.failure == .diskFull
            #expect(backCount > 0 || isLate)
        }
    }
}
