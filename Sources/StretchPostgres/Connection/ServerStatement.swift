/// One statement of the server, with its values beside it.
///
/// Values that a user or a file gave are parameters wherever the server takes them, and never part
/// of the text. It takes none in definitions and in COPY.
struct ServerStatement {
    /// The text, in which `$1` is the first parameter.
    let sql: String
    /// The parameters in text form; they have no NUL.
    var parameters: [String] = []
    /// Whether results are binary.
    var isBinary = false
    /// Whether each row comes as a result of its own.
    var isInSingleRows = false

    /// The statements that begin a transaction of one snapshot.
    static let beginReading = [
        ServerStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        ServerStatement(PostgresSchema.searchPath),
    ]
    /// The statements that begin a transaction that writes.
    static let begin = PostgresSchema.beginning.map { ServerStatement($0) }

    init(
        _ sql: String, _ parameters: [String] = [], isBinary: Bool = false,
        isInSingleRows: Bool = false
    ) {
        self.sql = sql
        self.parameters = parameters
        self.isBinary = isBinary
        self.isInSingleRows = isInSingleRows
    }
}
