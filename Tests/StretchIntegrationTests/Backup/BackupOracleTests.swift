import Foundation
import Stretch
import StretchLinked
import StretchSQLite
import StretchTestSupport
import Testing

/// Backups at random moments by every method, restored at random, compared with a log.
///
/// `STRETCH_BACKUP_RESTORES` sets how many are restored, and `STRETCH_SEED` the walk.
@Suite struct BackupOracleTests {
    @Test(arguments: [("file", 40), ("postgresql", 5)])
    func `every restored backup has every row of its moment`(
        _ kind: String, _ defaultCount: Int
    ) throws {
        let seed = SeededGenerator.seedFromEnvironment(default: UInt64.random(in: 0...1 << 40))
        let given = ProcessInfo.processInfo.environment["STRETCH_BACKUP_RESTORES"].flatMap(Int.init)
        let count = given ?? defaultCount
        let oracle = try BackupOracle(kind, seed: seed)
        do {
            while oracle.restoreCount < count { try oracle.step() }
            try oracle.compareAll()
        } catch {
            Issue.record("seed \(seed), \(oracle.restoreCount) restores: \(error)")
        }
        #expect(oracle.lives.count > 1, "seed \(seed)")
        if count >= 40 {
            #expect(oracle.usedMethods.count == BackupMethod.allCases.count, "seed \(seed)")
        }
    }

    @Test func `no backup made by any method contains a secret`() throws {
        let secrets = ["Adm1n-Secret-of-the-remote", "Master-Secret-1", "Credential-Secret-2"]
        let login = RemoteCredential(login: "admin", password: secrets[0])
        let sample = try TimelineSample(login: login)
        let database = try sample.open(login: login)
        try database.addMasterKeyPassword(secrets[1])
        try database.createCredential("c", identity: "admin", secret: secrets[2])
        try database.migrate()
        let key = try Data(
            contentsOf: URL(fileURLWithPath: sample.folder.path("keystore/service.key")))
        let deep = sample.folder.path("deep.db")
        var options = BackupOptions()
        options.isDeep = true
        try database.backUp(to: deep, options)
        var files = [deep]
        for method in BackupMethod.allCases {
            let target = sample.folder.path("\(method.rawValue).db")
            try method.backUp(
                sample.path, to: target, configuration: sample.configuration(login: login))
            files += [target, target + "-wal"]
        }
        for file in files {
            guard let bytes = FileManager.default.contents(atPath: file) else { continue }
            for secret in secrets.map({ Data($0.utf8) }) + [key] {
                #expect(bytes.range(of: secret) == nil, "\(file)")
            }
        }
        // The search finds what is there.
        let hot = try #require(FileManager.default.contents(atPath: files[1]))
        #expect(hot.range(of: Data("row 55".utf8)) != nil)
    }
}
