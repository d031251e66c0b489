/// The tables of a remote other than row tables, and the detection of such a schema.
///
/// `stretch_history` is insert-only. Times are by the server's clock. The generation of a relation
/// changes when its columns or indexes change, when a column gets its first misfit, and when
/// batches are collected, so that sessions discard their caches.
enum PostgresSchema {
    /// The format version, which is also the newest supported one.
    static let format = 1

    /// Returns a script that creates the tables; `schema` is quoted.
    static func script(_ schema: String) -> String {
        """
        CREATE TABLE \(schema).stretch_remote(
            id int PRIMARY KEY CHECK (id = 1), format int NOT NULL,
            remote uuid NOT NULL DEFAULT gen_random_uuid(),
            created_at timestamptz NOT NULL DEFAULT now(), retention_seconds bigint);
        CREATE TABLE \(schema).stretch_branch(
            id bigint PRIMARY KEY, database bigint NOT NULL, parent bigint, fork_epoch bigint,
            owner bytea, owner_name text, last_seen timestamptz NOT NULL DEFAULT now(),
            head_epoch bigint NOT NULL, dropped_at timestamptz);
        CREATE TABLE \(schema).stretch_history(
            branch bigint NOT NULL, epoch bigint NOT NULL, token bigint NOT NULL,
            PRIMARY KEY (branch, epoch));
        CREATE TABLE \(schema).stretch_batch(
            id bigint PRIMARY KEY, relation bigint NOT NULL, branch bigint NOT NULL,
            epoch bigint NOT NULL, row_count bigint NOT NULL, byte_count bigint NOT NULL,
            digest bytea NOT NULL, columns bigint[] NOT NULL,
            committed_at timestamptz NOT NULL DEFAULT now(),
            condemned_at timestamptz, collected_at timestamptz);
        CREATE INDEX stretch_batch_by_epoch ON \(schema).stretch_batch(branch, epoch);
        CREATE INDEX stretch_batch_condemned ON \(schema).stretch_batch(branch, epoch)
            WHERE condemned_at IS NOT NULL;
        CREATE INDEX stretch_batch_by_relation ON \(schema).stretch_batch(relation);
        CREATE TABLE \(schema).stretch_retirement(
            batch bigint NOT NULL, branch bigint NOT NULL, epoch bigint NOT NULL,
            confirmed_at timestamptz, PRIMARY KEY (branch, batch));
        CREATE TABLE \(schema).stretch_relation(
            id bigint PRIMARY KEY, number int NOT NULL UNIQUE, name text NOT NULL,
            table_name text NOT NULL UNIQUE, generation bigint NOT NULL,
            batch_count bigint NOT NULL, row_count bigint NOT NULL, byte_count bigint NOT NULL,
            has_indexes boolean NOT NULL);
        CREATE TABLE \(schema).stretch_column(
            relation bigint NOT NULL, id bigint NOT NULL, number int NOT NULL,
            name text NOT NULL, column_name text NOT NULL, affinity text NOT NULL,
            type text NOT NULL, default_value bytea NOT NULL, has_misfits boolean NOT NULL,
            PRIMARY KEY (relation, id), UNIQUE (relation, number), UNIQUE (relation, column_name));
        CREATE TABLE \(schema).stretch_index(
            relation bigint NOT NULL, name text NOT NULL, position int NOT NULL,
            column_id bigint NOT NULL, collation_name text NOT NULL, is_descending boolean NOT NULL,
            prefix_length int NOT NULL, PRIMARY KEY (relation, name, position));
        INSERT INTO \(schema).stretch_remote(id, format) VALUES (1, \(format));
        """
    }

    /// Restricts the search path of the transaction to `pg_catalog`.
    static let searchPath = "SET LOCAL search_path = pg_catalog, pg_temp"

    /// Starts a transaction that reads one snapshot.
    static let beginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"

    /// Starts a writing transaction, which is durable when COMMIT returns.
    static let begin = beginning.map { "\($0);" }.joined(separator: " ")

    /// The statements of ``begin``.
    static let beginning = [
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", searchPath,
        "SET LOCAL synchronous_commit = on", "SET LOCAL statement_timeout = '100s'",
        "SET LOCAL lock_timeout = '60s'",
        "SET LOCAL idle_in_transaction_session_timeout = '300s'",
    ]
}
