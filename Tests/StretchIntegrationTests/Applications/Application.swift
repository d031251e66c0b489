import Testing

/// A schema of a kind that applications have, with invented rows and a piece of its life.
struct Application: CustomTestStringConvertible {
    let name: String
    /// Definitions and rows.
    let script: String
    /// The stretch-enabled tables, parents first.
    let tables: [Table]
    let life: [Step]

    var testDescription: String { name }

    struct Table {
        let name: String
        let filter: String
        var follows: String?

        init(_ name: String, _ filter: String, follows: String? = nil) {
            self.name = name
            self.filter = filter
            self.follows = follows
        }
    }

    /// What happens next; afterwards both databases hold the same rows.
    enum Step: ExpressibleByStringLiteral {
        /// A statement of the application, through Stretch.
        case run(String)
        /// A script of another program, such as a migration tool.
        case elsewhere(String)
        case migrate

        init(stringLiteral statement: String) { self = .run(statement) }
    }

    /// Returns an INSERT of numbered rows.
    ///
    /// - Parameters:
    ///   - target: A table, with or without columns.
    ///   - values: The values of row `i`, which counts from 1.
    static func rows(_ count: Int, into target: String, _ values: String) -> String {
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO \(target) SELECT \(values) FROM n;
        """
    }
}
