import Stretch
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
}
