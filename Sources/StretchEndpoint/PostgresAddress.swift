internal import StretchText

/// Where a PostgreSQL remote is: `postgresql://host[:port][,host:port]/database?key=value`.
///
/// No secret is part of it, and only keys that cannot lead a secret astray are known: a database
/// file may come from anyone, and names its remote by this text.
public struct PostgresAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host and its port.
    public struct Host: Sendable {
        /// A name, an IP address, or the absolute path of a folder of Unix sockets.
        public let name: String
        /// The port, also of a Unix socket.
        public let port: UInt16

        /// Whether the connection does not leave this machine.
        public var isLocal: Bool {
            if isSocket || ["localhost", "::1"].contains(where: name.isSameText) { return true }
            let parts = name.parts(between: ".").map { UInt8($0) }
            return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
        }

        /// Whether it is a folder of Unix sockets.
        var isSocket: Bool { name.beginsWith("/") }
    }

    /// How much TLS must prove:
    /// <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>.
    public enum TLSMode: String, Sendable, CaseIterable {
        /// No TLS.
        case disable
        /// TLS when the server has it, proving nothing.
        case prefer
        /// TLS, proving nothing.
        case require
        /// TLS with a certificate of a known authority.
        case verifyAuthority = "verify-ca"
        /// TLS with a certificate of a known authority for the host's name.
        case verifyFull = "verify-full"
    }

    /// Which server of several hosts is taken.
    public enum SessionKind: String, Sendable, CaseIterable {
        /// The first that answers.
        case any
        /// The first that accepts writes.
        case readWrite = "read-write"
        /// The first that is no standby.
        case primary
    }

    /// The hosts, tried in their order; at least one.
    public let hosts: [Host]
    /// The name of the database.
    public let database: String
    /// What TLS must prove: `verifyFull`, but `prefer` when every host is this machine.
    public let tlsMode: TLSMode
    /// The file of the authorities' certificates, or `nil` for the user's or else the system's.
    public let rootCertificatePath: String?
    /// Whether a password may be proved over TLS only with channel binding, which a proxy that
    /// ends TLS, such as PgBouncer, does not have.
    public let requiresChannelBinding: Bool
    /// Which server of several is taken: `readWrite` for several hosts.
    public let sessionKind: SessionKind
    /// How long connecting to one host may take.
    public let connectTimeoutSeconds: Int
    /// The name that the server shows for the sessions.
    public let applicationName: String
    /// The schema that holds the remote; `enable` gives each database its own.
    public var schema: String?

    /// The keys of an address, in the order of the canonical form.
    static let keys = [
        "host", "sslmode", "sslrootcert", "channel_binding", "target_session_attrs",
        "connect_timeout", "application_name", "schema",
    ]

    /// The address in its canonical form; defaults are left out, what TLS proves never is.
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

    /// Whether both are the same text, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.description.isSameText(as: right.description)
    }

    /// Hashes the bytes of the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(Array(description.utf8)) }
}
