/// A login of a remote and its password.
///
/// Its descriptions never show the password.
public struct RemoteCredential: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The name of the login.
    public let login: String
    /// The password, or `nil` if the remote identifies the user by other means.
    public let password: String?

    /// Creates a credential.
    public init(login: String, password: String?) {
        self.login = login
        self.password = password
    }

    /// The login.
    public var description: String { login }
    /// The login.
    public var debugDescription: String { login }
    /// The login, without the password.
    public var customMirror: Mirror { Mirror(self, children: ["login": login]) }
}
