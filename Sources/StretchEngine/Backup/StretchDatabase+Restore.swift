public import StretchBackup
internal import StretchCatalog
public import StretchCore
public import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

extension StretchDatabase {
    /// Restores a file from a backup made by any program.
    ///
    /// With a time, the newest backup that is not after it is used. The time of a backup is its
    /// file's modification time, which is never earlier than its state. The file is complete and on
    /// disk before it gets its name. A restored file is disconnected from its remote until it is
    /// reauthorized, even if its cold rows are those of the file that it replaces.
    ///
    /// - Parameters:
    ///   - backups: One backup or several.
    ///   - path: The file to create or replace.
    /// - Throws: `invalidArgument` if no backup is old enough, or a backup is not a database;
    ///   `wrongState` if the file holds another database or is newer, and may not be replaced, or
    ///   if the times of the backups contradict what they hold;
    ///   `busy` if another program has it open; `damaged` for a damaged backup; `cancelled`. The
    ///   file is then unchanged.
    public static func restore(
        _ backups: [String], to path: String, _ options: RestoreOptions = RestoreOptions(),
        configuration: Configuration
    ) throws(StretchError) -> RestoreReport {
        let backup = try Restoration.choose(backups, options.time, configuration)
        let restoration = try Restoration(path, options, configuration)
        guard !FileIdentity.isSame(backup.path, restoration.path) else {
            throw StretchError(
                .invalidArgument, "\"\(path)\" is the backup itself",
                hint: "Name another file to restore to.")
        }
        let reader = try BackupReader(backup.path, configuration)
        return try restoration.run(from: backup.path, time: backup.time) { staged in
            var copied = BackupOptions()
            copied.shouldStop = options.shouldStop
            copied.progress = options.progress
            _ = try DatabaseCopy(configuration: configuration, options: copied).copy(
                reader.connection, to: staged.temporaryPath)
        }
    }

    /// Restores a file from a replica that Litestream wrote.
    ///
    /// - Throws: The errors of ``restore(_:to:_:configuration:)``; `remoteUnavailable` if the
    ///   program fails; `wrongState` if nothing proves that the replica was complete at the wanted
    ///   time.
    public static func restore(
        _ replica: LitestreamReplica, to path: String,
        _ options: RestoreOptions = RestoreOptions(), configuration: Configuration
    ) throws(StretchError) -> RestoreReport {
        let states = LitestreamStates(try replica.states())
        let (state, isProven) = try states.newest(notAfter: options.time, replica: replica.url)
        let restoration = try Restoration(path, options, configuration)
        return try restoration.run(from: replica.url, time: state.time) { staged in
            let file = staged.temporaryPath
            try replica.restore(state, to: file)
            try DatabaseCopy.check(file, configuration)
            if !isProven, !options.acceptsNearest {
                try restoration.requireComplete(file, state, replica)
            }
            try staged.adoptReplacement()
        }
    }
}

/// One restore: stages the file, checks the file to be replaced, and renames the staged file.
struct Restoration {
    /// The path of the file, without links.
    let path: String
    private let options: RestoreOptions
    private let configuration: Configuration

    init(
        _ path: String, _ options: RestoreOptions, _ configuration: Configuration
    ) throws(StretchError) {
        try GuardedFile.requireOwnName(path)
        self.path = FileIdentity.resolved(path)
        self.options = options
        self.configuration = configuration
    }

    /// Returns the newest backup that is not after a time.
    ///
    /// - Throws: `invalidArgument` if there is none; `wrongState` if the times of the files and
    ///   what they hold contradict each other.
    static func choose(
        _ backups: [String], _ time: Timestamp?, _ configuration: Configuration
    ) throws(StretchError) -> (path: String, time: Timestamp) {
        var known: [(path: String, time: Timestamp)] = []
        for path in backups {
            guard let changed = TemporaryFile.modificationTime(path) else {
                throw StretchError(
                    .invalidArgument, "cannot open \"\(path)\": no such file",
                    hint: "Name an existing backup.")
            }
            known.append((path, changed))
        }
        let candidates = known.filter { one in time.map { one.time <= $0 } ?? true }
        let newest = candidates.max { $0.time < $1.time }
        guard let newest else {
            let first = known.min { $0.time < $1.time }
            throw StretchError(
                .invalidArgument,
                "no backup is as old as \(time.map(\.description) ?? "that"); "
                    + "the first one is of \(first?.time.description ?? "no time")",
                hint: "Name an earlier backup, or a later time, in UTC.")
        }
        let others = candidates.filter { $0.time < newest.time }
        try BackupOrder(newest, among: others, configuration).requireAgreement()
        return newest
    }

    /// Throws unless the replicated file still has the newest state, and thus had it ever since.
    func requireComplete(
        _ restored: String, _ state: LitestreamStates.State, _ replica: LitestreamReplica
    ) throws {
        let original = options.original ?? path
        if GuardedFile.mode(original) != nil {
            let present = try BackupReader(original, configuration)
            guard try !hasSameRows(present, restored) else { return }
        }
        throw StretchError(
            .wrongState,
            "replica \"\(replica.url)\" ends at \(state.time); nothing shows that it was complete "
                + "at \(options.time?.description ?? "the end")",
            hint:
                "Where the replicated file is still there: \(advice: .nameOriginal). "
                + "For the newest state: \(advice: .takeNewestState).")
    }

    /// - Parameters:
    ///   - time: The time of the source's state.
    ///   - write: Writes the database to the empty staged file, and checks it.
    func run(
        from source: String, time: Timestamp, _ write: (TemporaryFile) throws -> Void
    ) throws(StretchError) -> RestoreReport {
        let isThere = GuardedFile.mode(path) != nil
        let mode = GuardedFile.mode(path) ?? GuardedFile.mode(source) ?? 0o600
        let staged = try TemporaryFile(for: path, mode: mode)
        try local { () throws in try write(staged) }
        let (record, pending) = try self.record(ofFile: staged.temporaryPath)
        var replaced: ReplacedFile?
        // A migrator of the old file must not continue under its name.
        var lease: MigratorLease?
        if isThere {
            try requireReplaceable(by: record, staged.temporaryPath, time: time)
            lease = try MigratorLease(
                path: path, timeout: configuration.busyTimeout, since: configuration.now())
            replaced = try ReplacedFile(path, configuration)
        }
        defer { withExtendedLifetime(lease) {} }
        if replaced?.usesWAL ?? false { try useWAL(staged.temporaryPath) }
        let known = try attachment(of: record, pending: pending)
        // The note is about the staged file, which is not yet in its place: if this process ends
        // here, the old file is still connected.
        let identity = try GuardedFile.identity(staged.temporaryPath, .user)
        try update(known) { $0.replacement = identity }
        try staged.commit(time: time, isReplacing: isThere)
        replaced = nil
        // From now on the state says so, also for a copy of the file. If it cannot be written, the
        // note above has the same effect on the file itself.
        try? update(known) { ($0.state, $0.replacement) = (.restored, nil) }
        return try report(source, time, record, isReplacing: isThere)
    }

    /// Returns the attachment of the backup's branch if the restored file would be mistaken for its
    /// owner.
    ///
    /// This happens if the file is at the owner's path, or if no file exists there any longer.
    private func attachment(
        of record: DatabaseRecord?, pending: PendingStep?
    ) throws(StretchError) -> Attachment? {
        guard let record, let link = FileLink(configuration, path: path) else { return nil }
        let (state, found) = try link.state(of: record, pending: pending)
        guard let found, [.linked, .deauthorized].contains(found.state) else { return nil }
        return found.path == path || state == .connected ? found : nil
    }

    /// Returns a file's record of its branch, and its step in flight.
    private func record(
        ofFile path: String
    ) throws(StretchError) -> (DatabaseRecord?, PendingStep?) {
        let reader = try BackupReader(path, configuration)
        guard let record = try reader.record() else { return (nil, nil) }
        return (record, try local { () throws in try Catalog(reader.connection).pending() })
    }

    private func update(
        _ attachment: Attachment?, _ change: (inout Attachment) -> Void
    ) throws(StretchError) {
        guard let attachment else { return }
        try configuration.keystore?.update(attachment, change)
    }

    /// Switches the staged file to the mode of the file that it replaces.
    ///
    /// Some ways of copying, such as VACUUM INTO, do not keep the mode.
    private func useWAL(_ staged: String) throws(StretchError) {
        try local { () throws in
            let connection = try Connection(
                path: staged, access: .readWrite, routines: configuration.routines,
                followsLinks: false)
            _ = try connection.string("PRAGMA main.journal_mode = WAL")
        }
    }

    private func requireReplaceable(
        by record: DatabaseRecord?, _ staged: String, time: Timestamp
    ) throws(StretchError) {
        guard !options.replaces else { return }
        func refusal(_ cause: ReplacementRefusal, _ what: String) -> StretchError {
            StretchError(
                .wrongState, "\"\(path)\" \(what)",
                hint: "Restore to another file, or: \(advice: .replaceFile).", cause: cause)
        }
        guard let reader = try? BackupReader(path, configuration) else {
            throw refusal(.foreign, "exists, and is not a SQLite database")
        }
        let present = try reader.record()
        guard let present, let record else { throw refusal(.foreign, "exists already") }
        guard present.database == record.database else {
            throw refusal(.foreign, "holds another database")
        }
        var isNewer = present.position.epoch > record.position.epoch || reader.time > time
        if !isNewer, reader.time.milliseconds + Self.tickMilliseconds > time.milliseconds {
            // A change in the same clock tick may be newer than the backup; only the rows show
            // this.
            isNewer = try !hasSameRows(reader, staged)
        }
        guard !isNewer else { throw refusal(.newer, "is newer than the backup") }
    }

    /// The maximum lag of a modification time: file systems use a clock that the kernel advances
    /// every 1 to 10 ms.
    private static let tickMilliseconds: Int64 = 20

    /// Returns whether a file that others may write has the same rows as a private file.
    private func hasSameRows(
        _ present: BackupReader, _ restored: String
    ) throws(StretchError) -> Bool {
        let past = try BackupReader(restored, configuration).connection
        return try local { () throws in
            try present.connection.transaction(.deferred) { () throws in
                let (now, then) = (
                    try TableDigest.all(of: present.connection), try TableDigest.all(of: past)
                )
                return now.digests == then.digests && !now.isIncomplete && !then.isIncomplete
            }
        }
    }

    private func report(
        _ source: String, _ time: Timestamp, _ record: DatabaseRecord?, isReplacing: Bool
    ) throws(StretchError) -> RestoreReport {
        var state: DatabaseStatus.LinkState?
        let reader = try BackupReader(path, configuration)
        if let record {
            let pending = try local { () throws in try Catalog(reader.connection).pending() }
            let found = try FileLink(configuration, path: path)?.state(of: record, pending: pending)
            state = found?.0 == .connected ? .connected : .disconnected
        }
        return RestoreReport(
            file: path, source: source, time: time,
            gap: options.time.map { .milliseconds($0.milliseconds - time.milliseconds) },
            isReplacing: isReplacing, linkState: state,
            advice: state == .disconnected ? [.reauthorize] : [],
            content: try reader.description())
    }
}
