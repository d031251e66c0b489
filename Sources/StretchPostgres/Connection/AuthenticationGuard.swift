internal import CLibPQ
internal import Foundation
internal import Stretch
internal import StretchText

/// Looks at how the server asks for a password before libpq answers.
///
/// libpq 15 sends the password itself to any server that asks for it, and has no `require_auth`.
/// So the first message of the server is read without being taken, from the socket or from
/// OpenSSL's buffer: <https://www.postgresql.org/docs/15/protocol-message-formats.html>. The SCRAM
/// challenge is looked at, too: libpq does not bound its number of iterations, and a proof of one
/// iteration lets the server guess the password at the price of two hashes a guess.
///
/// What follows a question in the same reading would be in libpq's buffer, unseen; it is refused.
/// A second question that arrives between this look and libpq's own reading is not seen either.
/// Over TLS channel binding closes that gap, because libpq then answers SCRAM only.
struct AuthenticationGuard {
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Waits for the server's message, and throws when its answer would be the password or
    /// something as good as it.
    func inspect(until deadline: ContinuousClock.Instant) throws {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var count = 0
        while true {
            count = try peek(&bytes)
            // An error message, a refusal of TLS and an end are libpq's to report.
            guard count > 0, bytes[0] == UInt8(ascii: "R") else {
                if count == -1 { try pause(until: deadline) } else { return }
                continue
            }
            if count >= 9 {
                guard number(bytes, at: 5) == 11 else { break }
                let end = 1 + Int(number(bytes, at: 1))
                guard end <= bytes.count else { throw refusal("a challenge of \(end) bytes") }
                if end <= count {
                    try check(challenge: bytes[min(9, end)..<end])
                    break
                }
            }
            try pause(until: deadline)
        }
        var offset = 0
        while count - offset >= 9, bytes[offset] == UInt8(ascii: "R") {
            try check(number(bytes, at: offset + 5))
            offset += 1 + Int(max(number(bytes, at: offset + 1), 4))
        }
        // Nothing behind a request can be honest: the server waits for an answer first.
        let isQuestion = [10, 11].contains(number(bytes, at: 5))
        let end = 1 + Int(max(number(bytes, at: 1), 4))
        if isQuestion, end < count { throw refusal("two requests at once") }
    }

    /// Throws when the server says more than whether it speaks TLS, which one byte tells: libpq
    /// would take the rest for an answer to what it says next.
    func inspectAnswerAboutTLS() throws {
        guard PQsslStruct(connection.handle, "OpenSSL") == nil else { return }
        var bytes = [UInt8](repeating: 0, count: 2)
        guard try peek(&bytes) > 1, "SN".utf8.contains(bytes[0]) else { return }
        throw refusal("something before it was spoken to")
    }

    private func check(_ code: UInt32) throws {
        switch code {
        // Accepted; SASL, its steps and its end.
        case 0, 10, 11, 12: return
        case 3: throw refusal("the password in clear text")
        case 5: throw refusal("an MD5 hash of the password")
        default: throw refusal("authentication method \(code)")
        }
    }

    /// The fewest iterations of a verifier, as RFC 7677 asks for and the server makes them.
    private static let minimumIterationCount = 4_096

    /// Throws when the proof that a SCRAM challenge asks for would help to guess the password:
    /// <https://www.rfc-editor.org/rfc/rfc5802#section-5.1>.
    private func check(challenge: some Collection<UInt8>) throws {
        let text = String(decoding: challenge, as: UTF8.self)
        let count = text.parts(between: ",").first { $0.beginsWith("i=") }
            .flatMap { Int(String(decoding: $0.utf8.dropFirst(2), as: UTF8.self)) }
        guard count ?? 0 < Self.minimumIterationCount else { return }
        throw refusal("a SCRAM proof of \(count ?? 0) iterations")
    }

    private func refusal(_ what: String) -> StretchError {
        StretchError(
            .notPermitted, "the server asks for \(what), and was told nothing",
            hint: "Set password_encryption and pg_hba.conf to scram-sha-256, and set the password.",
            cause: RefusedRequest())
    }

    private func pause(until deadline: ContinuousClock.Instant) throws {
        guard ContinuousClock.now < deadline else {
            throw PostgresError.lost("the server did not answer in time")
        }
        usleep(1_000)
        try connection.wait(Int16(POLLIN), until: deadline)
    }

    private func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads without taking; −1 when nothing is there yet, 0 at the end.
    private func peek(_ bytes: inout [UInt8]) throws -> Int {
        guard let tls = PQsslStruct(connection.handle, "OpenSSL") else {
            let count = recv(
                PQsocket(connection.handle), &bytes, bytes.count, Int32(MSG_PEEK))
            return count < 0 && errno != EAGAIN && errno != EINTR ? 0 : count
        }
        // The library that libpq has loaded: https://docs.openssl.org/3.0/man3/SSL_read/
        typealias Peek =
            @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int32)
            -> Int32
        typealias GetError = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
        guard let peek = dlsym(nil, "SSL_peek"), let getError = dlsym(nil, "SSL_get_error") else {
            throw StretchError(
                .unsupported, "this libpq uses a TLS library other than OpenSSL",
                hint: "Connect through a Unix socket, or build libpq with OpenSSL.")
        }
        let count = unsafeBitCast(peek, to: Peek.self)(tls, &bytes, Int32(bytes.count))
        guard count <= 0 else { return Int(count) }
        let wantsRead: Int32 = 2
        return unsafeBitCast(getError, to: GetError.self)(tls, count) == wantsRead ? -1 : 0
    }
}
