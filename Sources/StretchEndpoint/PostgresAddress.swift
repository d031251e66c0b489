internal import StretchText

/// The address of a PostgreSQL remote: `postgresql://host[:port][,host:port]/database?key=value`.
///
/// The address contains no secret, and only keys that cannot disclose a secret are accepted: a
/// database file from an untrusted source can contain any address.
public struct PostgresAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host and its port.
    public struct Host: Sendable {
        /// A name, an IP address, or the absolute path of a folder of Unix sockets.
        public let name: String
        /// The port, which a Unix socket also has.
        public let port: UInt16

        /// Whether the host is this machine.
        public var isLocal: Bool {
            if isSocket || ["localhost", "::1"].contains(where: name.isSameText) { return true }
            let parts = name.parts(between: ".").map { UInt8($0) }
            return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
        }

        /// Whether it is a folder of Unix sockets.
        var isSocket: Bool { name.beginsWith("/") }
    }

    /// The required verification by TLS:
    /// <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>.
    public enum TLSMode: String, Sendable, CaseIterable {
        /// No TLS.
        case disable
        /// TLS if the server supports it, without verification.
        case prefer
        /// TLS without verification.
        case require
        /// TLS with a certificate of a known authority.
        case verifyAuthority = "verify-ca"
        /// TLS with a certificate of a known authority for the host's name.
        case verifyFull = "verify-full"
    }

    /// The server to choose among several hosts.
    public enum SessionKind: String, Sendable, CaseIterable {
        /// The first server that answers.
        case any
        /// The first server that accepts writes.
        case readWrite = "read-write"
        /// The first server that is not a standby.
        case primary
    }

    /// The hosts, tried in their order; at least one.
    public let hosts: [Host]
    /// The name of the database.
    public let database: String
    /// The required verification by TLS; the default is `verifyFull`, or `prefer` if every host is
    /// this machine.
    public let tlsMode: TLSMode
    /// The file of the authorities' certificates, or `nil` for the user's file or, if it is
    /// missing, the system's.
    public let rootCertificatePath: String?
    /// Whether password authentication over TLS requires channel binding.
    ///
    /// A proxy that terminates TLS, such as PgBouncer, does not support it.
    public let requiresChannelBinding: Bool
    /// The server to choose; the default for several hosts is `readWrite`.
    public let sessionKind: SessionKind
    /// The timeout for connecting to one host, in seconds.
    public let connectTimeoutSeconds: Int
    /// The application name of the sessions in the server.
    public let applicationName: String
    /// The schema that holds the remote; `enable` gives each database its own.
    public var schema: String?

    /// The keys of an address, in the order of the canonical form.
    static let keys = [
        "host", "sslmode", "sslrootcert", "channel_binding", "target_session_attrs",
        "connect_timeout", "application_name", "schema",
    ]

    /// The address in its canonical form; defaults are omitted, except the TLS mode.
    public var description: String {
        let isSocket = hosts[0].isSocket
        let names = hosts.map { host in
            let name = host.name.includes(":") ? "[\(host.name)]" : host.name
            return host.port == 5432 ? name : "\(name):\(host.port)"
        }
        var authority = names.joined(separator: ",")
        if isSocket { authority = hosts[0].port == 5432 ? "" : ":\(hosts[0].port)" }
        var items: [(String, String)] = []
        if isSocket { items.append(("host", hosts[0].name)) }
        items.append(("sslmode", tlsMode.rawValue))
        if let rootCertificatePath { items.append(("sslrootcert", rootCertificatePath)) }
        if !requiresChannelBinding { items.append(("channel_binding", "prefer")) }
        if sessionKind != (hosts.count > 1 ? .readWrite : .any) {
            items.append(("target_session_attrs", sessionKind.rawValue))
        }
        if connectTimeoutSeconds != 10 {
            items.append(("connect_timeout", String(connectTimeoutSeconds)))
        }
        if applicationName != "stretch" { items.append(("application_name", applicationName)) }
        if let schema { items.append(("schema", schema)) }
        let query = items.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        return "postgresql://\(authority)/\(PercentEncoding.encode(database))?\(query)"
    }

    /// Whether both texts are equal, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.description.isSameText(as: right.description)
    }

    /// Hashes the bytes of the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(Array(description.utf8)) }
}
