public import StretchCore
internal import StretchText

/// The address of a remote, as passed to `enable` and stored in the file.
public struct EndpointAddress: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of remote.
    public enum Kind: Sendable {
        /// A SQLite file; a relative path is resolved against the folder of the local database.
        case file(path: String)
        /// A PostgreSQL server.
        case postgresql(PostgresAddress)
    }

    /// The kind of remote and its location.
    public let kind: Kind

    /// Creates an address.
    public init(_ kind: Kind) { self.kind = kind }

    /// Parses an address such as `file:archive.db` or `postgresql://host/database`.
    ///
    /// - Throws: `invalidArgument` for an unknown scheme, an empty path, or a key that is refused.
    public init(parsing text: String) throws(StretchError) {
        let parts = text.parts(between: ":", maximumSplitCount: 1)
        let scheme = parts[0].foldingCase
        if scheme.isSameText(as: "postgresql") || scheme.isSameText(as: "postgres") {
            kind = .postgresql(try PostgresAddress(parsing: parts.count > 1 ? parts[1] : ""))
            return
        }
        guard scheme.isSameText(as: "file"), parts.count > 1 else {
            // The text may hold a password.
            let name = text.includes("@") ? "the server" : "server \"\(text)\""
            throw StretchError(
                .invalidArgument, "\(name) is not an address that Stretch knows",
                hint: "Name a SQLite file, file:archive.db, or postgresql://host/database.")
        }
        var path = parts[1]
        // file:///archive.db and file:/archive.db are the same absolute path.
        if path.beginsWith("///") { path.unicodeScalars.removeFirst(2) }
        let isPlain = !["?", "#", "\0"].contains { path.includes($0) }
        guard isPlain else {
            throw StretchError(
                .invalidArgument,
                "server \"\(text)\" has a character that an address of a file cannot have: ?, # or "
                    + "NUL",
                hint: "Give the file, or its folder, a name without it: file:archive.db.")
        }
        guard !path.isEmpty, !path.beginsWith("//") else {
            throw StretchError(
                .invalidArgument, "server \"\(text)\" names no file",
                hint: "Name a SQLite file without parameters: file:archive.db.")
        }
        kind = .file(path: path)
    }

    /// The address in its canonical form.
    public var description: String {
        switch kind {
        case .file(let path): "file:\(path)"
        case .postgresql(let address): address.description
        }
    }

    /// Whether both texts are equal, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.description.isSameText(as: right.description)
    }

    /// Hashes the bytes of the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(Array(description.utf8)) }

    /// Returns the path of the remote file of a local database at `localPath`.
    ///
    /// The address must name a file.
    public func filePath(besides localPath: String) -> String {
        guard case .file(let path) = kind else { preconditionFailure("\(self) is no file") }
        let slash = localPath.utf8.lastIndex(of: UInt8(ascii: "/"))
        guard !path.beginsWith("/"), let slash else { return path }
        return String(decoding: localPath.utf8[...slash], as: UTF8.self) + path
    }

    /// Returns the address with a separate schema for a database, if the remote can hold several.
    package func reserved(forDatabase database: Int64) -> EndpointAddress {
        guard case .postgresql(var address) = kind, address.schema == nil else { return self }
        address.schema = "stretch_" + String(database, radix: 16)
        return EndpointAddress(.postgresql(address))
    }

    /// Returns the address of a remote that moved, with the schema of a database if it names none.
    ///
    /// - Parameter former: The remote's former address, whose schema it keeps.
    package func completed(
        from former: EndpointAddress, forDatabase database: Int64
    ) -> EndpointAddress {
        guard case .postgresql(var address) = kind, address.schema == nil,
            case .postgresql(let old) = former.kind, let schema = old.schema
        else { return reserved(forDatabase: database) }
        address.schema = schema
        return EndpointAddress(.postgresql(address))
    }
}
