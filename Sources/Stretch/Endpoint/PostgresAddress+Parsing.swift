extension PostgresAddress {
    /// Parses what follows `postgresql:`.
    ///
    /// - Throws: `invalidArgument` with what to write instead.
    init(parsing rest: Substring) throws(StretchError) {
        guard rest.hasPrefix("//") else {
            throw PostgresAddress.failure("has no host", PostgresAddress.example)
        }
        let afterSlashes = rest.dropFirst(2)
        guard !afterSlashes.contains("#") else {
            throw PostgresAddress.failure("has a fragment", "Write # as %23.")
        }
        let mark = afterSlashes.firstIndex(of: "?") ?? afterSlashes.endIndex
        let options = try PostgresAddress.options(afterSlashes[mark...].dropFirst())
        let location = afterSlashes[..<mark]
        let slash = location.firstIndex(of: "/") ?? location.endIndex
        let authority = location[..<slash]
        guard !authority.contains("@") else {
            throw PostgresAddress.failure(
                "names a user or a password",
                "Leave them out of the address, and give the login with --login.")
        }
        hosts = try PostgresAddress.hosts(authority, socketFolder: options["host"])
        let isLocal = hosts.allSatisfy(\.isLocal)
        database = try PostgresAddress.decode(location[slash...].dropFirst())
        guard !database.isEmpty, !database.contains("\0") else {
            throw PostgresAddress.failure("names no database", PostgresAddress.example)
        }
        tlsMode = try PostgresAddress.choice(
            options, "sslmode", default: isLocal ? .prefer : .verifyFull)
        sessionKind = try PostgresAddress.choice(
            options, "target_session_attrs", default: hosts.count > 1 ? .readWrite : .any)
        rootCertificatePath = options["sslrootcert"]
        switch options["channel_binding"] ?? "require" {
        case "require": requiresChannelBinding = true
        case "prefer": requiresChannelBinding = false
        default:
            throw PostgresAddress.failure(
                "has another channel_binding", "Write channel_binding=require or prefer.")
        }
        let timeout = options["connect_timeout"] ?? "10"
        guard let seconds = Int(timeout), (1...600).contains(seconds) else {
            throw PostgresAddress.failure(
                "has connect_timeout \"\(timeout)\"", "Give seconds, from 1 to 600.")
        }
        connectTimeoutSeconds = seconds
        applicationName = options["application_name"] ?? "stretch"
        schema = options["schema"]
        if let schema { try PostgresAddress.check(schema: schema) }
    }

    /// Throws unless the text can name the schema of a remote in every statement as it is.
    static func check(schema: String) throws(StretchError) {
        let isName = schema.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
        }
        guard isName, let first = schema.utf8.first, !(0x30...0x39).contains(first),
            schema.utf8.count <= 63, !schema.hasPrefix("pg_")
        else {
            throw failure(
                "has schema \"\(schema)\"",
                "Name a schema with up to 63 small letters, digits and underscores.")
        }
    }

    private static let example = "Write postgresql://host:5432/database."

    private static func failure(_ what: String, _ hint: String) -> StretchError {
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

    private static func options(_ query: Substring) throws(StretchError) -> [String: String] {
        var options: [String: String] = [:]
        for item in query.split(separator: "&") {
            let equals = item.firstIndex(of: "=") ?? item.endIndex
            let key = try decode(item[..<equals])
            guard keys.contains(key) else {
                let isSecret = ["password", "passfile", "sslkey", "sslpassword", "user"]
                throw failure(
                    "has the key \"\(key)\", which is refused",
                    isSecret.contains(key)
                        ? "Leave it out: login and password are given beside the address."
                        : "Known keys are: \(keys.joined(separator: ", ")).")
            }
            let value = try decode(item[equals...].dropFirst())
            guard options[key] == nil, !value.isEmpty, !value.contains("\0") else {
                throw failure("has the key \"\(key)\" twice or without a value", example)
            }
            options[key] = value
        }
        return options
    }

    private static func hosts(
        _ authority: Substring, socketFolder: String?
    ) throws(StretchError) -> [Host] {
        var hosts: [Host] = []
        for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
            var (name, port) = (part, Substring("5432"))
            // The colons of an IPv6 address are inside brackets.
            if let colon = part.lastIndex(of: ":"), !part[colon...].contains("]") {
                (name, port) = (part[..<colon], part[part.index(after: colon)...])
            }
            if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
            guard let number = UInt16(port), number > 0 else {
                throw failure("has port \"\(port)\"", "Give a port from 1 to 65535.")
            }
            hosts.append(Host(name: try decode(name).lowercased(), port: number))
        }
        guard let socketFolder else {
            guard !hosts.contains(where: { $0.name.isEmpty || $0.name.contains("/") }) else {
                throw failure("has no host", example)
            }
            return hosts
        }
        guard hosts.count == 1, hosts[0].name.isEmpty, socketFolder.hasPrefix("/") else {
            throw failure(
                "has a host twice",
                "For a Unix socket write postgresql:///database?host=/folder.")
        }
        return [Host(name: socketFolder, port: hosts[0].port)]
    }

    private static func decode(_ text: Substring) throws(StretchError) -> String {
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

    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(Substring(digits), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
