import StretchCore
import Testing

@testable import StretchPostgres

/// How errors of the server are classified: by SQLSTATE alone.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
@Suite struct PostgresErrorTests {
    static let codes: [(sqlState: String, code: StretchError.Code)] = [
        // Logins and rights.
        ("28000", .notPermitted), ("28P01", .notPermitted), ("42501", .notPermitted),
        // The server cannot be used now; trying again can help.
        ("3D000", .remoteUnavailable), ("25006", .remoteUnavailable),
        ("57014", .remoteUnavailable), ("57P01", .remoteUnavailable),
        ("57P02", .remoteUnavailable), ("57P03", .remoteUnavailable),
        ("57P05", .remoteUnavailable), ("08000", .remoteUnavailable),
        ("08006", .remoteUnavailable), ("53000", .remoteUnavailable),
        ("53100", .remoteUnavailable), ("53200", .remoteUnavailable),
        ("53300", .remoteUnavailable), ("53400", .remoteUnavailable),
        ("58000", .remoteUnavailable), ("58030", .remoteUnavailable),
        ("25P03", .remoteUnavailable), ("72000", .remoteUnavailable),
        // Another session is in the way.
        ("55P03", .busy), ("40001", .busy), ("40P01", .busy),
        // Rows and statements that this server cannot take.
        ("54000", .unsupported), ("54011", .unsupported), ("54023", .unsupported),
        ("22001", .unsupported), ("42601", .unsupported), ("42883", .unsupported),
        ("0A000", .unsupported), ("XX000", .unsupported),
        // Another program changed what Stretch made.
        ("3F000", .damaged), ("42P01", .damaged), ("42703", .damaged), ("42804", .damaged),
        ("23502", .damaged), ("23505", .damaged), ("23514", .damaged), ("22003", .damaged),
        ("22P02", .damaged), ("XX001", .damaged), ("XX002", .damaged),
        // A code that no version has today.
        ("ZZ999", .remoteUnavailable),
    ]

    @Test(arguments: codes)
    func `an SQLSTATE has one code and a hint`(sqlState: String, code: StretchError.Code) {
        let error = PostgresError(sqlState: sqlState, message: "what the server says")
            .converted(remote: "host/db")
        #expect(error.code == code, "\(error)")
        #expect(error.message.contains("remote \"host/db\""))
        #expect(error.message.contains("SQLSTATE \(sqlState)"))
        #expect(error.hint?.hasSuffix(".") == true, "\(error)")
    }

    @Test func `a connection without an SQLSTATE is unavailable`() {
        let error = PostgresError(sqlState: "", message: "could not connect")
            .converted(remote: "host/db")
        #expect(error.code == .remoteUnavailable)
    }
}
