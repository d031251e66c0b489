internal import Foundation
internal import StretchEndpointTesting
internal import StretchTestSupport
internal import Synchronization

/// A proxy between libpq and a server that changes one of the server's messages.
///
/// Messages keep their frame: a type, a length and a payload, so that libpq hands them on:
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
final class MessageProxy: Sendable {
    /// Which message is changed, counted over all connections, and how.
    struct Change {
        let message: Int
        var generator: SeededGenerator
    }

    private struct State {
        var change: Change?
        var count = 0
        var text = "nothing was changed"
        /// Whether messages are left out until the server is ready for a query.
        var isDropping = false
    }

    let port: Int
    private let serverPort: Int
    private let listener: Int32
    private let state = Mutex(State())

    init(to serverPort: Int) throws {
        self.serverPort = serverPort
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound, listen(listener, 64) == 0 else {
            throw ConformanceFailure("no port is free")
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { continue }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                serve(client)
            }
        }
    }

    /// Counts from zero, and changes a message, or none.
    func begin(_ change: Change?) {
        state.withLock { $0 = State(change: change) }
    }

    /// What was changed.
    func end() -> String {
        state.withLock { state in
            state.change = nil
            return state.text
        }
    }

    /// The messages that the server has sent.
    var messageCount: Int { state.withLock { $0.count } }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return address
    }

    private func serve(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(server, F_SETFD, FD_CLOEXEC)
        var address = Self.address(serverPort)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let openCount = Count()
        let ends: @Sendable () -> Void = {
            shutdown(client, 2)
            shutdown(server, 2)
            guard openCount.isSecond() else { return }
            close(client)
            close(server)
        }
        guard isConnected else {
            ends()
            return ends()
        }
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(client, &buffer, buffer.count, 0)
                guard count > 0, Self.send(buffer[..<count], to: server) else { break }
            }
            ends()
        }
        Thread.detachNewThread { [self] in
            pass(from: server, to: client)
            ends()
        }
    }

    private final class Count: Sendable {
        private let count = Mutex(0)
        func isSecond() -> Bool {
            count.withLock { count in
                count += 1
                return count == 2
            }
        }
    }

    /// Passes the server's messages on, until one side ends, or says nothing after a change: what
    /// libpq then waits for never comes.
    private func pass(from server: Int32, to client: Int32) {
        var isChanged = false
        while true {
            if isChanged {
                var entry = pollfd(fd: server, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, 500) > 0 else { return }
            }
            guard let head = Self.receive(5, from: server) else { return }
            let length = head[1...].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 4, let payload = Self.receive(length - 4, from: server) else { return }
            guard let messages = change(head[0], payload) else {
                guard Self.send((head + payload)[...], to: client) else { return }
                continue
            }
            isChanged = true
            for (type, payload) in messages {
                let length = UInt32(payload.count + 4)
                let head =
                    [type] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
                guard Self.send((head + payload)[...], to: client) else { return }
            }
        }
    }

    /// What is sent in place of a message, or `nil` for the message itself.
    private func change(_ type: UInt8, _ payload: [UInt8]) -> [(UInt8, [UInt8])]? {
        state.withLock { state in
            defer { state.count += 1 }
            if state.isDropping {
                state.isDropping = type != UInt8(ascii: "Z")
                return state.isDropping ? [] : nil
            }
            guard var change = state.change, state.count == change.message else { return nil }
            let letter = String(decoding: [type], as: UTF8.self)
            if Int.random(in: 0..<5, using: &change.generator) == 0 {
                state.isDropping = type != UInt8(ascii: "Z")
                state.text = "\(letter) message \(state.count) and the rest of its answer: left out"
                return state.isDropping ? [] : nil
            }
            let (name, result) = Self.changed(type, payload, &change.generator)
            state.text = "\(letter) message \(state.count) of \(payload.count) bytes: \(name)"
            return result
        }
    }

    private static func changed(
        _ type: UInt8, _ payload: [UInt8], _ generator: inout SeededGenerator
    ) -> (String, [(UInt8, [UInt8])]) {
        var bytes = payload
        func pick(_ count: Int, _ generator: inout SeededGenerator) -> Int {
            Int.random(in: 0..<max(count, 1), using: &generator)
        }
        switch pick(8, &generator) {
        case 0: return ("left out", [])
        case 1: return ("sent twice", [(type, payload), (type, payload)])
        case 2:
            let other = Array("DTCZEIKSNn123sHdcA".utf8)[pick(18, &generator)]
            return ("with type \(other)", [(other, payload)])
        case 3:
            guard !bytes.isEmpty else { break }
            let count = pick(bytes.count, &generator) + 1
            bytes.removeLast(count)
            return ("cut by \(count)", [(type, bytes)])
        case 4:
            bytes += (0...pick(20, &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            return ("longer", [(type, bytes)])
        case 5, 6:
            // A digit of a text, or a byte of a number.
            let digits = bytes.indices.filter { 0x30...0x39 ~= bytes[$0] }
            guard !digits.isEmpty else { break }
            let place = digits[pick(digits.count, &generator)]
            bytes[place] = Array("0123456789-.x".utf8)[pick(13, &generator)]
            return ("digit \(place) is now \(bytes[place])", [(type, bytes)])
        default: break
        }
        guard !bytes.isEmpty else { return ("left out", []) }
        let place = pick(bytes.count, &generator)
        bytes[place] = [0, 0xff, 0x7f, 0x80, bytes[place] ^ 1][pick(5, &generator)]
        return ("byte \(place) is now \(bytes[place])", [(type, bytes)])
    }

    private static func receive(_ count: Int, from socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let step = bytes.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress! + got, count - got, 0)
            }
            guard step > 0 else { return nil }
            got += step
        }
        return bytes
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to socket: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let step = Foundation.send(
                    socket, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard step > 0 else { return false }
                sent += step
            }
            return true
        }
    }
}
