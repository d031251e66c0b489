/// The options of a reauthorization.
public struct ReauthorizeOptions: Sendable {
    /// The name of the credential of the remote's administrator, or `nil` for the login of the
    /// configuration.
    public var credential: String?
    /// Whether the file gets its own branch, so that the original can continue.
    ///
    /// Otherwise the file continues the branch that it names.
    public var withCopy = true
    /// The new address of the remote, or `nil` for the address that the file names.
    ///
    /// A PostgreSQL address without a schema means the schema that the file's remote has now, and
    /// otherwise the one that `enable` would have made for the file.
    public var server: String?
    /// The name of the recorded owner whose branch is continued; valid only without a copy.
    public var takesOver: String?
    /// The batches whose loss is accepted, by their ids.
    public var acceptedLosses: Set<Int64> = []
    /// Whether every loss is accepted.
    public var acceptsAllLosses = false
    /// Whether to report the result without changing anything.
    public var isDryRun = false

    /// Creates the default options: the file gets its own branch.
    public init() {}
}

/// The result of a reauthorization or of its dry run.
public struct ReauthorizeReport: Equatable, Sendable {
    /// What is done.
    public enum Action: String, Sendable {
        /// The file was already connected.
        case nothing
        /// The file was connected, and its remote has another address from now on.
        case move
        /// The file continues its branch.
        case `continue`
        /// The file starts a new branch.
        case fork
    }

    /// The source of rows that the remote lost.
    public enum Source: String, Sendable {
        /// The staging file beside the database.
        case staging
        /// A batch of another branch.
        case remote
        /// The remote: an interrupted run had already sent them.
        case earlierRun
    }

    /// Rows that the remote lost and that were sent again.
    public struct Resending: Equatable, Sendable {
        /// The former id of the batch.
        public let batch: Int64
        /// The table that the rows belong to.
        public let table: String
        /// The number of rows visible in the file.
        public let rows: Int64
        /// The source of the rows.
        public let source: Source
    }

    /// Rows that the remote no longer has.
    public struct Loss: Equatable, Sendable {
        /// The batch's id.
        public let batch: Int64
        /// The table that the rows belonged to.
        public let table: String
        /// The number of rows that were visible in the file.
        public let rows: Int64
        /// The range of the first key column of the batch, as two SQL literals, if known.
        public let keyRange: [String]?
    }

    /// What is done.
    public let action: Action
    /// The server.
    public let server: String
    /// The branch of the file.
    public let branch: Int64
    /// For a fork, the branch that the file left.
    public let parent: Int64?
    /// The epoch at which the file continues.
    public let epoch: Int64
    /// The number of batches that the file has in the remote from now on.
    public let batches: Int64
    /// The number of visible cold rows in those batches.
    public let rows: Int64
    /// The batches that the remote lost and that were sent again.
    public let resent: [Resending]
    /// The batches that the remote no longer has.
    public let lost: [Loss]
    /// Advice, as full sentences.
    public let advice: [String]
}

/// The cause of a reauthorization error: batches that are neither in the remote nor in staging.
public struct LostBatches: Error, Equatable, Sendable {
    /// The batches.
    public let losses: [ReauthorizeReport.Loss]
    /// The id of the newest batch that is not lost.
    public let newestAvailable: Int64?
}
