internal import ArgumentParser
internal import Foundation

/// The login at a remote that has logins, and where its password comes from; never an argument,
/// which every user of the machine can read.
struct LoginOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The login at the remote; by default STRETCH_LOGIN, or the stored login.",
            valueName: "name"))
    var login: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file whose first line is the password; - for standard input.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    mutating func validate() throws {
        if let login, login.isEmpty { throw ValidationError("The login is empty") }
        if passwordFile != nil, login == nil {
            throw ValidationError("--password-file needs --login")
        }
    }

    /// What the user gave, or `nil` for what was stored.
    ///
    /// The password comes from `--password-file`, `STRETCH_PASSWORD`, or a prompt.
    var given: GivenLogin? {
        guard let login else { return .ofEnvironment }
        let source: GivenLogin.Source
        if let passwordFile {
            source = .file(passwordFile)
        } else if let given = ProcessInfo.processInfo.environment["STRETCH_PASSWORD"] {
            source = .text(given)
        } else {
            source = .prompt
        }
        return GivenLogin(login: login, source: source)
    }
}
