/// A statement for the server, with separate values.
///
/// Values from a user or a file are parameters wherever the server accepts them, and are then never
/// part of the text. The server accepts none in definitions and in COPY.
struct ServerStatement {
    /// The text, in which `$1` is the first parameter.
    let sql: String
    /// The parameters in text form, without NUL.
    var parameters: [String] = []
    /// Whether results are binary.
    var isBinary = false
    /// Whether each row is returned as a separate result.
    var isInSingleRows = false

    /// The statements that start a transaction with one snapshot.
    static let beginReading = [
        ServerStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        ServerStatement(PostgresSchema.searchPath),
    ]
    /// The statements that start a writing transaction.
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
