internal import Crypto
public import StretchBackup
internal import StretchCore
public import StretchKeystore
public import StretchMigration

/// Long-running work on a database for programs that use Swift tasks.
///
/// Each operation runs on its own thread and connection, so this database's connection stays free.
///
/// ```swift
/// let report = try await database.background.migrate().report
/// ```
public struct BackgroundWork: Sendable {
    private let path: String
    private let configuration: Configuration
    private let openedMasterKey: SymmetricKey?
    private let usesScopedCredential: Bool

    init(_ database: StretchDatabase) {
        path = database.path
        configuration = database.configuration
        openedMasterKey = database.openedMasterKey
        usesScopedCredential = database.usesScopedCredential
    }

    /// Migrates eligible rows: see
    /// ``StretchDatabase/migrate(tables:batchRowCount:lockBudget:shouldStop:progress:)``.
    public func migrate(
        tables: [String]? = nil, batchRowCount: Int? = nil,
        lockBudget: Duration = .milliseconds(50)
    ) -> LongWork<MigrationProgress, MigrationReport> {
        begin { database, control throws(StretchError) in
            try database.migrate(
                tables: tables, batchRowCount: batchRowCount, lockBudget: lockBudget,
                shouldStop: control.shouldStop, progress: control.progress)
        }
    }

    /// Brings back cold rows of a table: see
    /// ``TableAdministration/bringBack(where:shouldStop:progress:)``.
    public func bringBack(
        table name: String, where condition: String? = nil
    ) -> LongWork<MigrationProgress, MigrationReport> {
        begin { database, control throws(StretchError) in
            try database.tables[name].bringBack(
                where: condition, shouldStop: control.shouldStop, progress: control.progress)
        }
    }

    /// Verifies all cold rows: see ``StretchDatabase/verify(table:shouldStop:progress:)``.
    public func verify(
        table name: String? = nil
    ) -> LongWork<VerificationProgress, VerificationReport> {
        begin { database, control throws(StretchError) in
            try database.verify(
                table: name, shouldStop: control.shouldStop, progress: control.progress)
        }
    }

    /// Writes a backup: see ``StretchDatabase/backUp(to:_:)``.
    ///
    /// The `shouldStop` and `progress` of the options are called as well.
    public func backUp(
        to target: String, _ options: BackupOptions = BackupOptions()
    ) -> LongWork<BackupProgress, BackupReport> {
        begin { database, control throws(StretchError) in
            try database.backUp(to: target, options.followed(by: control))
        }
    }

    /// Restores a backup to a scratch folder and compares it: see ``StretchDatabase/drill(in:_:)``.
    public func drill(
        in folder: String, _ options: BackupOptions = BackupOptions()
    ) -> LongWork<BackupProgress, DrillReport> {
        begin { database, control throws(StretchError) in
            try database.drill(in: folder, options.followed(by: control))
        }
    }

    /// Deletes cold rows that no branch sees any longer: see the same method of
    /// ``RemoteAdministration``.
    public func collectGarbage(
        olderThan age: Duration? = nil, erasesHiddenRows: Bool = false, acceptsClock: Bool = false,
        isDryRun: Bool = false
    ) -> LongWork<MigrationProgress, GarbageCollection> {
        begin { database, control throws(StretchError) in
            try database.remote.collectGarbage(
                olderThan: age, erasesHiddenRows: erasesHiddenRows, acceptsClock: acceptsClock,
                isDryRun: isDryRun,
                shouldStop: control.shouldStop, progress: control.progress)
        }
    }

    /// Restores a file from backups: see
    /// ``StretchDatabase/restore(_:to:_:configuration:)-([String],_,_,_)``.
    public static func restore(
        _ backups: [String], to path: String, _ options: RestoreOptions = RestoreOptions(),
        configuration: Configuration
    ) -> LongWork<BackupProgress, RestoreReport> {
        LongWork { control throws(StretchError) in
            try StretchDatabase.restore(
                backups, to: path, options.followed(by: control), configuration: configuration)
        }
    }

    /// Restores a file from a replica that Litestream wrote.
    public static func restore(
        _ replica: LitestreamReplica, to path: String,
        _ options: RestoreOptions = RestoreOptions(), configuration: Configuration
    ) -> LongWork<BackupProgress, RestoreReport> {
        LongWork { control throws(StretchError) in
            try StretchDatabase.restore(
                replica, to: path, options.followed(by: control), configuration: configuration)
        }
    }

    // MARK: Parts

    private func begin<Progress, Report>(
        _ body:
            @escaping @Sendable (StretchDatabase, WorkControl<Progress>) throws(StretchError) ->
            Report
    ) -> LongWork<Progress, Report> {
        LongWork { [self] control throws(StretchError) in
            let database = try StretchDatabase(path: path, configuration: configuration)
            database.openedMasterKey = openedMasterKey
            database.usesScopedCredential = usesScopedCredential
            return try body(database, control)
        }
    }
}

extension StretchDatabase {
    /// Long-running work for programs that use Swift tasks, with this database's current settings.
    public var background: BackgroundWork { BackgroundWork(self) }
}

/// Options with callbacks, which background work extends.
private protocol ObservedOptions {
    var shouldStop: @Sendable () -> Bool { get set }
    var progress: @Sendable (BackupProgress) -> Void { get set }
}

extension BackupOptions: ObservedOptions {}
extension RestoreOptions: ObservedOptions {}

extension ObservedOptions {
    /// Returns the same options, which also ask and notify the control of background work.
    fileprivate func followed(by control: WorkControl<BackupProgress>) -> Self {
        var options = self
        options.shouldStop = { [shouldStop] in shouldStop() || control.shouldStop() }
        options.progress = { [progress] in
            progress($0)
            control.progress($0)
        }
        return options
    }
}
