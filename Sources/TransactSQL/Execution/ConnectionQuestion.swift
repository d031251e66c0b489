/// The request of `sp_rda_test_connection`.
public struct ConnectionQuestion: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The server, which is used only if the database is not stretch-enabled.
    public let server: String?
    /// The login to test, or `nil` for the one that the database uses.
    public let login: Login?

    /// A login to test.
    public enum Login: Equatable, Sendable {
        /// A name and a password.
        case password(login: String, Secret)
        /// A database scoped credential.
        case credential(String)
    }
}

/// The result of `sp_rda_test_connection`.
public struct ConnectionAnswer: Equatable, Sendable {
    /// The state of the connection.
    public let state: State
    /// The number of the failure, or `nil`.
    public let errorNumber: Int?
    /// The error message, without secrets, or `nil`.
    public let errorMessage: String?

    /// The state of a connection.
    public enum State: Int, Equatable, Sendable, CaseIterable {
        /// The remote responds.
        case healthy = 0
        /// A firewall blocks the connection.
        case firewall = 1
        /// There is no connection.
        case noConnection = 2
        /// The login is refused.
        case authenticationFailure = 3
        /// Anything else.
        case error = 4

        /// SQL Server's name for the state.
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

    /// Creates an answer.
    public init(state: State, errorNumber: Int? = nil, errorMessage: String? = nil) {
        self.state = state
        self.errorNumber = errorNumber
        self.errorMessage = errorMessage
    }
}
