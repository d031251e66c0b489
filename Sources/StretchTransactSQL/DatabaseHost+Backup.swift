internal import Foundation
internal import StretchBackup
internal import StretchCore
internal import StretchEngine
public import TransactSQL

extension DatabaseHost {
    /// Makes a shallow backup of the current database: a consistent state of its local rows.
    public func backup(
        _ request: BackupRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws {
        try requireCurrent(request.database)
        try requireStretched(permission: .backupNotPermitted)
        try refuseTransaction("BACKUP DATABASE")
        guard request.isOverwriting || !isFile(request.file) else {
            throw TransactSQLError(
                .backupFile, "file \"\(request.file)\" exists already",
                hint: "Name another file, or overwrite this one: WITH INIT.")
        }
        let percent = request.progressStep.map { PercentReport(every: $0, notify) }
        var options = BackupOptions()
        options.overwrites = request.isOverwriting
        if let percent { options.progress = percent.update }
        let asked = options
        let report = try numbered([
            .invalidArgument: .backupFile, .wrongState: .backupFile, .busy: .databaseInUse,
            .damaged: .damagedBackup,
        ]) { () throws(StretchError) in try database.backUp(to: request.file, asked) }
        percent?.finish()
        for line in Self.summary(of: report) {
            notify(TransactSQLMessage(number: 3014, text: line))
        }
    }

    private static func summary(of report: BackupReport) -> [String] {
        let backup = report.backup
        var lines = [
            "\(backup.pageCount) pages, with the state of \(backup.time) UTC, are in "
                + "\"\(backup.file)\""
        ]
        lines += backup.tables.map { table in
            let eligible = table.eligibleRows.map { ", \($0) of them eligible" } ?? ""
            return "table \"\(table.name)\": \(table.localRows) local rows are in it\(eligible); "
                + "\(table.remoteRows) cold rows stay in the remote"
        }
        return lines
    }

    // MARK: Questions

    /// Returns a row that describes a backup, including the server of its cold rows.
    public func header(ofBackup file: String) throws -> TransactSQLResult {
        let backup = try description(ofBackup: file)
        let stretch = backup.stretch
        let eligible = backup.tables.compactMap(\.eligibleRows).reduce(0, +)
        let columns: [(String, TransactSQLValue)] = [
            ("BackupType", .integer(1)), ("BackupTypeDescription", .text("Database")),
            ("Position", .integer(1)), ("Compressed", .integer(0)),
            ("BackupFinishDate", .text(backup.time.description)),
            ("BackupSize", .integer(backup.byteCount)),
            ("HasBackupChecksums", .integer(0)), ("IsCopyOnly", .integer(1)),
            ("FamilyGUID", TransactSQLValue(stretch.map { "\($0.database)" })),
            ("RecoveryForkID", TransactSQLValue(stretch.map { "\($0.branch)" })),
            ("LastLSN", stretch.map { .integer($0.epoch) } ?? .null),
            ("RemoteServer", TransactSQLValue(stretch?.server)),
            ("LocalRows", .integer(backup.localRows)), ("EligibleRows", .integer(eligible)),
            ("RemoteRows", .integer(backup.remoteRows)),
        ]
        return TransactSQLResult(columns: columns.map(\.0), rows: [columns.map(\.1)])
    }

    /// Lists the files of the database in a backup, of which there is only one.
    public func files(ofBackup file: String) throws -> TransactSQLResult {
        let backup = try description(ofBackup: file)
        return TransactSQLResult(
            columns: [
                "LogicalName", "PhysicalName", "Type", "FileGroupName", "Size", "FileId",
                "BackupSizeInBytes", "IsReadOnly", "IsPresent",
            ],
            rows: [
                [
                    .text(Self.logicalName), .text(backup.file), .text("D"), .text("PRIMARY"),
                    .integer(backup.byteCount), .integer(1), .integer(backup.byteCount),
                    .integer(0), .integer(1),
                ]
            ])
    }

    /// Checks every page of a backup, and reports that it is valid.
    public func verify(
        backup file: String, notify: (TransactSQLMessage) -> Void
    ) throws {
        let backup = try description(ofBackup: file, isChecked: true)
        if let problem = backup.integrityProblems?.first {
            throw TransactSQLError(
                .damagedBackup, "backup \"\(file)\" is damaged: \(problem)",
                hint: "Use another backup; see https://sqlite.org/recovery.html.")
        }
        notify(TransactSQLMessage(number: 3262, text: "the backup in \"\(file)\" is valid"))
    }

    // MARK: Parts

    /// The name of a database's only file in `MOVE` and `FILELISTONLY`, as in SQLite.
    static let logicalName = "main"

    func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func requireFile(_ path: String) throws(TransactSQLError) {
        guard isFile(path) else {
            throw TransactSQLError(
                .backupFile, "cannot open backup \"\(path)\": no such file",
                hint: "Name an existing backup.")
        }
    }

    @discardableResult
    func description(
        ofBackup file: String, isChecked: Bool = false
    ) throws(TransactSQLError) -> BackupDescription {
        try requireFile(file)
        return try numbered([.invalidArgument: .notABackup, .damaged: .damagedBackup]) {
            () throws(StretchError) in
            try StretchDatabase.inspect(
                file, isChecked: isChecked, configuration: database.configuration)
        }
    }

    func refuseTransaction(_ what: String) throws(TransactSQLError) {
        guard database.isInTransaction else { return }
        throw TransactSQLError(
            .backupInTransaction, "\(what) is not for a transaction", hint: "COMMIT first.")
    }
}

extension TransactSQLValue {
    /// Creates a text value, or NULL.
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}
