public import StretchCore
internal import StretchEngine
internal import StretchSQLite
public import TransactSQL

extension TransactSQLError {
    /// An error of Stretch under SQL Server's number for the same situation.
    ///
    /// - Parameter numbers: The numbers that this statement gives some kinds of failure; others get
    ///   50000, or the number that they have in any statement.
    public init(
        _ error: StretchError, _ numbers: [StretchError.Code: TransactSQLError.Code] = [:]
    ) {
        // What a statement's own code threw went through the engine.
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
        self.init(code, error.message, hint: error.transactSQLHint, cause: error)
    }
}

extension StretchError {
    /// The hint, with advice as statements where there are such.
    var transactSQLHint: String? { hint { $0.transactSQL ?? $0.description } }
}

extension TransactSQLError {
    /// The kind of failure that the library knows it by, which gives the command its exit status.
    ///
    /// It is that of the library's error behind it. A script that is wrong in itself, or names what
    /// does not exist, is an `invalidArgument`.
    public var failureCode: StretchError.Code {
        if let cause = cause as? StretchError { return cause.code }
        if cause is CancellationError { return .cancelled }
        if let code = Self.failureCodes[number] { return code }
        return number == Code.host.number ? .statementFailed : .invalidArgument
    }

    /// The kinds of failure that the host and the executor find by themselves.
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

/// Runs work, and gives its errors the numbers of one statement.
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
