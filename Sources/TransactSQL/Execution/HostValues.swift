/// Which rows queries see, for every user of a database.
public enum QueryMode: String, Equatable, Sendable, CaseIterable {
    /// Queries of stretch-enabled tables fail.
    case disabled = "DISABLED"
    /// Local rows only.
    case localOnly = "LOCAL_ONLY"
    /// Local and remote rows.
    case localAndRemote = "LOCAL_AND_REMOTE"
}

/// Which side `sp_spaceused` measures.
public enum SpaceMode: String, Equatable, Sendable, CaseIterable {
    /// Both sides.
    case all = "ALL"
    /// The local file.
    case localOnly = "LOCAL_ONLY"
    /// The remote.
    case remoteOnly = "REMOTE_ONLY"
}

/// The space that a table or a database takes, in bytes.
public struct SpaceUsage: Equatable, Sendable {
    /// The table, or the database.
    public let name: String
    /// The rows of the table, or `nil` for a database.
    public let rows: Int64?
    /// All of its space.
    public let reserved: Int64
    /// The space of rows.
    public let data: Int64
    /// The space of indexes.
    public let indexes: Int64
    /// The space that is reserved and holds nothing.
    public let unused: Int64

    /// Makes a report.
    public init(
        name: String, rows: Int64?, reserved: Int64, data: Int64, indexes: Int64, unused: Int64
    ) {
        self.name = name
        self.rows = rows
        self.reserved = reserved
        self.data = data
        self.indexes = indexes
        self.unused = unused
    }
}

/// The setting `remote data archive` of the server.
public struct ArchiveSwitch: Equatable, Sendable {
    /// What `sp_configure` said last.
    public let isConfigured: Bool
    /// What holds: the configured value after `RECONFIGURE`.
    public let isRunning: Bool

    /// Makes a setting.
    public init(isConfigured: Bool, isRunning: Bool) {
        self.isConfigured = isConfigured
        self.isRunning = isRunning
    }
}

/// What `sp_rda_test_connection` asks.
public struct ConnectionQuestion: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The server, which counts only when the database is not stretch-enabled.
    public let server: String?
    /// The login to try, or `nil` for the one that the database uses.
    public let login: Login?

    /// A login to try.
    public enum Login: Equatable, Sendable {
        /// A name and a password.
        case password(login: String, Secret)
        /// A database scoped credential.
        case credential(String)
    }
}

/// What `sp_rda_test_connection` finds.
public struct ConnectionAnswer: Equatable, Sendable {
    /// How far the connection came.
    public let state: State
    /// The number of the failure, or `nil`.
    public let errorNumber: Int?
    /// The failure, without any secret, or `nil`.
    public let errorMessage: String?

    /// How far a connection comes.
    public enum State: Int, Equatable, Sendable, CaseIterable {
        /// The remote answers.
        case healthy = 0
        /// A firewall is between.
        case firewall = 1
        /// There is no connection.
        case noConnection = 2
        /// The login is refused.
        case authenticationFailure = 3
        /// Anything else.
        case error = 4

        /// SQL Server's name of the state.
        public var name: String {
            switch self {
            case .healthy: "HEALTHY"
            case .firewall: "ERROR_AZURE_FIREWALL"
            case .noConnection: "ERROR_NO_CONNECTION"
            case .authenticationFailure: "ERROR_AUTH_FAILURE"
            case .error: "ERROR"
            }
        }
    }

    /// Makes an answer.
    public init(state: State, errorNumber: Int? = nil, errorMessage: String? = nil) {
        self.state = state
        self.errorNumber = errorNumber
        self.errorMessage = errorMessage
    }
}

/// A backup to be made.
public struct BackupRequest: Equatable, Sendable {
    /// What is backed up.
    public let content: BackupContent
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file that is written.
    public let file: String
    /// Whether backups that the file holds are overwritten; otherwise one is added.
    public internal(set) var isOverwriting = false
    /// Whether it is compressed, or `nil` when nothing is said.
    public internal(set) var isCompressed: Bool?
    /// Whether it has checksums, or `nil` when nothing is said.
    public internal(set) var hasChecksums: Bool?
    /// Whether later backups do not build on it.
    public internal(set) var isCopyOnly = false
    /// Its name, or `nil`.
    public internal(set) var name: String?
    /// Its description, or `nil`.
    public internal(set) var description: String?
    /// Whether progress is reported.
    public internal(set) var reportsProgress = false
}

/// A backup to be restored.
public struct RestoreRequest: Equatable, Sendable {
    /// What is restored.
    public let content: BackupContent
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file that is read.
    public let file: String
    /// The backup's place in the file, from 1, or `nil` when nothing is said.
    public internal(set) var backupNumber: Int?
    /// Whether an existing database is overwritten.
    public internal(set) var isReplacing = false
    /// The time whose state is restored, or `nil` for the newest one.
    public internal(set) var time: DateTime?
    /// New paths of the database's files, by their names in the backup.
    public internal(set) var moves: [String: String] = [:]
    /// Whether checksums are verified, or `nil` when nothing is said.
    public internal(set) var verifiesChecksums: Bool?
    /// Whether progress is reported.
    public internal(set) var reportsProgress = false
}
