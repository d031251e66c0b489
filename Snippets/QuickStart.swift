import Stretch

let database = try StretchDatabase(path: "app.db")
try database.enable(server: "file:archive.db")
try database.tables["orders"].enable(filter: "created < '2025-01-01'")
let report = try database.migrate()
print(report.rowCount, "rows moved")
let answer = try database.query("SELECT count(*) FROM orders WHERE total > ?", 10.0)
print(answer.rows[0][0])
