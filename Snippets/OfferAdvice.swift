import Stretch

/// A button of an application: its title, and what it does.
struct Action {
    let title: String
    let run: (StretchDatabase) throws -> Void
}

/// The actions that the application offers for an advice; none for what its users cannot do.
func action(for advice: Advice) -> Action? {
    switch advice {
    case .reauthorize:
        Action(title: "Connect again") { try $0.remote.reauthorize() }
    case .provision:
        Action(title: "Prepare the archive") { try $0.remote.provision() }
    case .bringBackTable(let table):
        Action(title: "Keep all of \(table) here") {
            try $0.tables[table].disable(.bringBack)
        }
    case .setQueryMode:
        Action(title: "Show archived rows") { try $0.setQueryMode(.localAndRemote) }
    default: nil
    }
}

let database = try StretchDatabase(path: "app.db")
do {
    print(try database.query("SELECT count(*) FROM orders")[0][0])
} catch {
    let actions = error.advice.compactMap(action)
    print(error.message)
    print(error.hint { action(for: $0)?.title ?? $0.description } ?? "")
    for action in actions { print("[\(action.title)]") }
    if error.code.isRetryable { print("[Try again]") }
}
