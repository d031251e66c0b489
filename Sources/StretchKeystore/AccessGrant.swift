package import Foundation
public import StretchCore
public import StretchEndpoint

/// A grant for another user of the operating system to attach a file, encoded as a line of JSON.
///
/// It contains secrets: a login's password and, for a writer, the nonce of the branch's owner. Its
/// description shows no secret.
public struct AccessGrant: Sendable, CustomStringConvertible {
    /// The role of the user: `reader`, or `writer`, which may also migrate.
    public var role: RemoteRole { content.role }
    /// The login created in the remote, or `nil` if the remote has no logins.
    public var login: String? { content.login }
    /// The server, in canonical form.
    public var server: String { content.server }
    package let content: Content

    package struct Content: Codable {
        /// The format's version: 1.
        var format = 1
        package let database: String
        package let branch: String
        package let server: String
        /// The remote's own id.
        package let remote: String
        package let role: RemoteRole
        package let login: String?
        package let password: String?
        /// The owner's nonce, for a writer.
        package let owner: Data?

        package init(
            database: String, branch: String, server: String, remote: String, role: RemoteRole,
            login: String?, password: String?, owner: Data?
        ) {
            self.database = database
            self.branch = branch
            self.server = server
            self.remote = remote
            self.role = role
            self.login = login
            self.password = password
            self.owner = owner
        }
    }

    package init(_ content: Content) { self.content = content }

    /// Parses ``text``.
    ///
    /// - Throws: `invalidArgument` for anything else.
    public init(parsing text: String) throws(StretchError) {
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(text.utf8)),
            content.format == 1, content.role != .administrator
        else {
            throw StretchError(
                .invalidArgument, "this is not a grant, or has another version",
                hint: "Give the file of the grant, unchanged.")
        }
        self.content = content
    }

    /// The grant as text, including its secrets: one line without a line terminator.
    public var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text and bytes can always be encoded.
        return (try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The role and the server.
    public var description: String { "\(role.rawValue) of \(server)" }
}

extension Keystore {
    /// The error of a user who may not extend the branch.
    package static func ownsNothing(_ path: String) -> StretchError {
        StretchError(
            .notPermitted, "this user may read the cold rows of file \"\(path)\", not move rows",
            hint: "Let its owner migrate, or give a writer's grant: \(advice: .grantWriter).")
    }
}
