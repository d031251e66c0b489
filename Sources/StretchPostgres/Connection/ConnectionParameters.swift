internal import Foundation
internal import Stretch

/// What libpq is told of a connection: keywords and values, never a text that it parses.
struct ConnectionParameters {
    // https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    private var items: [(keyword: String, value: String)]

    init(_ address: PostgresAddress, credential: RemoteCredential?) {
        items = [
            ("host", address.hosts.map(\.name).joined(separator: ",")),
            ("port", address.hosts.map { String($0.port) }.joined(separator: ",")),
            ("dbname", address.database),
            ("sslmode", address.tlsMode.rawValue),
            ("target_session_attrs", address.sessionKind.rawValue),
            ("application_name", address.applicationName),
            ("client_encoding", "UTF8"),
            ("gssencmode", "disable"),
            // No file of passwords: libpq would choose from it by a host that a file names.
            ("passfile", "/dev/null/none"),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
        ]
        if let path = ConnectionParameters.rootCertificatePath(address) {
            items.append(("sslrootcert", path))
        }
        if let credential {
            items.append(("user", credential.login))
            if let password = credential.password { items.append(("password", password)) }
            if credential.password != nil, address.mustBindChannel {
                items.append(("channel_binding", "require"))
            }
        }
    }

    func withKeywords<Result>(
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        withCStrings(items.map(\.keyword)) { keywords in
            withCStrings(items.map(\.value)) { values in body(keywords + [nil], values + [nil]) }
        }
    }

    /// Bundles of the authorities that systems trust; libpq 15 knows none of them.
    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ]

    private static func rootCertificatePath(_ address: PostgresAddress) -> String? {
        if let path = address.rootCertificatePath { return path }
        guard address.tlsMode == .verifyFull || address.tlsMode == .verifyAuthority else {
            return nil
        }
        let files = FileManager.default
        let own = files.homeDirectoryForCurrentUser.path + "/.postgresql/root.crt"
        // The user's own file is libpq's default.
        guard !files.fileExists(atPath: own) else { return nil }
        return systemBundles.first { files.fileExists(atPath: $0) }
    }
}

extension PostgresAddress {
    /// Whether channel binding can be asked for: TLS is certain.
    var mustBindChannel: Bool {
        requiresChannelBinding && tlsMode != .disable && tlsMode != .prefer
    }
}
