internal import CLibPQ
internal import Foundation
internal import StretchCore
internal import StretchText

/// Inspects the server's authentication requests before libpq reads them.
///
/// libpq 15 sends the cleartext password to any server that requests it, and has no `require_auth`.
/// It reads everything in its socket, so peeking at the socket is not sufficient for a request that
/// arrives a moment later. Without TLS, each message is therefore read from the socket here, and
/// libpq reads it from a socket pair that contains nothing else:
/// <https://www.postgresql.org/docs/15/protocol-message-formats.html>. With TLS, a record is
/// inspected in OpenSSL's buffer, and libpq's next read returns only the rest of this record:
/// <https://docs.openssl.org/3.0/man3/SSL_read/#notes>.
///
/// The SCRAM challenge is inspected as well: libpq does not check its iteration count, and with a
/// proof of one iteration the server can guess the password at a cost of two hashes per guess.
struct AuthenticationGuard {
    /// The maximum size of a message before the login; libpq accepts errors of up to 30,000 bytes.
    private static let maximumByteCount = 32_768

    private let connection: PostgresConnection
    private let isInTLS: Bool

    init(_ connection: PostgresConnection) {
        self.connection = connection
        isInTLS = PQsslInUse(connection.handle) == 1
    }

    /// Lets libpq read the server's message, and returns the state for which it waits next.
    ///
    /// - Throws: `notPermitted` if the answer would disclose the password or an equivalent.
    func poll(until deadline: ContinuousClock.Instant) throws -> PostgresPollingStatusType {
        let status = PQstatus(connection.handle)
        let isAboutTLS = status == CONNECTION_SSL_STARTUP && !isInTLS
        guard isAboutTLS || status == CONNECTION_AWAITING_RESPONSE,
            let bytes = try nextBytes(isAboutTLS: isAboutTLS, until: deadline)
        else { return PQconnectPoll(connection.handle) }
        try check(bytes)
        return isInTLS ? PQconnectPoll(connection.handle) : try poll(reading: bytes)
    }

    // MARK: Questions

    /// Returns the bytes that libpq may read: the answer to the TLS request, one message, or one
    /// TLS record.
    ///
    /// `nil` if the connection has ended.
    private func nextBytes(
        isAboutTLS: Bool, until deadline: ContinuousClock.Instant
    ) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Self.maximumByteCount)
        while true {
            let count = try peek(&bytes)
            guard count != 0 else { return nil }
            if count > 0, isAboutTLS, bytes[0] != UInt8(ascii: "E") { return [bytes[0]] }
            if count >= 5 {
                let end = 1 + Int(number(bytes, at: 1))
                // libpq refuses bytes that are not a message.
                guard (5...bytes.count).contains(end) else { return Array(bytes[..<count]) }
                if end <= count { return Array(bytes[..<(isInTLS ? count : end)]) }
            }
            try pause(until: deadline)
        }
    }

    /// Throws if the answers to these messages would disclose the password; libpq checks other
    /// messages.
    private func check(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count, bytes[offset] == UInt8(ascii: "R") {
            let rest = bytes.count - offset
            let length = rest < 9 ? 0 : 1 + Int(number(bytes, at: offset + 1))
            // Its start would already be in libpq's buffer and could not be inspected.
            guard length >= 9, length <= rest else { throw refusal("a part of a request") }
            let code = number(bytes, at: offset + 5)
            switch code {
            // Accepted: no request follows.
            case 0: return
            // SASL, its challenge and its end. The server waits for answers to the first two.
            case 10, 11, 12:
                guard code == 12 || length == rest else { throw refusal("multiple requests") }
            case 3: throw refusal("the password in clear text")
            case 5: throw refusal("an MD5 hash of the password")
            default: throw refusal("authentication method \(code)")
            }
            if code == 11 { try check(challenge: bytes[(offset + 9)..<(offset + length)]) }
            offset += length
        }
    }

    /// The minimum iteration count, as required by RFC 7677 and used by the server.
    private static let minimumIterationCount = 4_096

    /// Throws if the proof for a SCRAM challenge would make the password easy to guess:
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
            .notPermitted, "the server asks for \(what); nothing was sent",
            hint: "Set password_encryption and pg_hba.conf to scram-sha-256, and set the password.",
            cause: RefusedRequest())
    }

    private func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    // MARK: Sockets

    private func pause(until deadline: ContinuousClock.Instant) throws {
        guard ContinuousClock.now < deadline else {
            throw PostgresError.lost("the server did not answer in time")
        }
        usleep(1_000)
        try connection.wait(Int16(POLLIN), until: deadline)
    }

    /// Peeks at the available bytes; returns −1 if there are none yet, and 0 at the end.
    private func peek(_ bytes: inout [UInt8]) throws -> Int {
        guard isInTLS else {
            let count = recv(
                PQsocket(connection.handle), &bytes, bytes.count, Int32(MSG_PEEK))
            return count < 0 && errno != EAGAIN && errno != EINTR ? 0 : count
        }
        // The function of the library that libpq has loaded:
        // https://docs.openssl.org/3.0/man3/SSL_read/
        typealias Peek =
            @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int32)
            -> Int32
        typealias GetError = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
        guard let tls = PQsslStruct(connection.handle, "OpenSSL"),
            let peek = dlsym(nil, "SSL_peek"), let getError = dlsym(nil, "SSL_get_error")
        else {
            throw StretchError(
                .unsupported, "this libpq uses a TLS library other than OpenSSL",
                hint: "Connect through a Unix socket, or build libpq with OpenSSL.")
        }
        let count = unsafeBitCast(peek, to: Peek.self)(tls, &bytes, Int32(bytes.count))
        guard count <= 0 else { return Int(count) }
        let wantsRead: Int32 = 2
        return unsafeBitCast(getError, to: GetError.self)(tls, count) == wantsRead ? -1 : 0
    }

    /// Reads bytes from the server, and lets libpq read exactly these.
    ///
    /// During the call libpq's descriptor is one end of a socket pair. Bytes that libpq writes to
    /// it are sent to the server afterwards.
    private func poll(reading bytes: [UInt8]) throws -> PostgresPollingStatusType {
        let socket = PQsocket(connection.handle)
        var taken = bytes
        guard recv(socket, &taken, taken.count, 0) == taken.count, taken == bytes else {
            throw PostgresError.lost("the connection was closed")
        }
        var ends: [Int32] = [-1, -1]
        let server = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        defer { for descriptor in ends + [server] where descriptor >= 0 { close(descriptor) } }
        guard server >= 0, socketpair(AF_UNIX, Self.stream, 0, &ends) == 0,
            ends.allSatisfy({
                fcntl($0, F_SETFD, FD_CLOEXEC) == 0 && fcntl($0, F_SETFL, O_NONBLOCK) == 0
            }), write(ends[0], bytes, bytes.count) == bytes.count, replace(socket, by: ends[1])
        else { throw PostgresError.lost(String(cString: strerror(errno))) }
        let next = PQconnectPoll(connection.handle)
        // libpq has closed a failed connection, and may have started another.
        guard PQsocket(connection.handle) == socket, isSame(socket, ends[1]) else { return next }
        guard replace(socket, by: server) else {
            throw PostgresError.lost(String(cString: strerror(errno)))
        }
        try passOn(from: ends[0], to: socket)
        return next
    }

    #if os(Linux)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif

    private func replace(_ descriptor: Int32, by other: Int32) -> Bool {
        dup2(other, descriptor) == descriptor && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    }

    private func isSame(_ descriptor: Int32, _ other: Int32) -> Bool {
        var (first, second) = (stat(), stat())
        return fstat(descriptor, &first) == 0 && fstat(other, &second) == 0
            && first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Forwards bytes that libpq wrote; before the login they fit in the socket's buffer.
    private func passOn(from end: Int32, to socket: Int32) throws {
        var bytes = [UInt8](repeating: 0, count: Self.maximumByteCount)
        while true {
            let count = read(end, &bytes, bytes.count)
            guard count > 0 else { return }
            guard send(socket, bytes, count, Int32(MSG_NOSIGNAL)) == count else {
                throw PostgresError.lost("the connection was closed")
            }
        }
    }
}
