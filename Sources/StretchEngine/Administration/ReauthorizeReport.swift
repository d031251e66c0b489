/// How a file is connected to its remote again.
public struct ReauthorizeOptions: Sendable {
    /// The credential that names the remote's administrator, or `nil` for the configuration's.
    public var credential: String?
    /// Whether the file gets a branch of its own, so that the original can live on; otherwise it
    /// continues the branch that it names.
    public var withCopy = true
    /// Where the remote is now, or `nil` for the address that the file names.
    public var server: String?
    /// The recorded owner whose branch is continued, by name; only without a copy.
    public var takesOver: String?
    /// The batches whose loss is accepted, by their ids.
    public var acceptedLosses: Set<Int64> = []
    /// Whether every loss is accepted.
    public var acceptsAllLosses = false
    /// Whether nothing is changed.
    public var isDryRun = false

    /// The usual way: a branch of the file's own.
    public init() {}
}

/// What reauthorizing did, or would do.
public struct ReauthorizeReport: Equatable, Sendable {
    /// What is done.
    public enum Action: String, Sendable {
        /// The file was connected already.
        case nothing
        /// The file goes on in its own branch.
        case `continue`
        /// The file begins a branch of its own.
        case fork
    }

    /// Where rows are that the remote lost.
    public enum Source: String, Sendable {
        /// In the staging file beside the database.
        case staging
        /// In a batch of another branch.
        case remote
        /// At the remote: a run that was cut off had sent them.
        case earlierRun
    }

    /// Rows that the remote lost, and that were sent to it again.
    public struct Resending: Equatable, Sendable {
        /// The id that the batch had.
        public let batch: Int64
        /// The table that the rows belong to.
        public let table: String
        /// The rows that the file shows.
        public let rows: Int64
        /// Where they are.
        public let source: Source
    }

    /// Rows that the remote no longer has.
    public struct Loss: Equatable, Sendable {
        /// The batch's id.
        public let batch: Int64
        /// The table that the rows belonged to.
        public let table: String
        /// The rows that the file still showed.
        public let rows: Int64
        /// The smallest and largest first key of the batch, as SQL literals, where it is known.
        public let keyRange: [String]?
    }

    /// What is done.
    public let action: Action
    /// The server.
    public let server: String
    /// The branch that the file is on.
    public let branch: Int64
    /// The branch that it left, for a fork.
    public let parent: Int64?
    /// The epoch at which the file goes on.
    public let epoch: Int64
    /// The batches and rows that the file has at the remote from now on.
    public let batches: Int64
    /// The cold rows of those batches, without hidden ones.
    public let rows: Int64
    /// What the remote lost, and got again.
    public let resent: [Resending]
    /// What the remote no longer has.
    public let lost: [Loss]
    /// Advice, as full sentences.
    public let advice: [String]
}

/// The cause of an error of reauthorizing: batches that are neither at the remote nor in staging.
public struct LostBatches: Error, Equatable, Sendable {
    /// The batches.
    public let losses: [ReauthorizeReport.Loss]
    /// The id of the newest batch that is not lost.
    public let newestAvailable: Int64?
}
