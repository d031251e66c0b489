internal import StretchCore
internal import StretchText

extension PostgresAddress {
    /// Parses the text after `postgresql:`.
    ///
    /// - Throws: `invalidArgument` with the correct form.
    init(parsing rest: String) throws(StretchError) {
        guard rest.beginsWith("//") else {
            throw PostgresAddress.failure("has no host", PostgresAddress.example)
        }
        guard !rest.includes("#") else {
            throw PostgresAddress.failure("has a fragment", "Write # as %23.")
        }
        let (place, query) = rest.cut(at: "?")
        let options = try PostgresAddress.options(query)
        let (authority, name) = String(decoding: place.utf8.dropFirst(2), as: UTF8.self)
            .cut(at: "/")
        guard !authority.includes("@") else {
            throw PostgresAddress.failure(
                "names a user or a password",
                "Leave them out of the address, and \(advice: .nameLogin).")
        }
        hosts = try PostgresAddress.hosts(authority, socketFolder: options["host"])
        let isLocal = hosts.allSatisfy(\.isLocal)
        database = try PostgresAddress.decode(name)
        guard !database.isEmpty, !database.includes("\0") else {
            throw PostgresAddress.failure("names no database", PostgresAddress.example)
        }
        // The server would truncate the name.
        guard database.utf8.count <= 63 else {
            throw PostgresAddress.failure(
                "names a database with more than 63 bytes", "Write the name as the server has it.")
        }
        tlsMode = try PostgresAddress.choice(
            options, "sslmode", default: isLocal ? .prefer : .verifyFull)
        sessionKind = try PostgresAddress.choice(
            options, "target_session_attrs", default: hosts.count > 1 ? .readWrite : .any)
        rootCertificatePath = options["sslrootcert"]
        if let path = rootCertificatePath { try PostgresAddress.check(path: path, "sslrootcert") }
        switch options["channel_binding"] ?? "require" {
        case "require": requiresChannelBinding = true
        case "prefer": requiresChannelBinding = false
        default:
            throw PostgresAddress.failure(
                "has another channel_binding", "Write channel_binding=require or prefer.")
        }
        let timeout = options["connect_timeout"] ?? "10"
        guard let seconds = PostgresAddress.number(timeout), (1...600).contains(seconds) else {
            throw PostgresAddress.failure(
                "has connect_timeout \"\(timeout)\"", "Give seconds, from 1 to 600.")
        }
        connectTimeoutSeconds = seconds
        applicationName = options["application_name"] ?? "stretch"
        schema = options["schema"]
        if let schema { try PostgresAddress.check(schema: schema) }
    }

    /// Throws unless the text is valid, unquoted, as the schema name of a remote in every
    /// statement.
    static func check(schema: String) throws(StretchError) {
        let isName = schema.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
        }
        guard isName, let first = schema.utf8.first, !(0x30...0x39).contains(first),
            schema.utf8.count <= 63, !schema.beginsWith("pg_")
        else {
            throw failure(
                "has schema \"\(schema)\"",
                "Name a schema with up to 63 small letters, digits and underscores.")
        }
    }

    private static let example: StretchError.Hint = "Write postgresql://host:5432/database."

    static func failure(_ what: String, _ hint: StretchError.Hint) -> StretchError {
        // The text is not repeated: it may hold a password.
        StretchError(.invalidArgument, "the address of the PostgreSQL server \(what)", hint: hint)
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ options: [String: String], _ key: String, default standard: Choice
    ) throws(StretchError) -> Choice where Choice.RawValue == String {
        guard let text = options[key] else { return standard }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure("has \(key) \"\(text)\"", "Choose one of: \(known).")
        }
        return choice
    }

    private static func options(_ query: String) throws(StretchError) -> [String: String] {
        var options: [String: String] = [:]
        for item in query.parts(between: "&", omitsEmptyParts: true) {
            let (encodedKey, encodedValue) = item.cut(at: "=")
            let key = try decode(encodedKey)
            guard keys.contains(where: key.isSameText) else {
                let isSecret = ["password", "passfile", "sslkey", "sslpassword", "user"]
                throw failure(
                    "has the key \"\(key)\", which is refused",
                    isSecret.contains(where: key.isSameText)
                        ? "Leave it out: login and password are given beside the address."
                        : "Known keys are: \(keys.joined(separator: ", ")).")
            }
            let value = try decode(encodedValue)
            guard options[key] == nil, !value.isEmpty, !value.includes("\0") else {
                throw failure("has the key \"\(key)\" twice or without a value", example)
            }
            options[key] = value
        }
        return options
    }

    private static func hosts(
        _ authority: String, socketFolder: String?
    ) throws(StretchError) -> [Host] {
        var hosts: [Host] = []
        for part in authority.parts(between: ",") {
            let (encoded, port) = PostgresAddress.cutPort(part)
            guard let number = number(port).flatMap(UInt16.init(exactly:)), number > 0 else {
                throw failure("has port \"\(port)\"", "Give a port from 1 to 65535.")
            }
            let name = try decode(encoded).foldingCase
            hosts.append(
                Host(name: socketFolder == nil ? try canonicalHost(name) : name, port: number))
        }
        guard let socketFolder else { return hosts }
        guard hosts.count == 1, hosts[0].name.isEmpty, socketFolder.beginsWith("/") else {
            throw failure(
                "has a host twice",
                "For a Unix socket write postgresql:///database?host=/folder.")
        }
        try check(path: socketFolder, "host")
        // libpq would split the path there and continue with another host.
        guard !socketFolder.includes(",") else {
            throw failure("has a comma in host", "Let the server use a folder without a comma.")
        }
        return [Host(name: socketFolder, port: hosts[0].port)]
    }

    /// The host of a part such as `host:5432` or `[::1]:5432`, and its port.
    private static func cutPort(_ part: String) -> (host: String, port: String) {
        let bytes = part.utf8
        // The colons of an IPv6 address are inside brackets.
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            !bytes[colon...].contains(UInt8(ascii: "]"))
        else { return (part, "5432") }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self),
            String(decoding: bytes[bytes.index(after: colon)...], as: UTF8.self)
        )
    }

    /// A number in canonical form: digits without a sign or a leading zero.
    private static func number(_ text: String) -> Int? {
        Int(text).flatMap { String($0).isSameText(as: text) ? $0 : nil }
    }

    /// Throws unless a path is independent of the working directory.
    private static func check(path: String, _ key: String) throws(StretchError) {
        let parts = path.parts(between: "/").dropFirst()
        let isPlain = parts.allSatisfy { part in
            !["", ".", ".."].contains(where: part.isSameText)
        }
        guard path.beginsWith("/"), isPlain || path.isSameText(as: "/") else {
            throw failure(
                "has \(key) \"\(path)\"",
                "Give the full path, without \".\", \"..\" and a slash at the end.")
        }
    }

    private static func decode(_ text: String) throws(StretchError) -> String {
        guard let decoded = PercentEncoding.decode(text) else {
            throw failure("has a wrong escape", "Write % as %25.")
        }
        return decoded
    }
}

/// Percent encoding: <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var encoded = ""
        let digits = Array("0123456789ABCDEF")
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "/":
                encoded.unicodeScalars.append(scalar)
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return encoded
    }

    static func decode(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(Substring(digits), radix: 16),
                digits.first != UInt8(ascii: "+")
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension String {
    /// The text before and behind the first occurrence of a byte of ASCII.
    fileprivate func cut(at separator: Unicode.Scalar) -> (before: String, behind: String) {
        let parts = parts(between: separator, maximumSplitCount: 1)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }
}
