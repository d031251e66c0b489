import Foundation
import StretchEndpointTesting
import Synchronization

/// A server that answers the messages of its clients with fixed bytes, and keeps all it is told
/// after the first of them.
final class FakeServer: Sendable {
    let port: Int
    private let listener: Int32
    private let told = Told()
    private let isDone = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - answer: What is sent after a client's first message.
    ///   - late: What is sent behind the answer, in a segment of its own.
    ///   - pauses: How long it waits for that, in each connection the next one of these.
    ///   - further: What is sent after each other message.
    init(
        answer: [UInt8], late: [UInt8] = [], pauses: [Duration] = [.zero], further: [UInt8] = []
    ) throws {
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
        guard result == 0, listen(listener, 8) == 0 else { throw ConformanceFailure("no port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let (told, isDone) = (told, isDone)
        Thread.detachNewThread {
            for number in 0... {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let pause = pauses[number % pauses.count]
                Thread.detachNewThread {
                    FakeServer.serve(client, answer, (late, pause), further) { told.append($0) }
                    isDone.signal()
                }
            }
        }
    }

    deinit {
        // Only so the thread in accept() wakes up.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(
        _ client: Int32, _ answer: [UInt8], _ late: (bytes: [UInt8], pause: Duration),
        _ further: [UInt8], note: (ArraySlice<UInt8>) -> Void
    ) {
        func say(_ bytes: [UInt8]) {
            // A client that went away is no signal to end the tests.
            _ = bytes.withUnsafeBytes {
                send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var isPrompt: Int32 = 1
        setsockopt(
            client, Int32(IPPROTO_TCP), TCP_NODELAY, &isPrompt,
            socklen_t(MemoryLayout<Int32>.size))
        _ = recv(client, &buffer, buffer.count, 0)
        say(answer)
        if !late.bytes.isEmpty {
            // A sleep would last too long.
            let end = ContinuousClock.now + late.pause
            while ContinuousClock.now < end {}
            say(late.bytes)
        }
        // The client closes the connection.
        while true {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            note(buffer[..<count])
            say(further)
        }
        close(client)
    }

    /// All that so many clients said after the answer.
    func received(from clientCount: Int = 1) -> String {
        for _ in 0..<clientCount { isDone.wait() }
        return told.text
    }

    /// What clients said.
    private final class Told: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

        func append(_ more: ArraySlice<UInt8>) { bytes.withLock { $0 += more } }
    }

    /// A message of the protocol:
    /// <https://www.postgresql.org/docs/15/protocol-message-formats.html>.
    static func message(_ letter: Unicode.Scalar, _ body: [UInt8] = []) -> [UInt8] {
        let length = UInt32(body.count + 4)
        return [UInt8(ascii: letter)]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + body
    }

    /// Lets a client in without a password.
    static let welcome =
        message("R", [0, 0, 0, 0]) + message("S", Array("server_encoding\0UTF8\0".utf8)) + ready

    /// Ready for the next query.
    static let ready = message("Z", [UInt8(ascii: "I")])

    /// A set of rows of one column of text, each with the same value.
    static func rows(_ value: String, count: Int, columnCount: Int = 1) -> [UInt8] {
        let column: [UInt8] =
            [UInt8(ascii: "c"), 0] + [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255]
            + [255, 255, 255, 255, 0, 0]
        let field = [0, 0, 0, UInt8(value.utf8.count)] + Array(value.utf8)
        let columns = Array(repeatElement(column, count: columnCount).joined())
        let fields = Array(repeatElement(field, count: columnCount).joined())
        let row = message("D", [0, UInt8(columnCount)] + fields)
        return message("T", [0, UInt8(columnCount)] + columns)
            + Array(repeatElement(row, count: count).joined())
            + message("C", Array("SELECT \(count)\0".utf8))
    }

    /// A request of an authentication method, with what belongs to it.
    static func request(_ method: UInt8, _ more: [UInt8] = []) -> [UInt8] {
        [UInt8(ascii: "R"), 0, 0, 0, UInt8(8 + more.count), 0, 0, 0, method] + more
    }
}
