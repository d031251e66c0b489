/// Runs scripts on a host, statement by statement.
///
/// Statements run as they are read, so the statements before an error have run. Variables and the
/// batch outlive a script, so that a session can be executed line by line; `GO` ends both.
public struct ScriptExecutor {
    let host: any TransactSQLHost
    let output: any TransactSQLOutput
    private let stopsAtFirstError: Bool
    var variables = Variables()
    /// The scripts since the last `GO`, which `GO n` runs again.
    private var batch: [Fragment] = []
    private var isBatchStart = true

    private struct Fragment {
        let script: [UInt8]
        let range: Range<Int>
    }

    /// Creates an executor.
    ///
    /// - Parameter stopsAtFirstError: Whether an error ends a script; otherwise it is written to
    ///   the output, and the script continues with the next statement.
    public init(
        host: any TransactSQLHost, output: any TransactSQLOutput, stopsAtFirstError: Bool = true
    ) {
        self.host = host
        self.output = output
        self.stopsAtFirstError = stopsAtFirstError
    }

    /// Runs a script.
    ///
    /// - Parameter script: UTF-8 text that consists of complete statements.
    /// - Returns: The number of failed statements; zero if the first error ends the script.
    /// - Throws: The first error, with its position in `script`; if the host throws a
    ///   `CancellationError`, an error with it as the cause.
    @discardableResult
    public mutating func run(_ script: [UInt8]) throws(TransactSQLError) -> Int {
        var failures = 0
        var start = 0
        for item in ScriptReader(script, isBatchStart: isBatchStart) {
            if case .batchEnd(let count) = item.kind {
                batch.append(Fragment(script: script, range: start..<item.range.lowerBound))
                start = item.range.upperBound
                let repeated = batch
                endBatch()
                for _ in 1..<count {
                    for fragment in repeated { failures += try run(fragment) }
                    endBatch()
                }
            } else {
                failures += try run(item)
            }
        }
        if start < script.count {
            batch.append(Fragment(script: script, range: start..<script.count))
        }
        return failures
    }

    /// Runs a script.
    @discardableResult
    public mutating func run(_ script: String) throws(TransactSQLError) -> Int {
        try run(Array(script.utf8))
    }

    private mutating func endBatch() {
        variables = Variables()
        batch = []
        isBatchStart = true
    }

    private mutating func run(_ fragment: Fragment) throws(TransactSQLError) -> Int {
        var failures = 0
        let items = ScriptReader(
            fragment.script, range: fragment.range, isBatchStart: isBatchStart)
        for item in items { failures += try run(item) }
        return failures
    }

    /// Runs an item that is not the end of a batch, and returns the number of failures, 0 or 1.
    private mutating func run(_ item: ScriptItem) throws(TransactSQLError) -> Int {
        if case .blank = item.kind { return 0 }
        isBatchStart = false
        do {
            try perform(item)
            return 0
        } catch {
            let failure = TransactSQLError(converting: error, at: item.position)
            if stopsAtFirstError || failure.cause is CancellationError { throw failure }
            output.write(failure)
            return 1
        }
    }

    private mutating func perform(_ item: ScriptItem) throws {
        switch item.kind {
        case .blank, .batchEnd: return
        case .failure(let error): throw error
        case .statement(let statement): try perform(statement)
        case .plain(let statement):
            if let variable = statement.assignedVariable, variables.contains(variable) {
                throw TransactSQLError(
                    .unsupportedStatement,
                    "SELECT \(variable) = … is a comparison here, not an assignment",
                    at: item.position, hint: "Write SET \(variable) = (SELECT …).")
            }
            try host.run(statement, variables: variables.values)
        }
    }
}

extension TransactSQLError {
    /// Converts any error: a `TransactSQLError` is kept, others get number 50000.
    init(converting error: any Error, at position: SourcePosition) {
        if var own = error as? TransactSQLError {
            own.position = own.position ?? position
            self = own
        } else if error is CancellationError {
            self.init(.host, "the script was cancelled", at: position, cause: error)
        } else {
            self.init(.host, String(describing: error), at: position, cause: error)
        }
    }
}
