internal import CLibPQ
internal import Foundation
internal import StretchCore
internal import StretchEndpoint

/// A session with a PostgreSQL server, used from one thread at a time.
///
/// The session has no state beyond a transaction, so that it may lead through PgBouncer in
/// transaction mode. The socket never blocks: every wait has a deadline, and ends when the call is
/// interrupted.
final class PostgresConnection {
    /// How long a wait for the server lasts when nothing else is said.
    static let patience = Duration.seconds(120)

    let handle: OpaquePointer
    /// Whether the server's session is this one, and no pooler hands it on between transactions;
    /// only then may a prepared statement outlive its transaction.
    var isDirect: Bool?
    /// The prepared statements of the session, by their text.
    var preparedStatements: [String: String] = [:]
    /// The value of the interrupter's mark when the present call began.
    var mark: Int
    let interrupter: CallInterrupter
    /// The results of statements that were sent and not read yet are still to come.
    private(set) var hasPendingResults = false
    /// Whether the statements of a pipeline that are still to come want rows one by one.
    private var pipelinedModes: [Bool] = []
    /// Whether the last result began a COPY; until its data are read, libpq returns it again.
    private var isAtCopy = false

    /// Connects.
    ///
    /// - Throws: ``PostgresError``, or ``StretchError`` for a server that must not be used.
    init(
        _ address: PostgresAddress, credential: RemoteCredential?, interrupter: CallInterrupter
    ) throws {
        self.interrupter = interrupter
        mark = interrupter.mark
        let parameters = try ConnectionParameters(address, credential: credential)
        guard let handle = parameters.withKeywords({ PQconnectStartParams($0, $1, 0) }) else {
            throw PostgresError.lost("libpq has no memory")
        }
        self.handle = handle
        // Only so libpq tells the SQLSTATE of a connection that fails.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // Warnings of the server have no reader; they would go to the standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try finishConnecting(address, hasPassword: credential?.password != nil)
    }

    deinit { PQfinish(handle) }

    private func finishConnecting(_ address: PostgresAddress, hasPassword: Bool) throws {
        let patience = Duration.seconds(address.connectTimeoutSeconds * address.hosts.count)
        let deadline = ContinuousClock.now + patience
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING,
                PQstatus(handle) != CONNECTION_BAD
            else { throw lastError }
            let isReading = next == PGRES_POLLING_READING
            try wait(isReading ? Int16(POLLIN) : Int16(POLLOUT), until: deadline)
            next =
                isReading && hasPassword
                ? try AuthenticationGuard(self).poll(until: deadline) : PQconnectPoll(handle)
        }
        guard PQsetnonblocking(handle, 1) == 0 else { throw lastError }
        let encoding = PQparameterStatus(handle, "server_encoding").map { String(cString: $0) }
        guard encoding == "UTF8" else {
            throw StretchError(
                .unsupported,
                "database \"\(address.database)\" is encoded in \(encoding ?? "an unknown way")",
                hint: "Create a database with ENCODING 'UTF8' for the cold rows.")
        }
    }

    /// The connection's last error.
    var lastError: PostgresError {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return message.isEmpty
            ? .lost("the connection was closed") : PostgresError(verboseMessage: message)
    }

    /// Whether the session is between transactions, as far as it is known.
    var isIdle: Bool {
        PQstatus(handle) == CONNECTION_OK && !hasPendingResults
            && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Whether a new call can use the session.
    ///
    /// A server that closed it meanwhile is noticed when it said so.
    var isUsable: Bool {
        guard isIdle else { return false }
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) > 0, PQconsumeInput(handle) == 0 { return false }
        return PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    // MARK: Waiting

    /// Waits until the socket is ready.
    ///
    /// - Parameter endsAtTurn: Whether a tenth of a second is long enough. OpenSSL may hold bytes
    ///   of a long record that the socket no longer shows; only reading brings them up.
    /// - Throws: ``PostgresError`` at the deadline, ``StretchError`` with code `cancelled`.
    func wait(
        _ events: Int16, until deadline: ContinuousClock.Instant, endsAtTurn: Bool = false
    ) throws {
        while true {
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            guard descriptor.fd >= 0 else { throw lastError }
            // Interruptions are noticed at each turn.
            if poll(&descriptor, 1, 100) > 0 { return }
            guard interrupter.mark == mark else {
                throw StretchError(.cancelled, "a call to the remote was interrupted")
            }
            guard ContinuousClock.now < deadline else {
                throw PostgresError.lost("the server did not answer in time")
            }
            if endsAtTurn { return }
        }
    }

    /// Sends what libpq holds back.
    func flush(until deadline: @autoclosure () -> ContinuousClock.Instant) throws {
        var end: ContinuousClock.Instant?
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                let deadline = end ?? deadline()
                end = deadline
                try wait(Int16(POLLIN | POLLOUT), until: deadline)
                // The server may wait for us to read: https://www.postgresql.org/docs/current/libpq-async.html
                guard PQconsumeInput(handle) == 1 else { throw lastError }
            default: throw lastError
            }
        }
    }

    // MARK: Statements

    /// Sends statements, separated by semicolons, with no parameters.
    ///
    /// The first ones of a transaction find functions, operators and types in `pg_catalog` alone:
    /// whoever may create objects in another schema of the server's search path could otherwise
    /// have them run with this session's rights. SET LOCAL counts until the transaction's end,
    /// also of one that no BEGIN started: <https://www.postgresql.org/docs/15/protocol-flow.html>.
    ///
    /// - Parameter inSingleRows: Whether each row comes as a result of its own.
    func send(_ sql: String, inSingleRows: Bool = false) throws {
        let isFirst = PQtransactionStatus(handle) == PQTRANS_IDLE
        let path = isFirst ? "\(PostgresSchema.searchPath); " : ""
        guard PQsendQuery(handle, path + sql) == 1 else { throw lastError }
        hasPendingResults = true
        if inSingleRows { useSingleRows() }
        try flush(until: .now + PostgresConnection.patience)
    }

    /// Sends statements with parameters; all of them are one round trip.
    ///
    /// The first of them begins a transaction and sets its search path, or one runs already.
    func send(_ statements: [ServerStatement]) throws {
        guard PQenterPipelineMode(handle) == 1 else { throw lastError }
        hasPendingResults = true
        pipelinedModes = statements.dropFirst().map(\.isInSingleRows)
        for statement in statements {
            let isSent = withCStrings(statement.parameters) { values in
                PQsendQueryParams(
                    handle, statement.sql, Int32(values.count), nil, values, nil, nil,
                    statement.isBinary ? 1 : 0)
            }
            guard isSent == 1 else { throw lastError }
        }
        guard PQpipelineSync(handle) == 1 else { throw lastError }
        try flush(until: .now + PostgresConnection.patience)
    }

    /// Sends one statement with parameters in text form; its results are binary.
    ///
    /// It is a transaction of its own, and names all that it uses with its schema.
    ///
    /// - Parameter isRepeated: Whether the statement is worth keeping prepared.
    func send(_ sql: String, _ parameters: [String], isRepeated: Bool) throws {
        try withCStrings(parameters) { values in
            let count = Int32(parameters.count)
            if isRepeated, isDirect == true, let name = try prepared(sql) {
                guard PQsendQueryPrepared(handle, name, count, values, nil, nil, 1) == 1 else {
                    throw lastError
                }
            } else {
                guard PQsendQueryParams(handle, sql, count, nil, values, nil, nil, 1) == 1 else {
                    throw lastError
                }
            }
        }
        hasPendingResults = true
        try flush(until: .now + PostgresConnection.patience)
    }

    /// Makes each row of the statements just sent a result of its own.
    func useSingleRows() {
        // It fails only when nothing was sent.
        _ = PQsetSingleRowMode(handle)
    }

    /// Finds out, once, whether the session is the server's own.
    ///
    /// A pooler names another process than the one that answers.
    func noteDirectness(isWanted: Bool) throws {
        guard isWanted, isDirect == nil else { return }
        let process = try run("SELECT pg_backend_pid()", expecting: 1)[0]
        isDirect = process.integer(0, 0) == Int64(PQbackendPID(handle))
    }

    /// The name of the prepared statement of a text.
    private func prepared(_ sql: String) throws -> String? {
        if let name = preparedStatements[sql] { return name }
        guard preparedStatements.count < 64 else { return nil }
        let name = "stretch_\(preparedStatements.count)"
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lastError }
        hasPendingResults = true
        try flush(until: .now + PostgresConnection.patience)
        try finish()
        preparedStatements[sql] = name
        return name
    }

    /// The next result, or `nil` when all statements that were sent are done.
    ///
    /// - Throws: The statement's error, as ``PostgresError``; further results must still be read.
    func nextResult(patience: Duration = PostgresConnection.patience) throws -> PostgresResult? {
        var isBehindNull = false
        while true {
            try waitForResult(patience: patience)
            let isPipeline = PQpipelineStatus(handle) != PQ_PIPELINE_OFF
            guard let found = PQgetResult(handle).map(PostgresResult.init) else {
                guard isPipeline else {
                    hasPendingResults = false
                    return nil
                }
                // The end of one statement of a pipeline; the next one's results follow.
                guard !isBehindNull else { throw PostgresError.lost("an answer is incomplete") }
                isBehindNull = true
                if !pipelinedModes.isEmpty, pipelinedModes.removeFirst() { useSingleRows() }
                continue
            }
            isBehindNull = false
            switch found.status {
            case PGRES_PIPELINE_SYNC:
                guard PQexitPipelineMode(handle) == 1 else { throw lastError }
                hasPendingResults = false
                return nil
            // What follows a statement that failed, whose error was thrown.
            case PGRES_PIPELINE_ABORTED: continue
            default: break
            }
            let isCopy = [PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH].contains(found.status)
            guard !isCopy || !isAtCopy else { throw DamagedRow() }
            isAtCopy = isCopy
            guard !found.isFailure else {
                if PQstatus(handle) == CONNECTION_BAD { throw lastError }
                throw found.error
            }
            return found
        }
    }

    private func waitForResult(patience: Duration) throws {
        guard PQisBusy(handle) == 1 else { return }
        let deadline = ContinuousClock.now + patience
        repeat {
            try wait(Int16(POLLIN), until: deadline, endsAtTurn: true)
            guard PQconsumeInput(handle) == 1 else { throw lastError }
        } while PQisBusy(handle) == 1
    }

    /// Reads the rest of the results.
    func finish(patience: Duration = PostgresConnection.patience) throws {
        while try nextResult(patience: patience) != nil {}
    }

    /// Runs statements, separated by semicolons, and returns the rows of those that have any, in
    /// text form.
    ///
    /// After an error the rest is not run, and a transaction that was begun is rolled back.
    ///
    /// - Parameter count: The number of statements that return rows, be they none.
    /// - Throws: Also ``DamagedRow`` for another number of answers.
    func run(
        _ sql: String, expecting count: Int, patience: Duration = PostgresConnection.patience
    ) throws -> [PostgresResult] {
        try tables(count, patience: patience) { try send(sql) }
    }

    /// Runs statements with parameters, as ``run(_:expecting:patience:)`` does.
    func run(
        _ statements: [ServerStatement], expecting count: Int,
        patience: Duration = PostgresConnection.patience
    ) throws -> [PostgresResult] {
        try tables(count, patience: patience) { try send(statements) }
    }

    private func tables(
        _ count: Int, patience: Duration, send: () throws -> Void
    ) throws -> [PostgresResult] {
        do {
            try send()
            var tables: [PostgresResult] = []
            while let result = try nextResult(patience: patience) {
                if result.status == PGRES_TUPLES_OK { tables.append(result) }
            }
            guard tables.count == count else { throw DamagedRow() }
            return tables
        } catch {
            rollBack()
            throw error
        }
    }

    /// Reads what is still to come, and ends a transaction; never throws: what cannot be repaired
    /// is seen by ``isUsable``.
    func rollBack() {
        if !hasPendingResults, PQtransactionStatus(handle) == PQTRANS_IDLE { return }
        drain(patience: .seconds(2))
        guard PQstatus(handle) == CONNECTION_OK, !hasPendingResults,
            PQtransactionStatus(handle) != PQTRANS_IDLE
        else { return }
        mark = interrupter.mark
        guard PQsendQuery(handle, "ROLLBACK") == 1 else { return }
        hasPendingResults = true
        drain(patience: .seconds(10))
    }

    /// Stops what the server does, and reads the rest of it.
    ///
    /// libpq 15 sends the request over a connection of its own, without TLS; it can stop a
    /// statement and tell nothing: <https://www.postgresql.org/docs/15/libpq-cancel.html>.
    func cancel() {
        guard hasPendingResults, PQstatus(handle) == CONNECTION_OK,
            let cancellation = PQgetCancel(handle)
        else { return }
        var message = [CChar](repeating: 0, count: 256)
        // What fails here is seen by the deadline of the drain.
        _ = PQcancel(cancellation, &message, Int32(message.count))
        PQfreeCancel(cancellation)
    }

    private func drain(patience: Duration) {
        let deadline = ContinuousClock.now + patience
        mark = interrupter.mark
        // A COPY that was begun and left is ended here.
        isAtCopy = false
        while hasPendingResults, ContinuousClock.now < deadline {
            do {
                guard let result = try nextResult(patience: patience) else { return }
                if result.status == PGRES_COPY_OUT { try discardCopy(until: deadline) }
                if result.status == PGRES_COPY_IN {
                    guard PQputCopyEnd(handle, "abandoned") == 1 else { return }
                    try flush(until: deadline)
                }
            } catch let error as PostgresError where !error.sqlState.isEmpty {
                continue
            } catch {
                return
            }
        }
    }

    private func discardCopy(until deadline: ContinuousClock.Instant) throws {
        while true {
            var row: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(handle, &row, 1)
            if let row { PQfreemem(row) }
            if count < 0 { return }
            guard ContinuousClock.now < deadline else { throw PostgresError.lost("abandoned") }
            if count == 0 {
                try wait(Int16(POLLIN), until: deadline, endsAtTurn: true)
                guard PQconsumeInput(handle) == 1 else { throw lastError }
            }
        }
    }
}

/// Calls `body` with C strings that live as long as the call.
func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>?]) throws -> Result
) rethrows -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return try body(copies.map { UnsafePointer($0) })
}
