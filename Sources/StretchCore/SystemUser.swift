internal import Foundation

/// A user of the operating system.
public struct SystemUser: Hashable, Sendable {
    /// The user ID; 0 is `root`.
    public let id: UInt32
    /// The name.
    public let name: String

    /// A user with a number and a name.
    public init(id: UInt32, name: String) { (self.id, self.name) = (id, name) }

    /// The effective user of this process.
    public static var current: SystemUser { SystemUser(id: geteuid(), name: NSUserName()) }
}
