internal import ArgumentParser
internal import StretchEngine
internal import StretchMigration
internal import StretchText

/// The options that name the parent of a table.
struct FollowOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The stretch-enabled parent table; rows move with their parent rows.",
            valueName: "parent"))
    var follow: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The columns by which rows have their parent rows, if no foreign key says so; "
                + "separated by commas, or repeated.",
            valueName: "child=parent"))
    var on: [String] = []

    var columns: [FollowColumn] {
        get throws {
            try on.flatMap { $0.parts(between: ",") }.map { text in
                let parts = text.parts(between: "=", maximumSplitCount: 1)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw ValidationError("--on takes CHILD=PARENT, not \"\(text)\"")
                }
                return FollowColumn(child: parts[0], parent: parts[1])
            }
        }
    }

    mutating func validate() throws {
        guard on.isEmpty || follow != nil else {
            throw ValidationError("--on needs --follow PARENT")
        }
        _ = try columns
    }
}

extension FollowColumn {
    /// The pair as the command takes it: `order_id=id`.
    var text: String { "\(child)=\(parent)" }
}

extension [FollowColumn] {
    /// The columns after the name of a parent, or nothing: ` on order_id=id`.
    var clause: String { isEmpty ? "" : " on " + map(\.text).joined(separator: ", ") }
}
