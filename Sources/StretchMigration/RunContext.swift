internal import StretchCatalog
package import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchTimeline

/// The environment of a run, which receives its events.
protocol MigrationHost: AnyObject {
    /// Called when the run reaches a numbered point.
    func reached(_ point: CrashPoint)
    /// Waits before a failed call of the remote is repeated.
    func wait(_ duration: Duration)
    /// Called when the file has reached a position.
    func see(_ position: TimelinePosition) throws(StretchError)
    /// Updates catalog and remote to the definitions of main's tables.
    ///
    /// - Returns: The reasons why tables must wait, by id; the other tables continue.
    func reconcile(_ schema: KnownSchema) throws -> [Int64: StretchError]
}

/// The constants of a run of the migrator.
struct RunContext {
    /// The migrator's own connection, and the catalog on it.
    let connection: Connection
    let catalog: Catalog
    /// A second connection, on which the next rows are read concurrently.
    let rowConnection: Connection
    let schema: KnownSchema
    let endpoint: any Endpoint
    let configuration: Configuration
    let options: MigrationOptions
    /// The current time in filters.
    let now: String
    /// The host, which owns the run.
    unowned let host: any MigrationHost

    init(
        connection: Connection, rowConnection: Connection, schema: KnownSchema,
        endpoint: any Endpoint, configuration: Configuration, options: MigrationOptions,
        host: any MigrationHost
    ) {
        self.connection = connection
        catalog = Catalog(connection)
        self.rowConnection = rowConnection
        self.schema = schema
        self.endpoint = endpoint
        self.configuration = configuration
        self.options = options
        now = configuration.now()
        self.host = host
    }

    func crash(_ point: CrashPoint) { host.reached(point) }

    /// Records an event in the open transaction.
    func note(_ kind: EventKind, table: String?, _ message: String) throws {
        try catalog.insertEvent(
            time: configuration.now(), table: table, kind: kind, message: message)
    }

    /// Repeats a call of the remote while the error is retryable.
    func retrying(_ body: () throws(StretchError) -> Void) throws(StretchError) {
        var failureCount = 0
        while true {
            do throws(StretchError) {
                return try body()
            } catch {
                failureCount += 1
                let isLast = failureCount >= MigrationStateMachine.maximumFailureCount
                guard error.code.isRetryable, !isLast else { throw error }
                host.wait(.milliseconds(50 << failureCount))
            }
        }
    }

    /// The size of a page that is read back in bytes, computed with the batch's mean row size.
    private static var pageByteCount: Int64 { 2 << 20 }

    /// Returns the number of rows of a page of a batch.
    static func pageRowCount(rowCount: Int64, byteCount: Int64) -> Int {
        Int(
            RowBuffer.rowCount(
                ofPage: RunContext.pageByteCount, batchRowCount: rowCount,
                batchByteCount: byteCount))
    }
}

/// Runs statements on the local file, and converts errors to those of Stretch.
package func local<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
    do {
        return try body()
    } catch let error as StretchError {
        throw error
    } catch let error as SQLiteError {
        throw StretchError(local: error)
    } catch {
        throw StretchError(.statementFailed, String(describing: error), cause: error)
    }
}
