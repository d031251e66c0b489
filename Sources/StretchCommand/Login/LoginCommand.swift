internal import ArgumentParser
internal import StretchEndpoint
internal import StretchEngine

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Try a login at the remote, and store it in place of the present one.",
        discussion: """
            A login that may only read is stored for reading. The file then cannot migrate.

            Example: stretch login app.db --login app_writer
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    mutating func validate() throws {
        guard login.login != nil || GivenLogin.ofEnvironment != nil else {
            throw ValidationError("Missing --login NAME, the login to store")
        }
    }

    func run() throws {
        let report = try options.open(login.given).remote.storeLogin()
        options.show(LoginJSON(report)) {
            let use = report.roles.contains(.writer) ? "to migrate and to read" : "to read only"
            return ["Stored login \(report.login) at \(report.server), \(use)."]
        }
    }
}
