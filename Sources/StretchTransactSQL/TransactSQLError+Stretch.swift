public import Stretch
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
        let code = numbers[error.code] ?? everywhere[error.code] ?? .host
        self.init(code, error.message, hint: error.hint, cause: error)
    }
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
