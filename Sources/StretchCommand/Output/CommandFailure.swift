internal import ArgumentParser
internal import Foundation
internal import StretchCore
internal import StretchText
internal import StretchTransactSQL
internal import TransactSQL

/// A failure of a command, as text and as JSON.
struct CommandFailure {
    private let error: any Error

    init(_ error: any Error) {
        self.error = error
    }

    /// Prints the failure, and returns the exit status.
    ///
    /// A request for help is not a failure; the help is written to standard output.
    ///
    /// - Parameter isJSON: Whether the last line on standard error is a JSON object.
    func report(isJSON: Bool) -> Int32 {
        if let error = error as? TransactSQLError { return report(error, isJSON: isJSON) }
        // A bare status is thrown after the failures have been reported.
        if let status = error as? ExitCode, status != .validationFailure { return status.rawValue }
        if let error = error as? StretchError { return report(error, isJSON: isJSON) }
        if StretchCommand.exitCode(for: error).isSuccess {
            print(StretchCommand.fullMessage(for: error))
            return 0
        }
        if error is ValidationError || isUsageError {
            return report(usageError, isJSON: isJSON)
        }
        let message = StretchCommand.message(for: error)
        return report(StretchError(.statementFailed, message, cause: error), isJSON: isJSON)
    }

    private var isUsageError: Bool {
        StretchCommand.exitCode(for: error) == ExitCode.validationFailure
    }

    /// The parser's message in the style of the engine: lower case, with a hint as a sentence.
    private var usageError: StretchError {
        var message = StretchCommand.message(for: error).unicodeScalars
        if message.last == "." { message.removeLast() }
        let first = String(message.removeFirst()).foldingCase
        let usage = StretchCommand.fullMessage(for: error).parts(between: "\n")
            .first { $0.beginsWith("Usage:") }
        let command = usage?.parts(between: " ").dropFirst()
            .prefix { $0.utf8.first.map { 0x61...0x7a ~= $0 } ?? false }.joined(separator: " ")
        return StretchError(
            .invalidArgument, first + String(message),
            hint: "See: \(command ?? "stretch") --help.", cause: error)
    }

    private func report(_ error: TransactSQLError, isJSON: Bool) -> Int32 {
        let code = error.failureCode
        var text = error.description
        let hint = error.commandHint
        if let written = error.hint, let hint {
            let length = "HINT: \(written)".utf8.count
            text = String(decoding: text.utf8.dropLast(length), as: UTF8.self) + "hint: \(hint)"
        }
        StandardError.write("\(text)\n")
        guard isJSON else { return code.exitStatus }
        let report = FailureReport(
            error: FailureReport.Failure(
                code: code.description, message: error.message, hint: hint,
                exitStatus: code.exitStatus, isRetryable: code.isRetryable, number: error.number,
                level: error.level, state: error.state, line: error.position?.line,
                column: error.position?.column))
        StandardError.write(JSONText.line(report) + "\n")
        return code.exitStatus
    }

    private func report(_ error: StretchError, isJSON: Bool) -> Int32 {
        StandardError.write("error: \(error.message)\n")
        let hint = error.commandHint
        if let hint { StandardError.write("hint: \(hint)\n") }
        if isJSON {
            let report = FailureReport(
                error: FailureReport.Failure(
                    code: error.code.description, message: error.message, hint: hint,
                    exitStatus: error.code.exitStatus, isRetryable: error.code.isRetryable))
            StandardError.write(JSONText.line(report) + "\n")
        }
        return error.code.exitStatus
    }
}

/// The JSON object of a failure: a contract, see `Documentation/JSON.md`.
struct FailureReport: Encodable {
    struct Failure: Encodable {
        let code: String
        let message: String
        let hint: String?
        let exitStatus: Int32
        let isRetryable: Bool
        var number: Int?
        var level: Int?
        var state: Int?
        var line: Int?
        var column: Int?
    }

    let error: Failure
}
