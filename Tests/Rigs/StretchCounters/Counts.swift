internal import CCountingRoutines
internal import Stretch
internal import StretchEndpoint
internal import StretchSQLite
internal import Synchronization

/// What one workload asked of the remote and of SQLite.
struct Counts: Codable, Equatable {
    /// Requests that waited for an answer of the remote.
    var roundTrips = 0
    /// Statements that SQLite prepared, for the local file and an embedded remote.
    var prepared = 0
    /// Statements that SQLite began to run.
    var runs = 0
    /// Instructions of SQLite's virtual machine.
    var instructions = 0

    /// The names and values, in the order in which they are printed.
    var fields: [(name: String, value: Int, isExact: Bool)] {
        [
            ("roundTrips", roundTrips, true), ("prepared", prepared, true), ("runs", runs, true),
            ("instructions", instructions, false),
        ]
    }
}

/// Counts for all connections and sessions of this process.
final class Counter: Sendable {
    /// The system's SQLite, counted.
    let routines: Routines
    private let roundTripCounts = Mutex<[@Sendable () -> Int]>([])

    init() {
        guard let table = counting_routines_install(Routines.linked.address) else {
            preconditionFailure("no table of routines")
        }
        routines = Routines(address: table)
    }

    /// Keeps a session, whose round trips count from now on.
    func add(_ session: any Endpoint) -> any Endpoint {
        // Read between two workloads, when no session is at work.
        nonisolated(unsafe) let added = session
        roundTripCounts.withLock { $0.append { added.roundTripCount } }
        return session
    }

    private var total: Counts {
        let counts = counting_routines_read()
        return Counts(
            roundTrips: roundTripCounts.withLock { $0.reduce(0) { $0 + $1() } },
            prepared: Int(counts.prepared), runs: Int(counts.runs),
            instructions: Int(counts.instructions))
    }

    /// What `body` takes.
    func count(_ body: () throws -> Void) rethrows -> Counts {
        let start = total
        try body()
        let end = total
        return Counts(
            roundTrips: end.roundTrips - start.roundTrips, prepared: end.prepared - start.prepared,
            runs: end.runs - start.runs, instructions: end.instructions - start.instructions)
    }
}
