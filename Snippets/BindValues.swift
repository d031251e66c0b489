import Stretch

struct Order: Codable {
    var id: Int
    var created: String
    var total: Double?
}

let database = try StretchDatabase(path: "app.db")

// By position, and by name: `day` stands for `:day`, `@day` and `$day`.
let large = try database.query("SELECT count(*) FROM orders WHERE total > ?", 1_000.0)
print(large[0][0])
let early = try database.query(
    "SELECT * FROM orders WHERE created < :day AND total > :total ORDER BY id LIMIT 3",
    ["day": "2020-01-01", "total": 100.0])

// Rows as values of a type, and a value as the parameters of a statement.
for var order in try early.rows(as: Order.self) {
    order.total = nil
    try database.execute(
        "UPDATE orders SET created = :created, total = :total WHERE id = :id",
        arguments: StatementArguments(encoding: order))
}
print(database.changeCount, "row changed")
