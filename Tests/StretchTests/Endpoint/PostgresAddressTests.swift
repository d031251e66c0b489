import StretchCore
import StretchEndpoint
import StretchTestSupport
import StretchText
import Testing

@Suite struct PostgresAddressTests {
    @Test(arguments: [
        ("postgresql://db.example/shop", "postgresql://db.example/shop?sslmode=verify-full"),
        (
            "POSTGRES://DB.example:6543,b/shop?connect_timeout=3&sslmode=require",
            "postgresql://db.example:6543,b/shop?sslmode=require&connect_timeout=3"
        ),
        ("postgresql://localhost/a%20b", "postgresql://localhost/a%20b?sslmode=prefer"),
        ("postgresql://127.0.0.1:5433/d", "postgresql://127.0.0.1:5433/d?sslmode=prefer"),
        ("postgresql://127.evil.example/d", "postgresql://127.evil.example/d?sslmode=verify-full"),
        ("postgresql://[::1]:5433/d", "postgresql://[::1]:5433/d?sslmode=prefer"),
        ("postgresql://[fe80::2]/d", "postgresql://[fe80::2]/d?sslmode=verify-full"),
        (
            "postgresql:///d?host=/run/postgresql",
            "postgresql:///d?host=/run/postgresql&sslmode=prefer"
        ),
        (
            "postgresql://:5433/d?schema=cold_1&host=/tmp",
            "postgresql://:5433/d?host=/tmp&sslmode=prefer&schema=cold_1"
        ),
        (
            "postgresql://h/d?channel_binding=prefer&target_session_attrs=primary",
            "postgresql://h/d?sslmode=verify-full&channel_binding=prefer"
                + "&target_session_attrs=primary"
        ),
    ])
    func `an address has one canonical form, which names the same`(
        _ text: String, _ canonical: String
    ) throws {
        let address = try EndpointAddress(parsing: text)
        #expect(address.description == canonical)
        #expect(try EndpointAddress(parsing: canonical) == address)
    }

    @Test(arguments: [
        "postgresql://someone:Secret@host/d", "postgresql://someone@host/d",
        "postgresql://host/d?password=Secret", "postgresql://host/d?user=someone",
        "postgresql://host/d?passfile=Secret", "postgresql://host/d?options=-c%20fsync=off",
        "postgresql://host/d?service=Secret", "postgresql://host/d?sslkey=Secret",
        "postgresql://host", "postgresql:///d", "postgresql:host/d", "postgresql://host:0/d",
        "postgresql://host:x/d", "postgresql://host/d?sslmode=allow", "postgresql://host/d#x",
        "postgresql://host/d?sslmode=require&sslmode=disable", "postgresql://host/%zz",
        "postgresql://host/d?host=/tmp", "postgresql:///d?host=evil.example",
        "postgresql://host/d?schema=a;b", "postgresql://host/d?schema=pg_catalog",
        "postgresql:///d?host=/nonexistent,evil.example", "postgresql://a%2Cevil.example/d",
        "postgresql:///d?host=/a%2C/b", "postgresql://host:5432%2C5433/d",
        "postgresql://someone:Secret@\u{301}host/d", "postgresql://host/d?\u{301}x",
        "file:a.db?\u{301}mode=memory", "file:a.db#\u{301}",
        "postgresql://127.+0.0.1/d", "postgresql://127.08.0.1/d", "postgresql://0x7f.1/d",
        "postgresql://127.1/d", "postgresql://2130706433/d", "postgresql://127.0.0.01/d",
        "postgresql://127.0.0.1./d", "postgresql://db.0x1/d", "postgresql://db.example./d",
        "postgresql://a%2541/d", "postgresql://a..b/d", "postgresql://-a/d",
        "postgresql://b%C3%BCcher.example/d", "postgresql://a b/d", "postgresql://host,/d",
        "postgresql://[::1%25lo]/d", "postgresql://[fe80::1%25eth0]/d", "postgresql://::1/d",
        "postgresql://[0:0:0:0:0:0:0:1]/d", "postgresql://[127.0.0.1]/d", "postgresql://[]/d",
        "postgresql://[::1]x/d", "postgresql://[::1%00]/d", "postgresql://host:+5432/d",
        "postgresql://host:05432/d", "postgresql://host:65536/d", "postgresql://host:/d",
        "postgresql://host/d?connect_timeout=+9", "postgresql://host/d?connect_timeout=09",
        "postgresql://host/d?sslrootcert=root.crt", "postgresql:///d?host=/a/../b",
        "postgresql:///d?host=/a//b", "postgresql:///d?host=/a/",
        "postgresql://host/" + String(repeating: "d", count: 64), "file:a%\0.db",
        "postgresql://host/%00d", "mysql://someone:Secret@host/d",
    ])
    func `what is no plain address is refused with the way out, and not repeated`(
        _ text: String
    ) {
        let error = #expect(throws: StretchError.self) { _ = try EndpointAddress(parsing: text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.hint != nil)
        #expect(error?.description.contains("Secret") == false)
    }

    @Test(arguments: [
        ("postgresql://[0::1]/d", "[::1]"), ("postgresql://127.1/d", "four numbers"),
        ("postgresql://[fe80::1%25eth0]/d", "without a zone"),
        ("postgresql://db.example./d", "single dots"), ("postgresql://b\u{fc}cher/d", "xn--"),
    ])
    func `an odd host is refused with the form to write`(_ text: String, _ hint: String) {
        let error = #expect(throws: StretchError.self) { _ = try EndpointAddress(parsing: text) }
        #expect(error?.hint?.includes(hint) == true, "\(error?.hint ?? "")")
    }

    @Test func `what is read from an address that was written is that address`() throws {
        let seed = SeededGenerator.seedFromEnvironment(default: .random(in: 0...UInt64.max))
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "postgresql:", "POSTGRES:", "file:", "//", "/", ":", "@", ",", "?", "&", "=", "#", "%",
            "%25",
            "%2", "%41", "%2C", "%00", "%2F", "+", "[", "]", "[::1]", "[fe80::2]", "::1",
            "127.0.0.1",
            "127.08.0.1", "0x7f.1", "localhost", "Db.Example", "db", ".", "..", "-", "_", "5432",
            "05",
            "+1", "host", "host=/tmp", "host=/tmp/a%20b", "sslmode=", "verify-full", "disable",
            "schema=select", "schema=a_1", "connect_timeout=7", "application_name=a%26b",
            "sslrootcert=/a/b%3F", "channel_binding=prefer", "target_session_attrs=any", " ",
            "\u{301}",
            "\u{600}", "\0", "é",
        ]
        var count = 0
        for turn in 0..<60_000 {
            let isShaped = turn.isMultiple(of: 2)
            let parts = (0..<generator.integer(1...7)).map { _ in
                generator.choice(pieces)
            }
            let hosts = ["db:6543,[::2]", "", "127.0.0.1", "a.b", ":5433"]
            let host = generator.choice(hosts)
            let text = (isShaped ? "postgresql://\(host)/" : "") + parts.joined()
            guard let address = try? EndpointAddress(parsing: text) else { continue }
            count += 1
            let written = address.description
            let read = try EndpointAddress(parsing: written)
            #expect(read == address, "\(text), seed \(seed)")
            #expect(read.description.isSameText(as: written), "\(text) \(written)")
            guard case .postgresql(let first) = address.kind,
                case .postgresql(let second) = read.kind
            else { continue }
            #expect(first.hosts.map(\.name).areSameTexts(as: second.hosts.map(\.name)), "\(text)")
            #expect(first.hosts.map(\.port) == second.hosts.map(\.port), "\(text)")
            #expect(first.database.isSameText(as: second.database), "\(text)")
            #expect(first.applicationName.isSameText(as: second.applicationName), "\(text)")
            #expect(first.tlsMode == second.tlsMode && first.sessionKind == second.sessionKind)
        }
        #expect(count > 1_000)
    }
}
