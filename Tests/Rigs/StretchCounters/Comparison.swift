internal import Foundation

/// The numbers that were accepted, as they are in a file.
struct AcceptedCounts: Codable, Equatable {
    /// The version of SQLite that they were counted with: another one may plan otherwise.
    var sqlite: String
    /// The counts, by remote and workload.
    var counts: [String: [String: Counts]]

    init(sqlite: String, counts: [String: [String: Counts]]) {
        (self.sqlite, self.counts) = (sqlite, counts)
    }

    init(path: String) throws {
        self = try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let bytes = try encoder.encode(self) + Data("\n".utf8)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// The differences from what was found, a line for each.
    ///
    /// Round trips and statements must be equal; instructions may differ by 2 %. With another
    /// version of SQLite only round trips are compared.
    func differences(from found: AcceptedCounts) -> [String] {
        var lines: [String] = []
        for remote in Set(counts.keys).union(found.counts.keys).sorted() {
            let (old, new) = (counts[remote] ?? [:], found.counts[remote] ?? [:])
            for name in Set(old.keys).union(new.keys).sorted() {
                let title = "\(remote), \(name)"
                guard let accepted = old[name] else {
                    lines.append("\(title): is new")
                    continue
                }
                guard let present = new[name] else {
                    lines.append("\(title): is gone")
                    continue
                }
                for (before, after) in zip(accepted.fields, present.fields) {
                    let isComparable = before.name == "roundTrips" || sqlite == found.sqlite
                    let allowed = before.isExact ? 0 : max(before.value / 50, 20)
                    let change = after.value - before.value
                    guard isComparable, abs(change) > allowed else { continue }
                    lines.append(
                        "\(title): \(before.name) \(before.value) -> \(after.value) "
                            + "(\(change > 0 ? "+" : "")\(change))")
                }
            }
        }
        return lines
    }
}
