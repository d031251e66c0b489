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
