public import StretchCore
public import StretchEndpoint
internal import StretchText

/// The remote that is a schema of a PostgreSQL database.
///
/// A row carries its batch's id and its ordinal, and lies in a table of its relation with typed
/// columns: [Documentation/Formats.md](Documentation/Formats.md). Calls share a pool of sessions;
/// a running scan has one of its own, and so a snapshot.
public final class PostgresEndpoint: BranchingEndpoint, CollectingEndpoint, LoginEndpoint,
    PipelinedEndpoint
{
    /// The address, with the schema that holds the remote.
    public let address: PostgresAddress
    /// One for each time that statements were sent and answered.
    public internal(set) var roundTripCount = 0
    let pool: ConnectionPool
    let owner: OwnerProof?
    var directory: PostgresDirectory
    /// The plan of the last point read, which nearly always is the next one's.
    var pointPlan: PointPlan?
    /// The batch whose rows are on their way.
    var sent: SentBatch?
    /// The schema as every statement names it: quoted, because it may be a word of SQL.
    let schema: String
    /// The schema's name, which has small letters, digits and underscores only.
    let schemaName: String

    /// Makes a session; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - address: The server and its database; the schema is `stretch` when it names none.
    ///   - owner: The right to extend branches, or `nil` for those that nobody owns.
    ///   - credential: Asked once for each session of the pool, and not kept.
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

    /// Makes the call that runs now on another thread stop with code `cancelled`.
    ///
    /// The one call that may come from any thread. It does nothing when no call runs.
    public func interrupt() { pool.interrupter.interrupt() }

    /// The remote as messages name it.
    var remoteName: String {
        "\(address.hosts.map(\.name).joined(separator: ","))/\(address.database)/\(schemaName)"
    }

    // MARK: Edges

    /// Runs a call on a session of the pool, and converts what it throws.
    ///
    /// - Parameter isRepeatable: Whether the call may run a second time when its session turns out
    ///   to have been closed by the server.
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
                        // Every idle session of the pool knows the same dead server.
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

    /// Converts what a call throws.
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
                hint: "Put the remote back from its backup, then use reauthorize.")
        } catch {
            preconditionFailure("only libpq and Stretch throw here, not \(error)")
        }
    }

    private func convert(_ error: PostgresError) -> StretchError {
        directory.removeAll()
        // A schema that was dropped, or never made, is no damage of a part.
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

    /// The error of every call but `register` on a database without the schema.
    private func missingRemote(_ cause: PostgresError) -> StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(remoteName)\" holds no Stretch remote",
            hint: "Put the schema back from its backup, then use reauthorize.", cause: cause)
    }

    /// The rows that a batch can have.
    static var rowCounts: ClosedRange<Int64> { 0...Int64(ColdLocation.maximumRowCount) }

    func mismatch(_ what: String) -> StretchError {
        StretchError(
            .remoteMismatch, "remote \"\(remoteName)\" \(what)",
            hint: "Another file extended the branch, or the remote was restored; use reauthorize.")
    }

    /// Runs statements in one round trip, and returns the rows of those that have any.
    ///
    /// - Parameter count: The number of statements that return rows.
    /// - Throws: Also ``DamagedRow`` when the server answers another number of them.
    @discardableResult
    func run(
        _ sql: String, on connection: PostgresConnection, expecting count: Int,
        patience: Duration = PostgresConnection.patience
    ) throws -> [PostgresResult] {
        roundTripCount += 1
        return try connection.run(sql, expecting: count, patience: patience)
    }

    /// Runs statements with parameters in one round trip.
    @discardableResult
    func run(
        _ statements: [ServerStatement], on connection: PostgresConnection, expecting count: Int,
        patience: Duration = PostgresConnection.patience
    ) throws -> [PostgresResult] {
        roundTripCount += 1
        return try connection.run(statements, expecting: count, patience: patience)
    }

    /// A relation's definition, from memory or from the server.
    ///
    /// - Returns: `nil` when the remote has none.
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
