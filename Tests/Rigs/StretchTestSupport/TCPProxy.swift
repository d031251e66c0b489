internal import Foundation
internal import StretchEndpointTesting
internal import Synchronization

/// A proxy between a client and a server on 127.0.0.1 that misbehaves as it is told.
///
/// It counts the bytes of both directions, and the connections. A fault happens once; afterwards
/// everything passes.
public final class TCPProxy: Sendable {
    /// What the proxy does wrong.
    public enum Fault: Sendable {
        /// Everything passes.
        case none
        /// Connections are accepted, and nothing is ever answered.
        case blackHole
        /// Connections are closed at once.
        case refusal
        /// All connections are cut when this many bytes have passed.
        case cut(afterByteCount: Int)
        /// One bit changes in the first piece from the client that holds these bytes, in their
        /// last byte.
        case corruption(of: [UInt8])
        /// One bit changes in the byte with this number, of those that the client sends.
        case corruptedByte(Int)
        /// Each piece waits this long.
        case delay(milliseconds: UInt32)
    }

    private struct State {
        var fault = Fault.none
        var byteCount = 0
        var clientByteCount = 0
        var connectionCount = 0
        var hasFailed = false
        var descriptors: Set<Int32> = []
        var isClosed = false
    }

    /// The proxy's own port.
    public let port: Int
    private let serverPort: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Starts a proxy to a port of this machine.
    public init(to serverPort: Int) throws {
        self.serverPort = serverPort
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        guard let port = TCPProxy.bind(listener), listen(listener, 64) == 0 else {
            throw ConformanceFailure("no port is free")
        }
        self.port = port
        let listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else {
                    if client >= 0 { close(client) }
                    return
                }
                self.serve(client)
            }
        }
    }

    deinit {
        // It wakes the thread that accepts.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The bytes that have passed since the last fault was set.
    public var byteCount: Int { state.withLock { $0.byteCount } }
    /// The connections since the last fault was set.
    public var connectionCount: Int { state.withLock { $0.connectionCount } }
    /// Whether the fault has happened.
    public var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Sets what goes wrong from now on, counts from zero, and cuts all connections.
    public func set(_ fault: Fault) {
        state.withLock { state in
            state.fault = fault
            (state.byteCount, state.clientByteCount, state.connectionCount) = (0, 0, 0)
            state.hasFailed = false
        }
        cutAll()
    }

    private func cutAll() {
        // The threads that read close them.
        state.withLock { for descriptor in $0.descriptors { shutdown(descriptor, 2) } }
    }

    // MARK: Connections

    static func bind(_ descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, length) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    /// A connection to a port of this machine, or -1.
    static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(
                    descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    private func serve(_ client: Int32) {
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        let fault = state.withLock { state in
            state.connectionCount += 1
            return state.fault
        }
        if case .refusal = fault {
            close(client)
            return
        }
        var isBlackHole = false
        if case .blackHole = fault { isBlackHole = true }
        let server = isBlackHole ? -1 : TCPProxy.connect(to: serverPort)
        guard isBlackHole || server >= 0 else {
            close(client)
            return
        }
        let pair = server >= 0 ? [client, server] : [client]
        state.withLock { $0.descriptors.formUnion(pair) }
        // Each direction has a thread; the second to end closes both descriptors.
        let shared = OpenCount(pair.count)
        for source in pair {
            let target = source == client ? server : client
            Thread.detachNewThread { [self] in
                pump(from: source, to: target, isClient: source == client)
                for descriptor in pair { shutdown(descriptor, 2) }
                guard shared.takeLast() else { return }
                state.withLock { $0.descriptors.subtract(pair) }
                for descriptor in pair { close(descriptor) }
            }
        }
    }

    private final class OpenCount: Sendable {
        private let count: Mutex<Int>
        init(_ count: Int) { self.count = Mutex(count) }
        func takeLast() -> Bool {
            count.withLock { count in
                count -= 1
                return count == 0
            }
        }
    }

    private func pump(from source: Int32, to target: Int32, isClient: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            guard target >= 0 else { continue }
            let (passing, wait, cuts) = pass(&buffer, count, isClient: isClient)
            if wait > 0 { usleep(wait * 1_000) }
            var sent = 0
            while sent < passing {
                let step = buffer[sent..<passing].withUnsafeBytes {
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard step > 0 else { return }
                sent += step
            }
            guard !cuts else { return cutAll() }
        }
    }

    /// Applies the fault to a piece: how much of it passes, after which wait, and whether all
    /// connections are then cut.
    private func pass(
        _ buffer: inout [UInt8], _ count: Int, isClient: Bool
    ) -> (Int, UInt32, Bool) {
        state.withLock { state in
            let before = (all: state.byteCount, client: state.clientByteCount)
            state.byteCount += count
            if isClient { state.clientByteCount += count }
            switch state.fault {
            case .none, .blackHole, .refusal: break
            case .delay(let milliseconds): return (count, milliseconds, false)
            case .cut(let limit):
                guard !state.hasFailed, state.byteCount >= limit else { break }
                state.hasFailed = true
                return (max(limit - before.all, 0), 0, true)
            case .corruption(let pattern):
                guard isClient, !state.hasFailed,
                    let place = TCPProxy.place(of: pattern, in: buffer[..<count])
                else { break }
                state.hasFailed = true
                buffer[place + pattern.count - 1] ^= 1
            case .corruptedByte(let number):
                guard isClient, !state.hasFailed, number < state.clientByteCount,
                    number >= before.client
                else { break }
                state.hasFailed = true
                buffer[number - before.client] ^= 1
            }
            return (count, 0, false)
        }
    }

    private static func place(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
        return bytes.indices.dropLast(pattern.count - 1).first { place in
            bytes[place] == first && bytes[place..<(place + pattern.count)].elementsEqual(pattern)
        }
    }
}
