import Foundation
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEndpoint
@testable import StretchKeystore

@Suite struct KeystoreTests {
    private let folder: TemporaryFolder
    private let keystore: Keystore
    private let address: EndpointAddress
    private let secret = RemoteCredential(login: "app", password: "pässword \u{0}\"1")

    init() throws {
        folder = try TemporaryFolder()
        keystore = Keystore(path: folder.path("home/of/stretch"))
        address = try EndpointAddress(parsing: "postgresql://db.example.com/archive?schema=a")
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: keystore.path).sorted()
    }

    private func file(_ prefix: String) throws -> String {
        let name = try #require(try files().first { $0.hasPrefix(prefix) })
        return keystore.path + "/" + name
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func expect(_ code: StretchError.Code, _ body: () throws -> Void) {
        #expect { try body() } throws: { ($0 as? StretchError)?.code == code }
    }

    @Test func `a credential comes back as it was given`() throws {
        #expect(try keystore.credential(at: address, for: .writer) == nil)
        try keystore.store(secret, at: address, for: .writer)
        let found = try #require(try keystore.credential(at: address, for: .writer))
        #expect(found.login == secret.login)
        #expect(found.password == secret.password)
        try keystore.store(
            RemoteCredential(login: "other", password: nil), at: address, for: .writer)
        #expect(try keystore.credential(at: address, for: .writer)?.login == "other")
        try keystore.removeCredential(at: address, for: .writer)
        #expect(try keystore.credential(at: address, for: .writer) == nil)
        try keystore.removeCredential(at: address, for: .writer)
    }

    @Test func `what a killed process left behind goes after an hour`() throws {
        try keystore.store(secret, at: address, for: .writer)
        let now = Date()
        for (name, age) in [(".credential-1.7.8", 3_700.0), (".seen-1.7.9", 60)] {
            let path = keystore.path + "/" + name
            try Data("half".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: now - age], ofItemAtPath: path)
        }
        try keystore.store(secret, at: address, for: .reader)
        #expect(try files().filter { $0.hasPrefix(".") } == [".seen-1.7.9"])
        #expect(try keystore.credential(at: address, for: .writer)?.login == "app")
    }

    @Test(arguments: [
        "postgresql://db.example.com/other?schema=a",
        "postgresql://db.example.com/archive?schema=b",
        "postgresql://evil.example.com/archive?schema=a",
        "postgresql://db.example.com:5433/archive?schema=a",
        "postgresql://db.example.com/archive?schema=a&sslmode=disable",
    ])
    func `a credential is not told to another server`(other: String) throws {
        try keystore.store(secret, at: address, for: .writer)
        #expect(try keystore.credential(at: EndpointAddress(parsing: other), for: .writer) == nil)
    }

    @Test func `a file that was renamed to another server's is refused`() throws {
        try keystore.store(secret, at: address, for: .writer)
        let other = try EndpointAddress(parsing: "postgresql://evil.example.com/archive")
        let path = try file("credential-")
        try keystore.store(secret, at: other, for: .writer)
        let second = try #require(
            try files().first { $0.hasPrefix("credential-") && !path.hasSuffix($0) })
        let target = keystore.path + "/" + second
        try FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: path, toPath: target)
        expect(.damaged) { _ = try keystore.credential(at: other, for: .writer) }
        #expect(try keystore.credential(at: address, for: .writer)?.login == "app")
    }

    @Test func `each role has a credential of its own`() throws {
        for role in RemoteRole.allCases {
            try keystore.store(
                RemoteCredential(login: role.rawValue, password: "x"), at: address, for: role)
        }
        for role in RemoteRole.allCases {
            #expect(try keystore.credential(at: address, for: role)?.login == role.rawValue)
        }
        try keystore.removeCredential(at: address, for: .writer)
        #expect(try keystore.credential(at: address, for: .writer) == nil)
        // The writer's file in the reader's place is not taken for the reader's.
        let reader = try files().filter { $0.hasPrefix("credential-") }
        try keystore.store(secret, at: address, for: .writer)
        let writer = try #require(
            try files().first { $0.hasPrefix("credential-") && !reader.contains($0) })
        for name in reader {
            let target = keystore.path + "/" + name
            try FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: keystore.path + "/" + writer, toPath: target)
        }
        expect(.damaged) { _ = try keystore.credential(at: address, for: .reader) }
        #expect(try keystore.credential(at: address, for: .writer)?.login == "app")
    }

    @Test func `others can read neither folder nor files`() throws {
        try keystore.store(secret, at: address, for: .writer)
        #expect(try mode(keystore.path) == 0o700)
        for name in try files() { #expect(try mode(keystore.path + "/" + name) == 0o600) }
        for name in try files() {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: keystore.path + "/" + name))
            #expect(bytes.range(of: Data("pässword".utf8)) == nil)
            #expect(bytes.range(of: Data("app".utf8)) == nil)
        }
    }

    @Test func `files and folders that others can read are refused`() throws {
        try keystore.store(secret, at: address, for: .writer)
        let path = try file("credential-")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        expect(.wrongState) { _ = try keystore.credential(at: address, for: .writer) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: keystore.path)
        expect(.wrongState) { try keystore.store(secret, at: address, for: .writer) }
    }

    @Test func `a changed file or key is told from a missing one`() throws {
        try keystore.store(secret, at: address, for: .writer)
        let path = try file("credential-")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 1
            try changed.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            expect(.damaged) { _ = try keystore.credential(at: address, for: .writer) }
        }
        for count in [0, 1, 21, 40, whole.count - 1] {
            try whole.prefix(count).write(to: URL(fileURLWithPath: path))
            expect(.damaged) { _ = try keystore.credential(at: address, for: .writer) }
        }
        try whole.write(to: URL(fileURLWithPath: path))
        #expect(try keystore.credential(at: address, for: .writer)?.login == "app")
        try FileManager.default.removeItem(atPath: keystore.path + "/service.key")
        expect(.damaged) { _ = try keystore.credential(at: address, for: .writer) }
    }

    @Test func `two processes at once keep every credential`() async throws {
        let keystore = keystore
        let addresses = try (0..<40).map {
            try EndpointAddress(parsing: "postgresql://host\($0).example.com/d")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for address in addresses {
                group.addTask {
                    try keystore.store(
                        RemoteCredential(login: address.description, password: "x"), at: address,
                        for: .writer)
                }
            }
            try await group.waitForAll()
        }
        for address in addresses {
            #expect(
                try keystore.credential(at: address, for: .writer)?.login == address.description)
        }
        #expect(try files().count == 42)
    }

    @Test func `the folder is where the platform keeps state`() {
        func path(_ environment: [String: String]) -> String {
            Keystore.standard(environment: environment).path
        }
        #expect(path(["STRETCH_HOME": "/keys", "HOME": "/u"]) == "/keys")
        #if os(Linux)
            #expect(path(["HOME": "/u"]) == "/u/.local/state/stretch")
            #expect(path(["HOME": "/u", "XDG_STATE_HOME": "/s"]) == "/s/stretch")
            #expect(
                path(["HOME": "/u", "XDG_STATE_HOME": "s"]) == "/u/.local/state/stretch")
        #endif
    }

    // MARK: What was seen

    @Test func `a changed note of what was seen is refused, an older one passes`() throws {
        var attachment = Attachment(database: 7, path: "/app.db", server: "file:cold.db")
        attachment.branch = 8
        try keystore.save(attachment)
        let older = TimelinePosition(branch: 8, epoch: 5, token: 9)
        let newer = TimelinePosition(branch: 8, epoch: 6, token: 3)
        try keystore.setSeen(older, attachment)
        let path = try file("seen-")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try keystore.setSeen(newer, attachment)
        #expect(try keystore.seen(attachment) == newer)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func put(_ bytes: Data) throws {
            try bytes.write(to: URL(fileURLWithPath: path))
            chmod(path, 0o600)
        }
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            try put(changed)
            expect(.damaged) { _ = try keystore.seen(attachment) }
        }
        try put(before)
        #expect(try keystore.seen(attachment) == older)
        // What a power cut leaves is no note; earlier versions wrote no code.
        for bytes in [Data(), Data(count: 56), whole.prefix(30)] {
            try put(bytes)
            #expect(try keystore.seen(attachment) == nil)
        }
        try put(whole.prefix(24))
        #expect(try keystore.seen(attachment) == newer)
    }

    @Test func `nothing is read from a folder that others may change`() throws {
        try keystore.store(secret, at: address, for: .writer)
        for name in ["home", "home/of", "home/of/stretch"] {
            #expect(try mode(folder.path(name)) == 0o700, "\(name)")
        }
        chmod(keystore.path, 0o777)
        expect(.wrongState) { _ = try keystore.credential(at: address, for: .writer) }
        expect(.wrongState) { _ = try keystore.attachments(database: 7) }
        chmod(keystore.path, 0o700)
        #expect(try keystore.credential(at: address, for: .writer) != nil)
    }

    @Test(arguments: [
        [1 << 18, 8, 1], [1 << 15, 33, 1], [1 << 15, 8, 13], [1 << 17, 16, 1], [1, 8, 1],
        [1 << 15, -1, 1], [1 << 15, 0, 1], [1 << 15, 8, 0], [-8, 8, 3], [.max, .max, .max],
    ])
    func `a verifier that would cost more than four of ours is refused at once`(
        numbers: [Int]
    ) throws {
        let text = """
            {"salt":"AAAA","rounds":\(numbers[0]),"blockSize":\(numbers[1]),\
            "parallelism":\(numbers[2]),"check":"AAAA"}
            """
        let key = try #require(PasswordKey(text: text))
        expect(.damaged) { _ = try key.key(of: "x") }
    }
}
