import Stretch

let original = try StretchDatabase(path: "app.db")
let backup = try original.backUp(to: "backup.db")
print(backup.backup.localRows, "hot rows in the backup,", backup.backup.remoteRows, "in the remote")

let restore = try StretchDatabase.restore(
    ["backup.db"], to: "restored.db", configuration: .standard)
print("restored the state of", restore.time)

let restored = try StretchDatabase(path: "restored.db")
if restore.linkState == .disconnected {
    let report = try restored.remote.reauthorize()
    print("branch", report.branch, "begins at epoch", report.epoch)
}
print(try restored.query("SELECT count(*) FROM orders")[0][0], "rows")
