public import StretchBackup
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
public import StretchKeystore
internal import StretchSQLite

extension StretchDatabase {
    /// Writes a backup: one file with a consistent state, while others continue to write.
    ///
    /// A shallow backup is a copy of the file: hot rows, and the locations of cold rows. A deep
    /// backup is a plain SQLite file with all rows and without Stretch. The file gets its name when
    /// it is complete, has been checked (unless disabled in the options), and is on disk. Its
    /// modification time is the time of the state.
    ///
    /// - Parameter target: The file to write.
    /// - Throws: `wrongState` if the target exists and may not be overwritten, or cannot be
    ///   written; `damaged`, `busy`, `cancelled`; for a deep backup also the errors of reading cold
    ///   rows, such as `disconnected` and `remoteUnavailable`. No file is then created, and an
    ///   existing file is unchanged.
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
        // The backup gets the database's mode, so that no other user can read it.
        let staged = try TemporaryFile(for: target, mode: GuardedFile.mode(path) ?? 0o600)
        var copied = options
        // A deep backup is checked after it is filled.
        copied.isChecked = options.isChecked && !options.isDeep
        let copy = DatabaseCopy(configuration: configuration, options: copied)
        var coldRows: Int64 = 0
        let time = try perform {
            let time = try copy.copy(try makeReader(), to: staged.temporaryPath)
            if options.isDeep {
                let deep = try DeepBackup(staged.temporaryPath, options, configuration) {
                    try makeEndpoint($0, as: .reader)
                }
                coldRows = try deep.fill()
                try deep.finish()
            }
            return time
        }
        try staged.commit(time: time, isReplacing: replaced != nil)
        withExtendedLifetime(replaced) {}
        return BackupReport(
            source: path, isDeep: options.isDeep, coldRows: coldRows,
            elapsed: ContinuousClock.now - start,
            backup: try BackupReader(target, configuration).description())
    }

    /// Returns the description of a database file: row counts, server, branch, and epoch.
    ///
    /// The file may be a backup made by any program. No credential is needed, and nothing is
    /// written, except that SQLite may create an `-shm` file beside a file with a WAL.
    ///
    /// - Parameter isChecked: Whether SQLite checks every page and reports problems.
    /// - Throws: `invalidArgument` for a missing file or one that is not a database; `damaged` for
    ///   a catalog of another version; `busy`.
    public static func inspect(
        _ file: String, isChecked: Bool = false, configuration: Configuration
    ) throws(StretchError) -> BackupDescription {
        try BackupReader(file, configuration).description(isChecked: isChecked)
    }

    /// Returns the server that a file names, or `nil` if the file is not stretch-enabled.
    ///
    /// - Throws: As ``inspect(_:isChecked:configuration:)``.
    public static func server(
        of file: String, configuration: Configuration
    ) throws(StretchError) -> String? {
        try BackupReader(file, configuration).record()?.endpoint
    }

    // MARK: Parts

    /// Returns a separate connection for a long read.
    func makeReader() throws -> Connection {
        let reader = try Connection(
            path: path, access: .readOnly, routines: configuration.routines,
            vfs: configuration.localVFS)
        reader.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
        return reader
    }

    /// Throws if the target is an embedded remote.
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
}
