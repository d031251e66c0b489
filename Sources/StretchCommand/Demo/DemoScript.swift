/// The statements that the demo runs on the stretch-enabled database and on the untouched copy.
enum DemoScript {
    struct Step {
        let title: String
        let sql: String
        /// Whether the statement changes rows, so that the number of changed rows is also compared.
        var isChange: Bool { !sql.hasPrefix("SELECT") }
    }

    static let filter = "created < date('now','-90 days')"

    /// Returns queries that need only local rows, without a round trip.
    static func hotQueries(orderCount: Int) -> [Step] {
        [
            Step(
                title: "the newest order",
                sql: "SELECT * FROM orders WHERE id = \(orderCount)"),
            Step(
                title: "sales of the last 30 days",
                sql: """
                    SELECT count(*), round(sum(total), 2) FROM orders
                    WHERE created >= date('now', '-30 days')
                    """),
            Step(
                title: "the ten latest orders",
                sql: "SELECT * FROM orders ORDER BY id DESC LIMIT 10"),
        ]
    }

    /// Returns queries that need remote rows.
    static func coldQueries(orderCount: Int) -> [Step] {
        [
            Step(
                title: "an order of two years ago",
                sql: "SELECT * FROM orders WHERE id = \(orderCount / 3)"),
            Step(
                title: "100 old orders by key",
                sql: """
                    SELECT * FROM orders
                    WHERE id BETWEEN \(orderCount / 10) AND \(orderCount / 10 + 99) ORDER BY id
                    """),
            Step(
                title: "one week, two years ago",
                sql: """
                    SELECT status, count(*), round(sum(total), 2) FROM orders
                    WHERE created BETWEEN date('now', '-737 days') AND date('now', '-730 days')
                    GROUP BY status ORDER BY status
                    """),
        ]
    }

    /// Queries that need both local and remote rows.
    static let mixedQueries = [
        Step(title: "how many orders", sql: "SELECT count(*) FROM orders"),
        Step(
            title: "all orders of one customer",
            sql: "SELECT * FROM orders WHERE customer = 7 ORDER BY id"),
        Step(
            title: "sales by city, joined",
            sql: """
                SELECT city, count(*), round(sum(total), 2) FROM orders
                JOIN customers ON customers.id = orders.customer GROUP BY city ORDER BY city
                """),
        Step(
            title: "orders by year, returned ones",
            sql: """
                SELECT substr(created, 1, 4) AS year, count(*),
                    count(*) FILTER (WHERE status = 'returned')
                FROM orders GROUP BY year ORDER BY year
                """),
        Step(
            title: "the five dearest orders of all time",
            sql: "SELECT id, total FROM orders ORDER BY total DESC, id LIMIT 5"),
    ]

    /// Returns changes of hot and cold rows.
    static func changes(orderCount: Int) -> [Step] {
        let old = orderCount / 4
        return [
            Step(
                title: "update one cold order",
                sql: "UPDATE orders SET status = 'returned' WHERE id = \(old)"),
            Step(
                title: "update 1,000 cold orders",
                sql: """
                    UPDATE orders SET total = total + 1
                    WHERE id BETWEEN \(old + 100) AND \(old + 1_099)
                    """),
            Step(
                title: "delete 1,000 cold orders",
                sql: "DELETE FROM orders WHERE id BETWEEN \(old + 2_000) AND \(old + 2_999)"),
            Step(
                title: "insert an order, with its defaults",
                sql: "INSERT INTO orders(customer, created, total) VALUES(7, '2000-01-01', 1.5)"),
            Step(
                title: "upsert on a cold key",
                sql: """
                    INSERT INTO orders(id, customer, total) VALUES(\(old + 1), 7, 5)
                    ON CONFLICT(id) DO UPDATE SET total = total + excluded.total
                    RETURNING id, total
                    """),
            Step(
                title: "insert a key that is cold",
                sql: "INSERT OR IGNORE INTO orders(id, customer, total) VALUES(\(old + 2), 7, 5)"),
        ]
    }

    /// The filter after the backup: more orders become cold.
    static let laterFilter = "created < date('now','-60 days')"

    /// Returns the changes after the backup.
    static func laterChanges(orderCount: Int) -> [Step] {
        let old = orderCount / 2
        return [
            Step(
                title: "1,000 new orders",
                sql: """
                    INSERT INTO orders(customer, created, total)
                    SELECT customer, date('now'), total FROM orders ORDER BY id LIMIT 1000
                    """),
            Step(
                title: "update 1,000 cold orders",
                sql: """
                    UPDATE orders SET status = 'returned'
                    WHERE id BETWEEN \(old) AND \(old + 999)
                    """),
            Step(
                title: "delete 1,000 cold orders",
                sql: "DELETE FROM orders WHERE id BETWEEN \(old + 2_000) AND \(old + 2_999)"),
        ]
    }

    /// The four steps after a restore; passwords are inserted at run time.
    static let reauthorization = [
        "CREATE MASTER KEY ENCRYPTION BY PASSWORD = '…';",
        "CREATE DATABASE SCOPED CREDENTIAL archive WITH IDENTITY = 'admin', SECRET = '…';",
        "DECLARE @credentialName nvarchar(128);",
        "SET @credentialName = N’archive’;",
        "EXEC sp_rda_reauthorize_db @credentialName;",
    ]
}
