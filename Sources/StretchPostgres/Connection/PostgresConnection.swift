internal import CLibPQ
internal import Foundation
internal import StretchCore
internal import StretchEndpoint

/// A session with a PostgreSQL server, used from one thread at a time.
///
/// The session keeps no state beyond a transaction, so it works with PgBouncer in transaction mode.
/// The socket is nonblocking: every wait is in ``wait(_:until:endsAtTurn:)``, has a deadline, and
/// ends when the call is interrupted. In this mode libpq's other functions do not wait: they send
/// what the socket takes, and PQgetResult is called only if PQisBusy is 0. Exceptions are the
/// search for a host's address, which the resolver ends after its own timeouts
/// (<https://man7.org/linux/man-pages/man5/resolv.conf.5.html>), and PQcancel, see ``cancel()``.
final class PostgresConnection {
    /// How long a wait for the server lasts, unless a call states another time.
    var patience = ConnectionPool.usualPatience
    /// Whether the server let a deadline pass.
    ///
    /// The session is then only closed, without any further message to the server.
    private(set) var isSilent = false

    let handle: OpaquePointer
    /// Whether this session is connected directly to the server, without a transaction pooler.
    ///
    /// Only then may a prepared statement outlive its transaction.
    var isDirect: Bool?
    /// The prepared statements of the session, by text.
    var preparedStatements: [String: String] = [:]
    /// The value of the interrupter's mark at the start of the current call.
    var mark: Int
    let interrupter: CallInterrupter
    /// Whether results of sent statements have not been read yet.
    private(set) var hasPendingResults = false
    /// For each remaining statement of a pipeline, whether rows are returned one by one.
    private var pipelinedModes: [Bool] = []
    /// Whether the last result started a COPY, which libpq returns again until its data is read.
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
        // This makes libpq report the SQLSTATE of a failed connection.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // Server warnings would otherwise be written to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try finishConnecting(address, hasPassword: credential?.password != nil)
    }

    // In nonblocking mode it does not wait for the server, and closing the socket notifies it.
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

    /// Whether the session is known to be between transactions.
    var isIdle: Bool {
        PQstatus(handle) == CONNECTION_OK && !hasPendingResults && !isSilent
            && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Whether a new call can use the session.
    ///
    /// A session that the server has closed is detected if the server notified libpq.
    var isUsable: Bool {
        guard isIdle else { return false }
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) > 0, PQconsumeInput(handle) == 0 { return false }
        return PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    // MARK: Waiting

    /// Waits until the socket is ready.
    ///
    /// - Parameter endsAtTurn: Whether to return after a tenth of a second. OpenSSL may buffer
    ///   bytes of a long record that are no longer in the socket and that only a read returns.
    /// - Throws: ``PostgresError`` at the deadline, ``StretchError`` with code `cancelled`.
    func wait(
        _ events: Int16, until deadline: ContinuousClock.Instant, endsAtTurn: Bool = false
    ) throws {
        while true {
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            guard descriptor.fd >= 0 else { throw lastError }
            // Interruptions are checked in each iteration.
            if poll(&descriptor, 1, 100) > 0 { return }
            guard interrupter.mark == mark else {
                throw StretchError(.cancelled, "a call to the remote was interrupted")
            }
            guard ContinuousClock.now < deadline else {
                isSilent = true
                throw PostgresError.lost("the server did not answer in time")
            }
            if endsAtTurn { return }
        }
    }

    /// Sends buffered data of libpq.
    func flush(until deadline: @autoclosure () -> ContinuousClock.Instant) throws {
        var end: ContinuousClock.Instant?
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                let deadline = end ?? deadline()
                end = deadline
                try wait(Int16(POLLIN | POLLOUT), until: deadline)
                // The server may wait for the client to read:
                // https://www.postgresql.org/docs/current/libpq-async.html
                guard PQconsumeInput(handle) == 1 else { throw lastError }
            default: throw lastError
            }
        }
    }

    // MARK: Statements

    /// Sends statements, separated by semicolons, with no parameters.
    ///
    /// The first statements of a transaction restrict the search path to `pg_catalog`. Otherwise a
    /// user who may create objects in another schema of the search path could have them run with
    /// this session's permissions. SET LOCAL applies until the end of the transaction, even of an
    /// implicit one: <https://www.postgresql.org/docs/15/protocol-flow.html>.
    ///
    /// - Parameter inSingleRows: Whether each row is returned as a separate result.
    func send(_ sql: String, inSingleRows: Bool = false) throws {
        let isFirst = PQtransactionStatus(handle) == PQTRANS_IDLE
        let path = isFirst ? "\(PostgresSchema.searchPath); " : ""
        guard PQsendQuery(handle, path + sql) == 1 else { throw lastError }
        hasPendingResults = true
        if inSingleRows { useSingleRows() }
        try flush(until: .now + patience)
    }

    /// Sends statements with parameters in one round trip.
    ///
    /// The first statement starts a transaction and sets its search path, unless one is open.
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
        try flush(until: .now + patience)
    }

    /// Sends one statement with parameters in text form; its results are binary.
    ///
    /// It is a separate transaction, and qualifies all names with their schema.
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
        try flush(until: .now + patience)
    }

    /// Returns each row of the statements just sent as a separate result.
    func useSingleRows() {
        // It fails only if nothing was sent.
        _ = PQsetSingleRowMode(handle)
    }

    /// Determines once whether the session is connected directly to the server.
    ///
    /// A pooler reports another process than the one that answers.
    func noteDirectness(isWanted: Bool) throws {
        guard isWanted, isDirect == nil else { return }
        let process = try run("SELECT pg_backend_pid()", expecting: 1)[0]
        isDirect = process.integer(0, 0) == Int64(PQbackendPID(handle))
    }

    /// Returns the name of the prepared statement with a text.
    private func prepared(_ sql: String) throws -> String? {
        if let name = preparedStatements[sql] { return name }
        guard preparedStatements.count < 64 else { return nil }
        let name = "stretch_\(preparedStatements.count)"
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lastError }
        hasPendingResults = true
        try flush(until: .now + patience)
        try finish()
        preparedStatements[sql] = name
        return name
    }

    /// Returns the next result, or `nil` when all sent statements are complete.
    ///
    /// - Throws: The statement's error, as ``PostgresError``; further results must still be read.
    func nextResult(patience: Duration? = nil) throws -> PostgresResult? {
        var isBehindNull = false
        while true {
            try waitForResult(patience: patience ?? self.patience)
            let isPipeline = PQpipelineStatus(handle) != PQ_PIPELINE_OFF
            guard let found = PQgetResult(handle).map(PostgresResult.init) else {
                guard isPipeline else {
                    hasPendingResults = false
                    return nil
                }
                // The end of one statement of a pipeline; the results of the next one follow.
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
            // The result after a failed statement, whose error was thrown.
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
    func finish(patience: Duration? = nil) throws {
        while try nextResult(patience: patience) != nil {}
    }

    /// Runs statements, separated by semicolons, and returns the rows of those that return rows, in
    /// text form.
    ///
    /// After an error the remaining statements are not run, and an open transaction is rolled back.
    ///
    /// - Parameter count: The number of statements that return rows, possibly none.
    /// - Throws: Also ``DamagedRow`` for another number of results.
    func run(
        _ sql: String, expecting count: Int, patience: Duration? = nil
    ) throws -> [PostgresResult] {
        try tables(count, patience: patience) { try send(sql) }
    }

    /// Runs statements with parameters, as ``run(_:expecting:patience:)`` does.
    func run(
        _ statements: [ServerStatement], expecting count: Int,
        patience: Duration? = nil
    ) throws -> [PostgresResult] {
        try tables(count, patience: patience) { try send(statements) }
    }

    private func tables(
        _ count: Int, patience: Duration?, send: () throws -> Void
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

    /// Reads pending results, and ends a transaction.
    ///
    /// It never throws; ``isUsable`` reports a session that cannot be recovered.
    func rollBack() {
        guard !isSilent else { return }
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

    /// Cancels the running statement, and reads its remaining results.
    ///
    /// A server that let a deadline pass is not asked: the session is closed.
    func cancel() {
        guard hasPendingResults, !isSilent, PQstatus(handle) == CONNECTION_OK,
            let request = CancelRequest(handle)
        else { return }
        if !request.isDone(within: .seconds(2)) { isSilent = true }
    }

    private func drain(patience: Duration) {
        let deadline = ContinuousClock.now + patience
        mark = interrupter.mark
        // An abandoned COPY is ended here.
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

/// Calls `body` with C strings that are valid during the call.
func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>?]) throws -> Result
) rethrows -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return try body(copies.map { UnsafePointer($0) })
}
