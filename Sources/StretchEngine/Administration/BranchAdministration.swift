internal import StretchBackup
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite

/// The branches of the database in its remote.
public struct BranchAdministration {
    let database: StretchDatabase

    /// Returns the branches of the database in its remote, including dropped branches.
    ///
    /// - Throws: `wrongState` when the database is not enabled; `remoteUnavailable`. A disconnected
    ///   file may call it with the administrator's login.
    public func all() throws(StretchError) -> [BranchReport] {
        try database.perform {
            let record = try database.enabledDatabase()
            let endpoint = try administratorEndpoint(record)
            return try reports(
                of: try endpoint.branching().branches(database: record.database), record)
        }
    }

    /// Drops a branch, so that garbage collection may delete the batches that only it sees.
    ///
    /// The call deletes nothing. ``undrop(_:)`` undoes the drop until a batch of the branch is
    /// condemned. Branches forked from it keep the batches that they see.
    ///
    /// - Parameters:
    ///   - id: The branch's id.
    ///   - isForced: Whether to drop the branch even if this file or another existing file uses it.
    /// - Throws: `invalidArgument` for an unknown branch; `wrongState` if it is in use or already
    ///   dropped; `notPermitted` for a login that does not administer the remote;
    ///   `remoteUnavailable`.
    @discardableResult
    public func drop(
        _ id: Int64, isForced: Bool = false
    ) throws(StretchError) -> BranchReport {
        try setDropped(true, branch: id) { branch throws(StretchError) in
            guard branch.droppedAt == nil else {
                throw StretchError(
                    .wrongState, "branch \(id) was dropped already, at \(branch.droppedAt ?? "")",
                    hint: "To undo it: \(advice: .undropBranch(id)).")
            }
            guard !isForced else { return }
            guard !branch.isCurrent else {
                throw StretchError(
                    .wrongState, "branch \(id) is the one that this file is on",
                    hint: Self.force)
            }
            if let file = branch.file {
                throw StretchError(
                    .wrongState, "branch \(id) is the one that file \"\(file)\" is on",
                    hint: Self.force)
            }
        }
    }

    /// Undoes the drop of a branch.
    ///
    /// - Throws: `invalidArgument` for an unknown branch; `wrongState` if it is not dropped;
    ///   `remoteMismatch` if garbage collection has condemned one of its batches; `notPermitted`;
    ///   `remoteUnavailable`.
    @discardableResult
    public func undrop(_ id: Int64) throws(StretchError) -> BranchReport {
        try setDropped(false, branch: id) { branch throws(StretchError) in
            guard branch.droppedAt != nil else {
                throw StretchError(
                    .wrongState, "branch \(id) is not dropped",
                    hint: "To see them: \(advice: .listBranches).")
            }
        }
    }

    // MARK: Parts

    private static let force: StretchError.Hint =
        "Its cold rows could be collected then. To drop it anyway: \(advice: .force)."

    private func setDropped(
        _ isDropped: Bool, branch id: Int64, _ check: (BranchReport) throws(StretchError) -> Void
    ) throws(StretchError) -> BranchReport {
        try database.administer {
            let record = try database.enabledDatabase()
            let endpoint = try administratorEndpoint(record)
            let before = try report(of: id, endpoint, record)
            try check(before)
            try endpoint.authorize()
            try endpoint.branching().setDropped(isDropped, branch: id)
            try database.connection.transaction(.immediate) {
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil,
                    kind: isDropped ? .dropBranch : .undropBranch,
                    message: "branch \(id) \(isDropped ? "was dropped" : "is back")")
            }
            return try report(of: id, endpoint, record)
        }
    }

    private func report(
        of id: Int64, _ endpoint: any Endpoint, _ record: DatabaseRecord
    ) throws -> BranchReport {
        let all = try reports(
            of: try endpoint.branching().branches(database: record.database), record)
        guard let report = all.first(where: { $0.id == id }) else {
            throw StretchError(
                .invalidArgument, "branch \(id) does not exist",
                hint: "To see them: \(advice: .listBranches).")
        }
        return report
    }

    private func administratorEndpoint(_ record: DatabaseRecord) throws -> any Endpoint {
        try database.configuration.endpoint(
            at: try EndpointAddress(parsing: record.endpoint), localPath: database.path,
            as: .administrator)
    }

    private func reports(
        of branches: [RemoteBranch], _ record: DatabaseRecord
    ) throws -> [BranchReport] {
        let attachments =
            try database.configuration.keystore?.attachments(database: record.database) ?? []
        return branches.map { branch in
            let path = attachments.first { $0.branch == branch.id }?.path
            return BranchReport(
                branch, isCurrent: branch.id == record.position.branch,
                file: path.flatMap { isFile($0, onBranch: branch.id) ? $0 : nil })
        }
    }

    private func isFile(_ path: String, onBranch branch: Int64) -> Bool {
        // An unreadable file counts as on no branch.
        guard TemporaryFile.byteCount(path) != nil,
            let reader = try? BackupReader(path, database.configuration),
            let record = try? reader.record()
        else { return false }
        return record.position.branch == branch
    }
}
