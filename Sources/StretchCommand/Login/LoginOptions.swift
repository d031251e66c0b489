internal import ArgumentParser
internal import Foundation

/// The login of a remote, and the source of its password.
///
/// The password is never an argument, which every user of the machine can read.
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

    /// The login given by the user, or `nil` for the stored login.
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
