import Foundation
import Stretch
import StretchTestSupport
import Synchronization

/// A server that answers the first message of a client with fixed bytes, and keeps all it is told.
final class FakeServer: Sendable {
    let port: Int
    private let listener: Int32
    private let told = Mutex<[UInt8]>([])
    private let isDone = DispatchSemaphore(value: 0)

    /// - Parameter answer: What is sent after the client's first message.
    init(answer: [UInt8]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 ? getsockname(listener, $0, &length) : -1
            }
        }
        guard result == 0, listen(listener, 1) == 0 else { throw ConformanceFailure("no port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            let client = accept(listener, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 4_096)
            _ = recv(client, &buffer, buffer.count, 0)
            _ = answer.withUnsafeBytes { send(client, $0.baseAddress, $0.count, 0) }
            // The client closes the connection.
            while true {
                let count = recv(client, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                told.withLock { $0 += buffer[..<count] }
            }
            close(client)
            isDone.signal()
        }
    }

    deinit { close(listener) }

    /// All that the client said after the answer.
    func received() -> String {
        isDone.wait()
        return String(decoding: told.withLock { $0 }, as: UTF8.self)
    }

    /// A request of an authentication method, with what belongs to it.
    static func request(_ method: UInt8, _ more: [UInt8] = []) -> [UInt8] {
        [UInt8(ascii: "R"), 0, 0, 0, UInt8(8 + more.count), 0, 0, 0, method] + more
    }
}
