public import StretchCore
public import StretchEndpoint
public import StretchSQLite

/// The remote that is a SQLite file.
///
/// The file is in WAL mode with `synchronous=FULL`, so that what a call committed survives a power
/// cut. Each relation has a table of its own, and a batch is a range of that table's rowids, never
/// reused: batches cost no column and no index. A missing file is an error, except for an endpoint
/// that is creating; a file that was replaced while the session was open is opened again.
public final class EmbeddedEndpoint: BranchingEndpoint, CollectingEndpoint {
    /// The file's path.
    public var path: String { file.path }
    /// One for each call that asks the file, and one for each page of a scan after its first; the
    /// pages that a scan reports after its end ask nothing.
    public internal(set) var roundTripCount = 0
    let file: EmbeddedFile
    let owner: OwnerProof?
    let credential: () throws(StretchError) -> RemoteCredential?

    /// Makes a session; the file is opened at the first call, or at once when it may be made.
    ///
    /// - Parameters:
    ///   - path: The file, absolute or relative to the process's working directory.
    ///   - routines: The SQLite that opens the file; one process must use one copy for one file.
    ///   - isCreating: Whether a missing file is made. Once opened, it must not vanish.
    ///   - vfs: The name of the VFS, or `nil` for the default.
    ///   - localPath: The local database, whose mode a file that is made gets; `nil` for one that
    ///     only this user can read.
    ///   - owner: The right to extend branches, or `nil` for those that nobody owns.
    ///   - credential: The administrator's login; asked by `register` and `authorize`.
    /// - Throws: When it may be made: `remoteUnavailable`; `wrongState` when the file is something
    ///   else.
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

    /// Does nothing: calls of a local file end by themselves.
    public func interrupt() {}

    /// Builds the indexes of a relation other than its key's.
    public func buildIndexes(_ relation: Relation) throws(StretchError) {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            guard try EmbeddedRelation(relation.id, on: connection, path: path) != nil else {
                throw mismatch("remote \"\(path)\" has no relation \(relation.id)")
            }
            try write { connection in
                guard try EmbeddedRelation.buildIndexes(relation, on: connection, path: path)
                else { return }
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
        }
    }

    /// Makes a relation, or adds the columns that it lacks, and indexes once they were built.
    public func provision(_ relation: Relation) throws(StretchError) {
        try ask {
            try write { connection in
                guard try EmbeddedRelation.provision(relation, on: connection, path: path)
                else { return }
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
        }
    }

    /// What the file lacks of a relation.
    public func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try EmbeddedRelation.gap(relation, on: connection, path: path)
        }
    }

    /// What a relation uses.
    ///
    /// Bytes are its part of the file's used pages, by the bytes that its rows had when they were
    /// committed: an estimate, at no cost.
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

    /// Counts a call, runs it, and converts what it throws.
    func ask<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        roundTripCount += 1
        return try attempt(body)
    }

    /// Converts what a call throws.
    ///
    /// After an error of SQLite other than a lock the file is opened
    /// again at the next call.
    func attempt<Result>(_ body: () throws -> Result) throws(StretchError) -> Result {
        do {
            return try body()
        } catch let error as StretchError {
            throw error
        } catch let error as SQLiteError {
            if !error.isBusy { file.close() }
            throw EmbeddedFailure.convert(error, path: path)
        } catch {
            preconditionFailure("only SQLite and Stretch throw here, not \(error)")
        }
    }

    /// Runs a write transaction; any throw rolls it back.
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
