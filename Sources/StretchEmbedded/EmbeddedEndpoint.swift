public import StretchCore
public import StretchEndpoint
public import StretchSQLite

/// A remote in a SQLite file.
///
/// The file is in WAL mode with `synchronous=FULL`, so that commits survive a power failure. Each
/// relation has its own table, and a batch is a range of that table's rowids, which are never
/// reused; batches need no column and no index. A missing file is an error, unless the endpoint may
/// create it. A file that was replaced during the session is opened again.
public final class EmbeddedEndpoint: BranchingEndpoint, CollectingEndpoint {
    /// The file's path.
    public var path: String { file.path }
    /// One for each call that reads or writes the file, and one for each page of a scan after the
    /// first, except pages after the end.
    public internal(set) var roundTripCount = 0
    let file: EmbeddedFile
    let owner: OwnerProof?
    let credential: () throws(StretchError) -> RemoteCredential?

    /// Creates a session.
    ///
    /// The file is opened at the first call, or immediately if it may be created.
    ///
    /// - Parameters:
    ///   - path: The file, absolute or relative to the process's working directory.
    ///   - routines: The SQLite library that opens the file; one process must use a single copy per
    ///     file.
    ///   - isCreating: Whether to create a missing file. Once opened, the file must not disappear.
    ///   - vfs: The name of the VFS, or `nil` for the default.
    ///   - localPath: The local database, whose mode a created file gets; `nil` for a file that
    ///     only this user can read.
    ///   - owner: The right to extend branches, or `nil` for branches without an owner.
    ///   - credential: Returns the administrator's login; called by `register` and `authorize`.
    /// - Throws: If the file may be created: `remoteUnavailable`; `wrongState` if the file is not a
    ///   remote.
    public init(
        path: String, routines: Routines, isCreating: Bool, vfs: String? = nil,
        besides localPath: String? = nil, owner: OwnerProof? = nil,
        credential: @escaping () throws(StretchError) -> RemoteCredential? = {
            () throws(StretchError) in nil
        }
    ) throws(StretchError) {
        self.owner = owner
        self.credential = credential
        file = EmbeddedFile(
            path: path, routines: routines, isCreating: isCreating, vfs: vfs,
            localPath: localPath)
        if isCreating { try attempt { _ = try file.open() } }
    }

    // MARK: Definitions

    /// Records a local database and its first branch at epoch 0.
    public func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        let given = try credential()
        try ask {
            try EmbeddedSchema.create(file.open(), path: path)
            try write { connection in
                let isNew = try connection.integer("SELECT 1 FROM stretch_branch LIMIT 1") == nil
                if isNew { try keepLogin(given, on: connection) }
                try requireLogin(given, on: connection)
                let known = try connection.rows(
                    """
                    SELECT b.database, h.token FROM stretch_branch AS b
                    LEFT JOIN stretch_history AS h ON h.branch = b.id AND h.epoch = ?
                    WHERE b.id = ?
                    """, .integer(position.epoch), .integer(position.branch)
                ).first
                if let known {
                    guard known == [.integer(database), .integer(position.token)] else {
                        throw StretchError(
                            .remoteMismatch,
                            "branch \(position.branch) of remote \"\(path)\" is known "
                                + "with another database or token",
                            hint: "Use reauthorize to continue on a branch of this file's own.")
                    }
                    return
                }
                try connection.run(
                    """
                    INSERT INTO stretch_branch(id, database, owner, owner_name, last_seen,
                        head_epoch)
                    VALUES (?, ?, ?, ?, \(EmbeddedSchema.now), ?)
                    """, .integer(position.branch), .integer(database),
                    owner.map { .blob($0.hash) } ?? .null, owner.map { .text($0.name) } ?? .null,
                    .integer(position.epoch))
                try insert(position, on: connection)
            }
        }
    }

    /// Does nothing, because calls on a local file do not wait indefinitely.
    public func interrupt() {}

    /// Builds the indexes of a relation, except its key's index, and drops those that it no longer
    /// has.
    public func buildIndexes(_ relation: Relation) throws(StretchError) {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            guard try EmbeddedRelation(relation.id, on: connection, path: path) != nil else {
                throw mismatch("remote \"\(path)\" has no relation \(relation.id)")
            }
            // Usually there is nothing to do, which takes no lock.
            let gap = try EmbeddedRelation.gap(relation, on: connection, path: path)
            guard gap.hasIndexWork else { return }
            try write { connection in
                guard try EmbeddedRelation.buildIndexes(relation, on: connection, path: path)
                else { return }
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
        }
    }

    /// Creates a relation, or adds its missing columns and, once indexes were built, missing
    /// indexes.
    public func provision(_ relation: Relation) throws(StretchError) {
        try ask {
            try write { connection in
                guard try EmbeddedRelation.provision(relation, on: connection, path: path)
                else { return }
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
        }
    }

    /// Returns the missing parts of a relation.
    public func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try EmbeddedRelation.gap(relation, on: connection, path: path)
        }
    }

    /// Returns the space that a relation uses.
    ///
    /// The size is its share of the file's used pages, in proportion to the size of its rows when
    /// they were committed. It is an estimate that costs nothing.
    public func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            let usage = try connection.stored(
                "stretch_relation", of: .remote(path),
                """
                SELECT r.id, r.row_count, r.byte_count,
                    (SELECT sum(byte_count) FROM stretch_relation) AS all_bytes,
                    (p.page_count - f.freelist_count) * s.page_size AS file_bytes
                FROM stretch_relation AS r, pragma_page_count AS p, pragma_freelist_count AS f,
                    pragma_page_size AS s
                WHERE r.id = ?
                """, .integer(relation)
            ) { row in
                let byteCount = try row.integer(2, in: .bytes)
                let all = try row.integer(3, in: byteCount...Int64.max)
                let share = Double(byteCount) / Double(max(all, 1))
                let used = Double(try row.integer(4, in: .bytes))
                return RemoteUsage(
                    byteCount: Int64(used * share), rowCount: try row.integer(1, in: .rows))
            }.first
            return usage ?? RemoteUsage(byteCount: 0, rowCount: 0)
        }
    }

    // MARK: Edges

    /// Counts a call, runs it, and converts its errors.
    func ask<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        roundTripCount += 1
        return try attempt(body)
    }

    /// Converts the errors of a call.
    ///
    /// After a SQLite error other than a lock, the file is opened again at the next call.
    func attempt<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        do {
            return try body()
        } catch let error as StretchError {
            throw error
        } catch let error as SQLiteError {
            if !error.isBusy { file.close() }
            throw EmbeddedFailure.convert(error, path: path, isCreating: file.isCreating)
        } catch {
            preconditionFailure("only SQLite and Stretch throw here, not \(error)")
        }
    }

    /// Runs a write transaction, which is rolled back if `body` throws.
    func write<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        guard let connection = try file.openRemote() else { throw file.missingRemote }
        try connection.run("BEGIN IMMEDIATE")
        do {
            let result = try body(connection)
            try connection.run("COMMIT")
            return result
        } catch {
            // SQLite may have rolled back already: https://sqlite.org/lang_transaction.html
            if connection.isInTransaction { try? connection.run("ROLLBACK") }
            throw error
        }
    }
}
