public import Foundation
public import StretchCore
internal import StretchText

/// A replica of a database, written by the program Litestream.
///
/// Source: <https://litestream.io/reference/restore/>.
public struct LitestreamReplica: Sendable {
    /// The URL of the replica: `s3://bucket/app.db`, `file:///backups/app.db`.
    public let url: String
    private let run: @Sendable ([String]) throws(StretchError) -> Data

    /// Creates a replica.
    ///
    /// - Parameter run: Runs the program `litestream` with arguments and returns its output; throws
    ///   if the program fails.
    public init(
        url: String, run: @escaping @Sendable ([String]) throws(StretchError) -> Data
    ) {
        self.url = url
        self.run = run
    }

    private struct File: Decodable {
        let maximum: String
        let timestamp: String

        enum CodingKeys: String, CodingKey {
            case maximum = "max_txid"
            case timestamp
        }
    }

    /// Returns the states that can be restored, as listed by the program.
    ///
    /// - Throws: The errors of `run`; `unsupported` if the output is not understood.
    package func states() throws(StretchError) -> [LitestreamStates.State] {
        let answer = try run(["ltx", "-json", "-level", "all", url])
        do {
            return try JSONDecoder().decode([File].self, from: answer).map { file in
                // Times in whole seconds are rounded down, so a state counts from the end of its
                // second.
                let fraction: Int64 = file.timestamp.includes(".") ? 0 : 999
                guard let time = Timestamp(parsing: file.timestamp) else { throw notUnderstood }
                return LitestreamStates.State(
                    transaction: file.maximum,
                    time: Timestamp(milliseconds: time.milliseconds + fraction))
            }
        } catch {
            throw notUnderstood
        }
    }

    /// Writes the database at a state to a new file.
    package func restore(_ state: LitestreamStates.State, to path: String) throws(StretchError) {
        unlink(path)  // The program creates the file and refuses an existing one.
        _ = try run(["restore", "-txid", state.transaction, "-o", path, url])
        unlink(path + ".txid")  // Some versions store their position there.
    }

    private var notUnderstood: StretchError {
        StretchError(
            .unsupported, "what litestream says of replica \"\(url)\" is not understood",
            hint: "Use Litestream 0.5 or newer.")
    }
}

/// The states that can be restored from a replica, and the choice among them by time.
package struct LitestreamStates: Equatable {
    package struct State: Equatable {
        /// The transaction's id in the program's format: 16 hexadecimal digits.
        package let transaction: String
        /// A time at which the database had this state or a later one.
        package let time: Timestamp

        package init(transaction: String, time: Timestamp) {
            self.transaction = transaction
            self.time = time
        }
    }

    /// The states, oldest first, each with its earliest time.
    package let states: [State]

    package init(_ found: [State]) {
        let earliest = Dictionary(
            found.map { ($0.transaction, $0.time) }, uniquingKeysWith: { min($0, $1) })
        states = earliest.map { State(transaction: $0.key, time: $0.value) }
            .sorted { $0.transaction < $1.transaction }
    }

    /// Returns the newest state that is not after a time.
    ///
    /// - Parameter time: The wanted time, or `nil` for the newest state.
    /// - Returns: The state, and whether a later state proves that the replica was complete at that
    ///   time.
    /// - Throws: `invalidArgument` for an empty replica, or a time before its first state.
    package func newest(
        notAfter time: Timestamp?, replica: String
    ) throws(StretchError) -> (state: State, isProven: Bool) {
        guard let first = states.first, let last = states.last else {
            throw StretchError(
                .invalidArgument, "replica \"\(replica)\" is empty",
                hint: "Look at its address with: litestream ltx.")
        }
        guard let time else { return (last, true) }
        guard let state = states.last(where: { $0.time <= time }) else {
            throw StretchError(
                .invalidArgument,
                "replica \"\(replica)\" begins at \(first.time), after \(time)",
                hint: "Name a later time, in UTC.")
        }
        return (state, state != last)
    }
}
