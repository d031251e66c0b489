internal import Foundation
internal import StretchBackup
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
public import TransactSQL

extension DatabaseHost {
    /// Restores a database from the newest backup that is not after a time.
    ///
    /// The host closes the current database in the meantime.
    ///
    /// The time is in UTC unless it has an offset.
    public func restore(
        _ request: RestoreRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws {
        try refuseTransaction("RESTORE DATABASE")
        let path = try target(of: request)
        let isCurrent = FileIdentity.isSame(path, database.path)
        try requireRestorable(path, isCurrent: isCurrent)
        for file in request.files { try description(ofBackup: file) }
        let percent = request.progressStep.map { PercentReport(every: $0, notify) }
        var options = RestoreOptions()
        options.replaces = request.isReplacing
        options.time = request.time.flatMap { Timestamp(parsing: $0.description) }
        if let percent { options.progress = percent.update }
        let report =
            try isCurrent
            ? withoutDatabase { configuration throws(TransactSQLError) in
                try restore(request.files, to: path, options, configuration)
            } : restore(request.files, to: path, options, database.configuration)
        percent?.finish()
        let name = request.database ?? databaseName
        notify(
            TransactSQLMessage(
                number: 3014,
                text: "database \"\(name)\" has the state of \(report.time) UTC"
                    + "\(report.gapText), from \"\(report.source)\""))
        if report.linkState == .disconnected {
            notify(
                TransactSQLMessage(
                    number: 14842,
                    text:
                        "database \"\(name)\" has stretch-enabled tables and is disconnected from "
                        + "its remote; to connect it: CREATE MASTER KEY, CREATE DATABASE SCOPED "
                        + "CREDENTIAL, then EXEC sp_rda_reauthorize_db"))
        }
    }

    /// Throws unless the caller administers the database that the backup would replace.
    private func requireRestorable(_ path: String, isCurrent: Bool) throws(TransactSQLError) {
        guard !isCurrent else { return try requireOwner(.restoreNotPermitted) }
        // A file that is not a database has only a file owner, whom the folder's mode protects.
        guard isFile(path),
            let other = try? StretchDatabase(path: path, configuration: database.configuration),
            let isOwner = try? other.members.isAdministrator(), !isOwner
        else { return }
        throw TransactSQLError(
            .restoreNotPermitted, "this needs db_owner of the database in \"\(path)\"",
            hint: "Restore to another file, or let its owner do it.")
    }

    private func restore(
        _ files: [String], to path: String, _ options: RestoreOptions,
        _ configuration: Configuration
    ) throws(TransactSQLError) -> RestoreReport {
        do throws(StretchError) {
            return try StretchDatabase.restore(
                files, to: path, options, configuration: configuration)
        } catch {
            let code: TransactSQLError.Code =
                switch error.code {
                case .invalidArgument: options.time == nil ? .backupFile : .timeTooEarly
                case .wrongState:
                    switch error.cause as? ReplacementRefusal {
                    case .foreign: .replaceForeign
                    case .newer: .replaceNewer
                    case nil: .backupFile
                    }
                case .busy: .databaseInUse
                case .damaged: .damagedBackup
                default: .host
                }
            throw TransactSQLError(
                code, error.message, hint: error.transactSQLHint, cause: error)
        }
    }

    /// Returns the file to restore: the path in `MOVE`, the current database, or one in its folder.
    private func target(of request: RestoreRequest) throws(TransactSQLError) -> String {
        if let unknown = request.moves.keys.first(where: { $0 != Self.logicalName }) {
            throw TransactSQLError(
                .unknownFile, "the backup has no file \"\(unknown)\"",
                hint: "Its one file is \"\(Self.logicalName)\": RESTORE FILELISTONLY.")
        }
        if let path = request.moves[Self.logicalName] { return path }
        guard let name = request.database, !isCurrent(name) else { return database.path }
        return path(ofDatabase: name)
    }

    /// Runs work while the current database is closed, then opens the file at its path.
    private func withoutDatabase<Result>(
        _ body: (Configuration) throws(TransactSQLError) -> Result
    ) throws(TransactSQLError) -> Result {
        let (path, configuration) = (database.path, database.configuration)
        try open(":memory:", configuration)
        let result: Result
        do throws(TransactSQLError) {
            result = try body(configuration)
        } catch {
            try open(path, configuration)
            throw error
        }
        try open(path, configuration)
        return result
    }
}

extension RestoreReport {
    /// How long before the requested time the state is: `, 2 h 3 min 4 s before the requested
    /// time`; empty without a requested time.
    fileprivate var gapText: String {
        guard let gap else { return "" }
        let seconds = gap.components.seconds
        guard seconds >= 60 else { return ", \(seconds) s before the requested time" }
        let days = seconds >= 86_400 ? "\(seconds / 86_400) d " : ""
        let hours = seconds >= 3_600 ? "\(seconds % 86_400 / 3_600) h " : ""
        return
            ", \(days)\(hours)\(seconds % 3_600 / 60) min \(seconds % 60) s before the requested "
            + "time"
    }
}
