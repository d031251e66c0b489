internal import ArgumentParser
internal import Foundation
internal import StretchEndpoint
internal import StretchEngine
internal import StretchKeystore

struct GrantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Let another user of this machine, or a container, attach the file.",
        discussion: """
            At a PostgreSQL remote, the user gets a separate login, whose random password is in \
            the grant and nowhere else. A reader reads cold rows, and changes them in this file \
            only. A writer also migrates. Rights on the file are those of the file system.

            Example: stretch grant app.db anna --output anna.grant --login admin
            Example: stretch grant app.db anna --output - --login admin | ssh host 'cat > grant'
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Argument(help: "The other user, after whom the login is named.")
    var user: String

    @Option(
        name: .long, help: ArgumentHelp("The role: reader or writer.", valueName: "role"),
        transform: {
            guard let role = RemoteRole(rawValue: $0), role != .administrator else {
                throw ValidationError("use reader or writer")
            }
            return role
        })
    var role = RemoteRole.reader

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A new file for the grant, readable by its owner only; - for standard output.",
            valueName: "file"),
        completion: .file())
    var output: String

    mutating func validate() throws {
        guard !user.isEmpty else { throw ValidationError("The name of the user is empty") }
    }

    func run() throws {
        let target = try SecretOutput(output)
        let grant: AccessGrant
        do {
            grant = try options.open(login.given).members.grant(role, to: user)
            try target.write(grant.text + "\n")
        } catch {
            target.giveUp()
            throw error
        }
        guard output != "-" else { return }
        options.show(GrantJSON(grant, user: user, file: output)) {
            let made = grant.login.map { ", as login \($0)" } ?? ""
            return [
                "\(user) may attach \(options.file) as a \(role.rawValue)\(made).",
                "Give \(output), which contains the secret, to \(user), who runs: "
                    + "stretch attach FILE --from \(output).",
            ]
        }
    }
}
