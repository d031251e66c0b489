import Stretch
import StretchTransactSQL

/// Prints what a script says.
final class Printer: TransactSQLOutput {
    func write(_ message: TransactSQLMessage) { print(message.text) }
    func write(_ result: TransactSQLResult) {
        print(result.columns)
        for row in result.rows { print(row) }
    }
    func write(_ error: TransactSQLError) { print(error) }
}

let database = try StretchDatabase(path: "app.db")
let host = DatabaseHost(database, showsSystemCatalog: true) { statement in
    while try statement.step() { print(statement.column(0)) }
}
var executor = ScriptExecutor(host: host, output: Printer())
do {
    try executor.run(
        """
        EXEC sp_rda_set_query_mode 'LOCAL_ONLY';
        SELECT count(*) FROM orders;
        EXEC sp_rda_set_query_mode 'LOCAL_AND_REMOTE';
        SELECT count(*) FROM orders;
        """)
} catch {
    print("Msg", error.number, error.message)
}
