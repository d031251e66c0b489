internal import CLibPQ
internal import Foundation
internal import StretchCore
internal import StretchEndpoint
internal import StretchText

/// The connection parameters for libpq: keywords and values, never a connection string.
///
/// libpq takes missing parameters from the environment and from the service file that it names.
/// Therefore each keyword has a value: that of the address or libpq's default.
struct ConnectionParameters {
    // https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    private var items: [(keyword: String, value: String)]

    /// - Throws: `invalidArgument` if the environment sets a parameter that no value can override.
    init(_ address: PostgresAddress, credential: RemoteCredential?) throws(StretchError) {
        let hasPassword = credential?.password != nil
        items = [
            ("host", address.hosts.map(\.name).joined(separator: ",")),
            ("port", address.hosts.map { String($0.port) }.joined(separator: ",")),
            ("dbname", address.database),
            ("user", credential?.login ?? NSUserName()),
            ("sslmode", address.tlsMode.rawValue),
            ("ssl_max_protocol_version", "TLSv1.3"),
            ("sslrootcert", Self.rootCertificatePath(address)),
            ("sslcert", Self.ownPath("postgresql.crt")),
            ("sslkey", Self.ownPath("postgresql.key")),
            ("sslcrl", Self.ownPath("root.crl")),
            ("sslcrldir", Self.nowhere),
            ("channel_binding", hasPassword && address.mustBindChannel ? "require" : "prefer"),
            ("target_session_attrs", address.sessionKind.rawValue),
            ("application_name", address.applicationName),
            ("client_encoding", "UTF8"),
            ("gssencmode", "disable"),
            // No password file: libpq would choose a password by a host that the database file
            // names.
            ("passfile", Self.nowhere),
            ("connect_timeout", String(address.connectTimeoutSeconds)),
            ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
        ]
        if let password = credential?.password { items.append(("password", password)) }
        let methods = hasPassword ? "scram-sha-256,none" : "!password,!md5,!scram-sha-256"
        try complete(with: ["require_auth": methods, "gsslib": "gssapi"])
    }

    func withKeywords<Result>(
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        withCStrings(items.map(\.keyword)) { keywords in
            withCStrings(items.map(\.value)) { values in body(keywords + [nil], values + [nil]) }
        }
    }

    // MARK: The environment

    /// The parameters that the environment may set.
    ///
    /// The values of a service are checked individually. Session settings, and a stricter check of
    /// a local server, are harmless.
    private static let free = ["service", "servicefile", "options", "requirepeer"]

    /// Sets each keyword that this libpq supports and that has no value yet.
    ///
    /// - Parameter values: The values of keywords that not every libpq supports.
    private mutating func complete(with values: [String: String]) throws(StretchError) {
        guard let options = PQconndefaults() else { return }
        defer { PQconninfoFree(options) }
        var next = options
        while let pointer = next.pointee.keyword {
            let (keyword, option) = (String(cString: pointer), next.pointee)
            next += 1
            guard !items.contains(where: { $0.keyword.isSameText(as: keyword) }) else { continue }
            let standard = option.compiled.map { String(cString: $0) } ?? ""
            if let value = values[keyword] {
                items.append((keyword, value))
            } else if !standard.isEmpty {
                items.append((keyword, standard))
            } else if option.val.map({ $0.pointee != 0 }) == true,
                !Self.free.contains(where: keyword.isSameText)
            {
                // libpq ignores an empty value.
                let name = option.envvar.map { String(cString: $0) } ?? ""
                let source = name.isEmpty || getenv(name) == nil ? "PGSERVICE" : name
                throw StretchError(
                    .invalidArgument,
                    "environment variable \(source) sets \"\(keyword)\" of connections",
                    hint: "Unset \(source): only the address and the given login count.")
            }
        }
    }

    // MARK: Files

    /// A path at which no file exists.
    private static let nowhere = "/dev/null/none"

    /// Returns the path of a file that libpq uses by default if it exists.
    private static func ownPath(_ name: String) -> String {
        FileManager.default.homeDirectoryForCurrentUser.path + "/.postgresql/" + name
    }

    /// The certificate bundles of operating systems, which libpq 15 does not support.
    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ]

    private static func rootCertificatePath(_ address: PostgresAddress) -> String {
        if let path = address.rootCertificatePath { return path }
        let files = FileManager.default
        let own = ownPath("root.crt")
        let isProof = address.tlsMode == .verifyFull || address.tlsMode == .verifyAuthority
        guard isProof, !files.fileExists(atPath: own) else { return own }
        return systemBundles.first { files.fileExists(atPath: $0) } ?? own
    }
}

extension PostgresAddress {
    /// Whether channel binding can be required, because TLS is certain.
    var mustBindChannel: Bool {
        requiresChannelBinding && tlsMode != .disable && tlsMode != .prefer
    }
}
