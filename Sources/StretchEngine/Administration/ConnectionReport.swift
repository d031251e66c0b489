internal import Foundation
internal import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchSQLite

/// The result of ``RemoteAdministration/testConnection()``, without secrets.
public struct ConnectionReport: Equatable, Sendable {
    /// The server, in canonical form.
    public let server: String
    /// The login that was used, or `nil` for none.
    public let login: String?
    /// The state of the connection.
    public let state: ConnectionState
    /// The remote's error code: an SQLSTATE or a SQLite result code.
    public let number: String?
    /// The code of the failure, which determines the exit status of the command.
    public let code: StretchError.Code?
    /// The error message, from the remote if it returned one.
    public let message: String?
    /// The next step.
    public let hint: String?
    /// The elapsed time.
    public let elapsed: Duration
    /// Warnings about the local side and the login, as full sentences.
    public let warnings: [String]
    /// The warning that the remote did not check the login, or `nil`.
    public let loginWarning: String?
}

/// A connection test: the report and the underlying error.
public struct ConnectionTest: Sendable {
    /// The report.
    public let report: ConnectionReport
    /// The failure, or `nil` for a healthy connection.
    public let failure: StretchError?
}

extension Configuration {
    /// Connects to a remote and sends it a query; changes nothing.
    ///
    /// - Parameters:
    ///   - address: The remote.
    ///   - role: The role whose login is used.
    public func testConnection(
        to address: EndpointAddress, as role: RemoteRole = .administrator
    ) -> ConnectionTest {
        testConnection(to: address, as: role, localPath: "", branch: nil)
    }

    /// - Parameter branch: The branch that the remote must know.
    func testConnection(
        to address: EndpointAddress, as role: RemoteRole, localPath: String, branch: Int64?
    ) -> ConnectionTest {
        let start = ContinuousClock.now
        var login: String?
        var failure: StretchError?
        var loginWarning: String?
        do throws(StretchError) {
            login = try credential(address, role)?.login
            let endpoint = try endpoint(at: address, localPath: localPath, as: role)
            let position = try endpoint.position(branch: branch ?? 0)
            loginWarning = endpoint.ignoredLoginWarning(login)
            if branch != nil, position == nil {
                failure = StretchError(
                    .remoteMismatch, "server \"\(address)\" does not know this file's branch",
                    hint: "Check the address; after a restore of the remote: "
                        + "\(advice: .reauthorize).")
            }
        } catch {
            failure = error
        }
        let elapsed = ContinuousClock.now - start
        let found = failure.map { Configuration.state(of: $0, address, localPath) }
        return ConnectionTest(
            report: ConnectionReport(
                server: address.description, login: login, state: found?.state ?? .healthy,
                number: found?.number, code: failure?.code,
                message: failure?.message, hint: failure?.hint,
                elapsed: elapsed,
                warnings: [routines.walResetWarning, loginWarning].compactMap { $0 },
                loginWarning: loginWarning),
            failure: failure)
    }

    private static func state(
        of error: StretchError, _ address: EndpointAddress, _ localPath: String
    ) -> (state: ConnectionState, number: String?) {
        if let failure = error.cause as? any RemoteFailure {
            return (failure.connectionState, failure.number)
        }
        guard let failure = error.cause as? SQLiteError, case .file = address.kind else {
            return (error.code == .remoteUnavailable ? .noConnection : .otherError, nil)
        }
        let number = "\(failure.code)"
        let path = address.filePath(besides: localPath)
        switch failure.code {
        case ResultCode.cannotOpen:
            let isThere = FileManager.default.fileExists(atPath: path)
            return (isThere ? .authenticationFailure : .refused, number)
        case ResultCode.readOnly, ResultCode.permission:
            return (.authenticationFailure, number)
        default: return (.otherError, number)
        }
    }
}

extension RemoteAdministration {
    /// Connects to the remote with each stored login and looks up this file's branch.
    ///
    /// Nothing is changed.
    ///
    /// - Returns: The first failed test or, if none failed, the last test.
    /// - Throws: `wrongState` when the database is not enabled; a failed connection is a result,
    ///   not an error.
    public func testConnection() throws(StretchError) -> ConnectionTest {
        try database.perform {
            let record = try database.enabledDatabase()
            let address = try EndpointAddress(parsing: record.endpoint)
            func test(_ role: RemoteRole) -> ConnectionTest {
                database.configuration.testConnection(
                    to: address, as: role, localPath: database.path, branch: record.position.branch)
            }
            let reading = test(.reader)
            guard reading.failure == nil, let login = reading.report.login else { return reading }
            guard try database.configuration.credential(address, .writer)?.login != login else {
                return reading
            }
            return test(.writer)
        }
    }

    /// Tests a database scoped credential with the remote; changes nothing.
    ///
    /// - Parameters:
    ///   - name: A credential of this file.
    ///   - server: The remote, or `nil` for the one that the file names.
    /// - Throws: As ``testConnection(_:server:)``; `invalidArgument` for an unknown credential;
    ///   `wrongState` if the master key is not open.
    public func testConnection(
        credential name: String, server: String? = nil
    ) throws(StretchError) -> ConnectionTest {
        let given = try database.perform { try database.credential(named: name) }
        return try testConnection(given, server: server)
    }

    /// Tests a login with the remote; changes nothing.
    ///
    /// - Parameters:
    ///   - given: The login, or `nil` for that of the configuration.
    ///   - server: The remote, or `nil` for the one that the file names.
    /// - Throws: `invalidArgument` for an unknown server; `wrongState` if no server is known.
    public func testConnection(
        _ given: RemoteCredential?, server: String? = nil
    ) throws(StretchError) -> ConnectionTest {
        try database.perform {
            guard let named = try database.catalog.database()?.endpoint ?? server else {
                throw StretchError(
                    .wrongState, "the database is not stretch-enabled, and no server is named",
                    hint: "Name the server.")
            }
            var configuration = database.configuration
            if let given { configuration.credential = { _, _ in given } }
            return configuration.testConnection(
                to: try EndpointAddress(parsing: named), as: .administrator,
                localPath: database.path,
                branch: nil)
        }
    }
}
