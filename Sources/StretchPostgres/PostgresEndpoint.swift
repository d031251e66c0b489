public import StretchCore
public import StretchEndpoint
internal import StretchText

/// A remote in a schema of a PostgreSQL database.
///
/// A row has its batch's id and its ordinal, and is stored in a table of its relation with typed
/// columns: [Documentation/Formats.md](Documentation/Formats.md). Calls share a pool of sessions; a
/// running scan has its own session and thus its own snapshot.
public final class PostgresEndpoint: BranchingEndpoint, CollectingEndpoint, LoginEndpoint,
    PipelinedEndpoint, WaitingEndpoint
{
    /// The address, with the schema that holds the remote.
    public let address: PostgresAddress
    /// The number of times that statements were sent and answered.
    public internal(set) var roundTripCount = 0
    /// How long a call waits for a server that sends nothing: two minutes, unless set otherwise.
    ///
    /// Building an index and reading a whole relation wait longer.
    public var patience: Duration {
        get { pool.patience }
        set { pool.patience = newValue }
    }
    let pool: ConnectionPool
    let owner: OwnerProof?
    var directory: PostgresDirectory
    /// The plan of the last point read, which the next one nearly always uses.
    var pointPlan: PointPlan?
    /// The batch whose rows are being sent.
    var sent: SentBatch?
    /// The quoted schema name for statements, because it may be an SQL keyword.
    let schema: String
    /// The schema's name, which consists of lower-case letters, digits and underscores.
    let schemaName: String

    /// Creates a session, which connects at the first call.
    ///
    /// - Parameters:
    ///   - address: The server and its database; the schema is `stretch` if it names none.
    ///   - owner: The right to extend branches, or `nil` for branches without an owner.
    ///   - credential: Called once for each session of the pool; the result is not kept.
    public init(
        _ address: PostgresAddress, owner: OwnerProof? = nil,
        credential: @escaping () throws(StretchError) -> RemoteCredential?
    ) {
        self.address = address
        self.owner = owner
        schemaName = address.schema ?? "stretch"
        schema = schemaName.quotedName
        pool = ConnectionPool(address, credential: credential)
        directory = PostgresDirectory(schema: schema)
    }

    /// Stops the running call on another thread, if any, with code `cancelled`.
    ///
    /// This is the only call that may be made from any thread.
    public func interrupt() { pool.interrupter.interrupt() }

    /// The remote's name in messages.
    var remoteName: String {
        "\(address.hosts.map(\.name).joined(separator: ","))/\(address.database)/\(schemaName)"
    }

    // MARK: Edges

    /// Runs a call on a session of the pool, and converts its errors.
    ///
    /// - Parameter isRepeatable: Whether the call may be repeated if the server has closed its
    ///   session.
    func ask<Result>(
        isRepeatable: Bool = true, _ body: (PostgresConnection) throws -> Result
    ) throws(StretchError) -> Result {
        try attempt {
            var conflictCount = 0
            var mayRepeat = isRepeatable
            while true {
                let (connection, isReused) = try pool.take()
                do {
                    let result = try body(connection)
                    pool.giveBack(connection)
                    return result
                } catch let error as PostgresError {
                    connection.rollBack()
                    pool.giveBack(connection)
                    if error.isConflict, conflictCount < 6 {
                        conflictCount += 1
                        Backoff.sleep(attempt: conflictCount)
                    } else if error.isConnectionLost, isReused, mayRepeat {
                        // All idle sessions of the pool were connected to the same failed server.
                        mayRepeat = false
                        pool.close()
                    } else {
                        throw error
                    }
                } catch {
                    connection.rollBack()
                    pool.giveBack(connection)
                    throw error
                }
            }
        }
    }

    /// Converts the errors of a call.
    func attempt<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        do {
            return try body()
        } catch let error as StretchError {
            throw error
        } catch let error as PostgresError {
            throw convert(error)
        } catch is DamagedRow {
            directory.removeAll()
            throw StretchError(
                .damaged, "remote \"\(remoteName)\" was changed by another program",
                hint: "Put the remote back from its backup, then: \(advice: .reauthorize).")
        } catch {
            preconditionFailure("only libpq and Stretch throw here, not \(error)")
        }
    }

    private func convert(_ error: PostgresError) -> StretchError {
        directory.removeAll()
        // A schema that was dropped or never created is reported as such, not as damage.
        if error.isMissingObject, !holdsRemote() { return missingRemote(error) }
        return error.converted(remote: remoteName)
    }

    private func holdsRemote() -> Bool {
        guard let (connection, _) = try? pool.take() else { return true }
        defer { pool.giveBack(connection) }
        let results = try? run(
            "SELECT to_regclass('\(schema).stretch_remote')", on: connection, expecting: 1)
        return results?[0].text(0, 0) != nil
    }

    /// Returns the error of every call except `register` in a database without the schema.
    private func missingRemote(_ cause: PostgresError) -> StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(remoteName)\" holds no Stretch remote",
            hint: "Put the schema back from its backup, then: \(advice: .reauthorize).",
            cause: cause)
    }

    /// The numbers of rows that a batch can have.
    static var rowCounts: ClosedRange<Int64> { 0...Int64(ColdLocation.maximumRowCount) }

    func mismatch(_ what: String) -> StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(remoteName)\" \(what)",
            hint: "Another file extended the branch, or the remote was restored: "
                + "\(advice: .reauthorize).")
    }

    /// Runs statements in one round trip, and returns the rows of those that return rows.
    ///
    /// - Parameter count: The number of statements that return rows.
    /// - Throws: Also ``DamagedRow`` if the server returns another number of results.
    @discardableResult
    func run(
        _ sql: String, on connection: PostgresConnection, expecting count: Int,
        patience: Duration? = nil
    ) throws -> [PostgresResult] {
        roundTripCount += 1
        return try connection.run(sql, expecting: count, patience: patience)
    }

    /// Runs statements with parameters in one round trip.
    @discardableResult
    func run(
        _ statements: [ServerStatement], on connection: PostgresConnection, expecting count: Int,
        patience: Duration? = nil
    ) throws -> [PostgresResult] {
        roundTripCount += 1
        return try connection.run(statements, expecting: count, patience: patience)
    }

    /// Returns a relation's definition, from the cache or from the server.
    ///
    /// - Returns: `nil` if the remote has no such relation.
    func relation(
        _ id: Int64, on connection: PostgresConnection, isFresh: Bool = false
    ) throws -> PostgresRelation? {
        if !isFresh, let known = directory.relation(id) { return known }
        let sql = PostgresRelation.query(id, schema: schema)
        // One snapshot for the three statements.
        let results = try run(
            "\(PostgresSchema.beginReading) \(sql); COMMIT", on: connection, expecting: 3)
        let relation = try PostgresRelation.make(id, schema: schema, results)
        directory.update(relation, id: id)
        return relation
    }
}
