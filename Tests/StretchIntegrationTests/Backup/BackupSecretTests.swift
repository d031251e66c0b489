import Crypto
import Foundation
import StretchBackup
import StretchTestSupport
import Testing

@testable import StretchEndpoint
@testable import StretchEngine
@testable import StretchKeystore

/// What a backup tells whoever finds it.
@Suite struct BackupSecretTests {
    /// A file with a login, a master key and a credential, after some life.
    private static func sample(_ passwords: [String]) throws -> TimelineSample {
        let login = RemoteCredential(login: "admin", password: passwords[0])
        let sample = try TimelineSample(login: login)
        let database = try sample.open(login: login)
        try database.masterKey.addPassword(passwords[1])
        try database.credentials.create("c", identity: "admin", secret: passwords[2])
        try database.migrate()
        return sample
    }

    private static let passwords = [
        "Adm1n-Secret-of-the-remote", "Master-Secret-1", "Credential-Secret-2",
    ]
    private static let login = RemoteCredential(login: "admin", password: passwords[0])

    /// The secrets of a file and its keystore by name, each as bytes and as text.
    private static func secrets(_ sample: TimelineSample) throws -> [String: [Data]] {
        let keystore = sample.keystore
        let id = try sample.open(login: login).status().database.id
        let attachment = try #require(try keystore.attachments(database: id).first)
        let service = try #require(try keystore.serviceKey())
        let master = try #require(try attachment.masterKey?.key(byService: service))
        var secrets: [String: Data] = [
            "service key": service.withUnsafeBytes { Data($0) },
            "master key": master.withUnsafeBytes { Data($0) },
            "owner's nonce": try #require(try keystore.owner(of: attachment)).nonce,
        ]
        for password in passwords { secrets[password] = Data(password.utf8) }
        return secrets.mapValues { secret in
            let hexadecimal = secret.map { String(format: "%02x", $0) }.joined()
            return [
                secret, Data(hexadecimal.utf8), Data(hexadecimal.uppercased().utf8),
                Data(secret.base64EncodedString().utf8),
            ]
        }
    }

    /// Every file at a path or below it.
    private static func files(_ path: String) -> [String] {
        guard let names = FileManager.default.enumerator(atPath: path) else { return [path] }
        let below = names.compactMap { $0 as? String }.map { "\(path)/\($0)" }
        return below.isEmpty ? [path] : below
    }

    private static func expectNone(
        of secrets: [String: [Data]], in paths: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for path in paths.flatMap(files) {
            guard let bytes = FileManager.default.contents(atPath: path) else { continue }
            for (name, forms) in secrets where forms.contains(where: { bytes.range(of: $0) != nil })
            {
                Issue.record("\(path) contains \(name)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test func `no backup made by any method contains a secret`() throws {
        let sample = try Self.sample(Self.passwords)
        let configuration = sample.configuration(login: Self.login)
        let secrets = try Self.secrets(sample)
        #expect(secrets.count == 6)
        var paths = [sample.folder.path("deep.db")]
        var options = BackupOptions()
        options.isDeep = true
        try sample.open(login: Self.login).backUp(to: paths[0], options)
        for method in BackupMethod.allCases {
            let target = sample.folder.path("\(method.rawValue).db")
            try method.backUp(sample.path, to: target, configuration: configuration)
            paths += [target, target + "-wal"]
        }
        Self.expectNone(of: secrets, in: paths)
        // The search finds what is there.
        for path in paths where !path.hasSuffix("-wal") {
            let bytes = try #require(FileManager.default.contents(atPath: path))
            #expect(bytes.range(of: Data("row 55".utf8)) != nil, "\(path)")
        }
        let folder = sample.keystore.path
        let kept = try #require(FileManager.default.contents(atPath: folder + "/service.key"))
        #expect(secrets["service key"]?.contains(kept) == true)
    }

    @Test func `neither a Litestream replica nor what comes of it contains a secret`() throws {
        let sample = try TimelineSample(login: Self.login)
        let program = try LitestreamProgram()
        let replica = sample.folder.path("replica")
        let replication = try LitestreamProgram.Replication(
            program, sample.path, to: replica, every: .milliseconds(50))
        let database = try sample.open(login: Self.login)
        try database.masterKey.addPassword(Self.passwords[1])
        try database.credentials.create("c", identity: "admin", secret: Self.passwords[2])
        try database.migrate(batchRowCount: 15)
        try sample.live(database, from: 100)
        _ = try program.wait(for: "file://\(replica)", after: 0)
        try replication.stop()
        let restored = sample.folder.path("restored.db")
        _ = try program.run(["restore", "-o", restored, "file://\(replica)"])
        let secrets = try Self.secrets(sample)
        Self.expectNone(of: secrets, in: [replica, restored])
        let bytes = try #require(FileManager.default.contents(atPath: restored))
        #expect(bytes.range(of: Data("changed 100".utf8)) != nil)
    }
}
