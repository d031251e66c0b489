/// Where a remote is: the text that `enable` is given and the file keeps.
public struct EndpointAddress: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of remote.
    public enum Kind: Hashable, Sendable {
        /// A SQLite file; a relative path starts at the folder of the local database.
        case file(path: String)
    }

    /// What the address names.
    public let kind: Kind

    /// Parses an address such as `file:archive.db`.
    ///
    /// - Throws: `invalidArgument` for an unknown scheme or an empty path.
    public init(parsing text: String) throws(StretchError) {
        guard let colon = text.firstIndex(of: ":"), text[..<colon].foldingASCII == "file" else {
            throw StretchError(
                .invalidArgument, "server \"\(text)\" is not an address that Stretch knows",
                hint: "Name a SQLite file: file:archive.db.")
        }
        var path = String(text[text.index(after: colon)...])
        // file:///archive.db and file:/archive.db are the same absolute path.
        if path.hasPrefix("///") { path.removeFirst(2) }
        guard !path.isEmpty, !path.hasPrefix("//"), !path.contains("?"), !path.contains("#") else {
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
        }
    }

    /// The absolute or working path of the remote file of a local database at `localPath`.
    public func filePath(besides localPath: String) -> String {
        switch kind {
        case .file(let path):
            guard !path.hasPrefix("/"), let slash = localPath.lastIndex(of: "/") else {
                return path
            }
            return String(localPath[...slash]) + path
        }
    }
}

extension Substring {
    fileprivate var foldingASCII: String { String(self).foldingCase }
}
