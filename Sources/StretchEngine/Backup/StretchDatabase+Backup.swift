internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
public import StretchKeystore
internal import StretchSQLite

extension StretchDatabase {
    /// Writes a backup: one file with the state of one moment, while others go on writing.
    ///
    /// A shallow backup is the file itself: hot rows, and where the cold ones are. A deep one is a
    /// plain SQLite file with all rows, which knows nothing of Stretch. The file gets its name when
    /// it is whole, was read again unless the options say otherwise, and is on the disk; its time
    /// of modification is the moment of the state.
    ///
    /// - Parameter target: The file to write.
    /// - Throws: `wrongState` when the target exists and is not to be overwritten, or cannot be
    ///   written; `damaged`, `busy`, `cancelled`; a deep backup also what reading cold rows throws,
    ///   such as `disconnected` and `remoteUnavailable`. No file is made then, and one that was
    ///   there is as it was.
    @discardableResult
    public func backUp(
        to target: String, _ options: BackupOptions = BackupOptions()
    ) throws(StretchError) -> BackupReport {
        let start = ContinuousClock.now
        let record = try perform { try enabledDatabase() }
        guard !FileIdentity.isSame(path, target) else {
            throw StretchError(
                .invalidArgument, "\"\(target)\" is the database itself",
                hint: "Name another file for the backup.")
        }
        try GuardedFile.requireOwnName(target)
        let isThere = GuardedFile.mode(target) != nil
        guard options.overwrites || !isThere else { throw TemporaryFile.exists(target) }
        try refuseOverwriting(target, record)
        let replaced = isThere ? try ReplacedFile(target, configuration) : nil
        // Nobody may read more of the backup than of the database.
        let staged = try TemporaryFile(for: target, mode: GuardedFile.mode(path) ?? 0o600)
        var copied = options
        // What is filled next is checked when it is full.
        copied.isChecked = options.isChecked && !options.isDeep
        let copy = DatabaseCopy(configuration: configuration, options: copied)
        var coldRows: Int64 = 0
        let time = try perform {
            let time = try copy.copy(try makeReader(), to: staged.temporaryPath)
            if options.isDeep { coldRows = try fill(staged.temporaryPath, options) }
            return time
        }
        try commit(staged, time: time, replacing: replaced)
        return BackupReport(
            source: path, isDeep: options.isDeep, coldRows: coldRows,
            elapsed: ContinuousClock.now - start,
            backup: try BackupReader(target, configuration).description())
    }

    /// What a database file says of itself: rows here and there, server, branch, epoch.
    ///
    /// The file may be a backup made by any program. No credential is needed, and nothing is
    /// written; a copy of a file with its WAL may get an `-shm` file beside it.
    ///
    /// - Parameter isChecked: Whether SQLite reads every page and tells what is wrong.
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version; `busy`.
    public static func inspect(
        _ file: String, isChecked: Bool = false, configuration: Configuration
    ) throws(StretchError) -> BackupDescription {
        try BackupReader(file, configuration).description(isChecked: isChecked)
    }

    /// The server that a file names, or `nil` for one that is not stretch-enabled.
    ///
    /// - Throws: As ``inspect(_:isChecked:configuration:)``.
    public static func server(
        of file: String, configuration: Configuration
    ) throws(StretchError) -> String? {
        try BackupReader(file, configuration).record()?.endpoint
    }

    // MARK: Parts

    /// A connection of its own for a long read.
    func makeReader() throws -> Connection {
        let reader = try Connection(
            path: path, access: .readOnly, routines: configuration.routines,
            vfs: configuration.localVFS)
        reader.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
        return reader
    }

    /// An embedded remote is no place for a backup.
    private func refuseOverwriting(
        _ target: String, _ record: DatabaseRecord
    ) throws(StretchError) {
        let address = try EndpointAddress(parsing: record.endpoint)
        guard case .file = address.kind,
            FileIdentity.isSame(address.filePath(besides: path), target)
        else { return }
        throw StretchError(
            .invalidArgument, "\"\(target)\" is the remote, which holds the cold rows",
            hint: "Name another file for the backup.")
    }

    private func commit(
        _ staged: TemporaryFile, time: Timestamp, replacing replaced: ReplacedFile?
    ) throws(StretchError) {
        do throws(StretchError) {
            try staged.commit(time: time, isReplacing: replaced != nil)
        } catch {
            replaced?.giveUp()
            throw error
        }
    }
}
