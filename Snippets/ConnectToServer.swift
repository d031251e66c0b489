import Stretch
import StretchPostgres

var configuration = Configuration.standard
configuration.remotes.append(.postgresql)

// Administration asks for the administrator's login; everything else uses the stored ones.
let stored = configuration.credential
configuration.credential = { (address, role) throws(StretchError) in
    guard role == .administrator else { return try stored(address, role) }
    print("Password of admin at \(address):")
    return RemoteCredential(login: "admin", password: readLine(strippingNewline: true))
}

let database = try StretchDatabase(path: "app.db", configuration: configuration)
let report = try database.enable(server: "postgresql://db.example.com/archive")
for advice in report.advice { print(advice) }
try database.tables["orders"].enable(filter: "created < '2025-01-01'")
try database.migrate()
