import Stretch

let database = try StretchDatabase(path: "app.db")
let migration = database.background.migrate()

// After ten minutes the batch at hand is finished, and the rest waits for the next run.
let timeout = Task {
    try await Task.sleep(for: .seconds(600))
    migration.cancel()
}
for await progress in migration.progress {
    print(progress.rowCount, "of", progress.eligibleRowCount, "rows moved")
}
let report = try await migration.report
timeout.cancel()
print(report.isStopped ? "stopped" : "finished", "after", report.rowCount, "rows")
