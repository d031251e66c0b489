internal import Stretch
internal import StretchSQLite

/// Creates the shop's database: customers, and orders distributed evenly over the last three years.
struct DemoShop {
    let path: String
    let orderCount: Int

    /// Deterministic, so that two runs on one day show the same numbers.
    func make() throws {
        let connection = try Connection(path: path, access: .create, routines: .linked)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = OFF;
            BEGIN;
            CREATE TABLE customers(
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                city TEXT NOT NULL
            );
            CREATE TABLE orders(
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                customer INTEGER NOT NULL REFERENCES customers,
                created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                status TEXT NOT NULL DEFAULT 'new' CHECK (status <> ''),
                total REAL NOT NULL
            );
            """)
        let customerCount = max(orderCount / 50, 10)
        try connection.run(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO customers
            SELECT i, 'Customer ' || i, CASE i * 7919 % 5 WHEN 0 THEN 'Lisbon' WHEN 1 THEN 'Oslo'
                WHEN 2 THEN 'Nairobi' WHEN 3 THEN 'Kyoto' ELSE 'Quito' END FROM n
            """, .integer(Int64(customerCount)))
        // Multiplying by a prime scatters customers and prices over the orders.
        try connection.run(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO orders
            SELECT i, i * 7919 % ?2 + 1,
                datetime('now', '-' || ((?1 - i) * 94608000 / ?1) || ' seconds'),
                CASE WHEN i * 31 % 100 < 3 THEN 'returned' WHEN i > ?1 * 99 / 100 THEN 'new'
                    ELSE 'shipped' END,
                (i * 104729 % 50000 + 99) / 100.0
            FROM n
            """, .integer(Int64(orderCount)), .integer(Int64(customerCount)))
        try connection.execute(
            """
            CREATE INDEX orders_by_customer ON orders(customer);
            COMMIT;
            PRAGMA wal_checkpoint(TRUNCATE);
            """)
    }

    /// Copies the database to a file that is used only with plain SQLite.
    func copy(to copyPath: String) throws {
        let connection = try Connection(path: path, access: .readOnly, routines: .linked)
        try connection.run("VACUUM INTO ?1", .text(copyPath))
    }
}
