internal import CFaultVFS
internal import Synchronization

/// Fails one chosen I/O call of the connections that were opened with the VFS ``vfsName``.
///
/// Counted calls are open, read, write, sync, truncate, file size and delete of database files,
/// rollback journals and WAL files. Locks and shared memory are neither counted nor failed.
///
/// The state is global to the process: suites that use it must be `.serialized`, must not run
/// beside each other, and should limit each fault to a folder of their own by its path.
public enum FaultInjection {
    /// The name to open a connection with; the VFS is registered at the first use.
    public static let vfsName: String = {
        let code = stretch_fault_vfs_register()
        precondition(code == 0, "SQLite does not register the VFS: result code \(code)")
        return STRETCH_FAULT_VFS_NAME
    }()

    /// What a failing call reports.
    public enum Failure: Sendable, CaseIterable {
        /// The `SQLITE_IOERR_…` code that fits the call; `SQLITE_CANTOPEN` for an open.
        case inputOutput
        /// `SQLITE_FULL`; only writes are counted and fail.
        case diskFull
    }

    /// Starts to count from zero, and makes one counted call fail.
    ///
    /// - Parameters:
    ///   - call: The number of the counted call that fails, from 1; `nil` only counts.
    ///   - isPersistent: Whether every counted call after it fails too, until ``disarm()``.
    ///   - failure: What the failing call reports.
    ///   - path: A part of a file's path: calls on other files pass uncounted. `nil` counts all.
    public static func arm(
        call: Int?, isPersistent: Bool, failure: Failure = .inputOutput, path: String? = nil
    ) {
        precondition(call.map { $0 > 0 } ?? true, "calls are counted from 1")
        let kind =
            switch failure {
            case .inputOutput: STRETCH_FAULT_IO_ERROR
            case .diskFull: STRETCH_FAULT_DISK_FULL
            }
        stretch_fault_arm(Int64(call ?? 0), isPersistent ? 1 : 0, kind, path)
    }

    /// Stops counting and failing; ``count`` and ``didFire`` stay until the next arming.
    public static func disarm() { stretch_fault_disarm() }

    /// The calls counted since the last arming, failed ones included.
    public static var count: Int { Int(stretch_fault_count()) }

    /// Whether a call was made to fail since the last arming.
    public static var didFire: Bool { stretch_fault_fired() != 0 }

    /// Where a checkpoint is.
    public enum CheckpointPlace: Sendable {
        /// It has the lock that keeps other checkpoints out.
        case isLocked
        /// It has read a header of the write-ahead log that has changed, and has not used it yet.
        case hasReadHeader
    }

    private typealias CheckpointBody = @Sendable (CheckpointPlace) -> Void
    private static let checkpointBody = Mutex<(path: String, body: CheckpointBody)?>(nil)

    /// Calls `body` at those places of each checkpoint of one file; `nil` ends that.
    ///
    /// Only one file is watched at a time, and what `body` does is not watched.
    public static func atCheckpoint(
        of path: String, _ body: (@Sendable (CheckpointPlace) -> Void)?
    ) {
        checkpointBody.withLock { $0 = body.map { (path, $0) } }
        guard body != nil else { return stretch_fault_at_checkpoint(nil) }
        stretch_fault_at_checkpoint { name, hasReadHeader in
            let found = FaultInjection.checkpointBody.withLock { $0 }
            guard let found, let name, String(cString: name) == found.path else { return }
            found.body(hasReadHeader == 0 ? .isLocked : .hasReadHeader)
        }
    }
}
