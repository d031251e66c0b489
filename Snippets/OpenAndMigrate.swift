import Stretch

let database = try StretchDatabase(path: "app.db")
if try !database.isEnabled() {
    try database.enable(server: "file:archive.db")
    let table = try database.tables["orders"].enable(filter: "created < date('now', '-1 year')")
    print(table.eligibleRows, "of", table.localRows, "rows are eligible")
}
let report = try database.migrate(progress: { progress in
    print(progress.rowCount, "of", progress.eligibleRowCount, "rows moved")
})
for table in report.tables {
    for (reason, rowCount) in table.keptRowCounts {
        print(rowCount, "eligible rows of", table.name, "stay:", reason)
    }
}
