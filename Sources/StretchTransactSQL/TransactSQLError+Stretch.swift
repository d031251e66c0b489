public import StretchCore
internal import StretchEngine
internal import StretchSQLite
public import TransactSQL

extension TransactSQLError {
    /// Creates an error from a Stretch error, with SQL Server's number for the same situation.
    ///
    /// - Parameter numbers: The numbers of this statement for some kinds of failure; others get
    ///   their general number, or 50000.
    public init(
        _ error: StretchError, _ numbers: [StretchError.Code: TransactSQLError.Code] = [:]
    ) {
        // An error of a callback was passed through the engine.
        if let own = error.cause as? TransactSQLError {
            self = own
            return
        }
        let everywhere: [StretchError.Code: TransactSQLError.Code] = [
            .remoteUnavailable: .remoteUnreachable, .remoteMismatch: .inconsistentRemote,
            .disconnected: .notConnected,
        ]
        var code = numbers[error.code] ?? everywhere[error.code] ?? .host
        if error.code == .wrongState, (error.cause as? SQLiteError)?.isReadOnly ?? false {
            code = .readOnlyDatabase
        }
        if error.advice.contains(.allowArchive) { code = .archiveSwitchedOff }
        self.init(code, error.message, hint: error.transactSQLHint, cause: error)
    }
}

extension StretchError {
    /// The hint, with advice as statements where possible.
    package var transactSQLHint: String? { hint { $0.transactSQL ?? $0.description } }
}

extension TransactSQLError {
    /// The kind of failure in the library, which determines the exit status of the command.
    ///
    /// It is the code of the underlying error of the library. For an invalid script, or one that
    /// names an object that does not exist, it is `invalidArgument`.
    public var failureCode: StretchError.Code {
        if let cause = cause as? StretchError { return cause.code }
        if cause is CancellationError { return .cancelled }
        if let code = Self.failureCodes[number] { return code }
        return number == Code.host.number ? .statementFailed : .invalidArgument
    }

    /// The kinds of failure detected by the host and the executor.
    private static let failureCodes: [Int: StretchError.Code] = {
        let codes: [(StretchError.Code, [TransactSQLError.Code])] = [
            (
                .wrongState,
                [
                    .tablesAreStretched, .databaseNotStretched, .alreadyStretched, .noRemoteRows,
                    .queryModeNotStretched, .deauthorizeNotStretched, .alreadyDisconnected,
                    .indexesNotStretched, .indexesNotOutbound, .reauthorizeNotStretched,
                    .alreadyConnected, .hintInTransaction, .hintNotPaused, .noStaging,
                    .tableNotStretched, .backupInTransaction, .backupFile,
                ]
            ),
            (
                .notPermitted,
                [
                    .notPermitted, .hintNotPermitted, .archiveSwitchedOff, .backupNotPermitted,
                    .restoreNotPermitted,
                ]
            ),
            (.unsupported, [.unsupportedStatement, .unsupportedOption, .unsupportedOperation]),
            (.damaged, [.damagedBackup]),
            (.disconnected, [.notConnected]),
        ]
        var numbers: [Int: StretchError.Code] = [:]
        for (kind, all) in codes { for code in all { numbers[code.number] = kind } }
        return numbers
    }()
}

/// Runs work, and converts its errors with the numbers of one statement.
@discardableResult
func numbered<Result>(
    _ numbers: [StretchError.Code: TransactSQLError.Code] = [:],
    _ body: () throws(StretchError) -> Result
) throws(TransactSQLError) -> Result {
    do throws(StretchError) {
        return try body()
    } catch {
        throw TransactSQLError(error, numbers)
    }
}
