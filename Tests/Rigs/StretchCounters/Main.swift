internal import Foundation
internal import Stretch
internal import StretchTestSupport

/// Counts round trips, statements and instructions of fixed workloads, and compares them with the
/// numbers that were accepted.
@main struct StretchCounters {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let accepts = arguments.first == "--accept"
        if accepts { arguments.removeFirst() }
        guard arguments.count == 1 else {
            fail("usage: StretchCounters [--accept] FILE", status: 2)
        }
        let path = arguments[0]
        let found = try count()
        if accepts {
            try found.write(to: path)
            return print("\(path): accepted")
        }
        let accepted = try AcceptedCounts(path: path)
        if accepted.sqlite != found.sqlite {
            print(
                "note: counted with SQLite \(found.sqlite), accepted with \(accepted.sqlite): "
                    + "only round trips are compared")
        }
        let differences = accepted.differences(from: found)
        guard differences.isEmpty else {
            for line in differences { print(line) }
            fail(
                "error: \(differences.count) counters differ from \(path)\n"
                    + "hint: If they should, run make counters-accept, and say why in the commit.",
                status: 1)
        }
        let count = found.counts.values.reduce(0) { $0 + $1.count }
        print("counters: \(count) workloads take what \(path) says")
    }

    private static func count() throws -> AcceptedCounts {
        let counter = Counter()
        var counts: [String: [String: Counts]] = [:]
        let server = try PrivatePostgres()
        let address = server.address(of: try server.makeDatabase()) + "&schema=stretch_counters"
        for (remote, address) in [("file", nil), ("postgresql", address)] {
            let workloads = try Workloads(counter, server: address)
            try workloads.run()
            counts[remote] = workloads.counts
        }
        let version = counter.routines.versionNumber
        return AcceptedCounts(
            sqlite: "\(version / 1_000_000).\(version / 1_000 % 1_000).\(version % 1_000)",
            counts: counts)
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        exit(status)
    }
}
