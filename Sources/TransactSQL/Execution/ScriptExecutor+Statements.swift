internal import StretchText

extension ScriptExecutor {
    /// Runs one Transact-SQL statement.
    mutating func perform(_ statement: TransactSQLStatement) throws {
        switch statement.kind {
        case .declare(let declarations):
            for declaration in declarations { try declare(declaration) }
        case .set(let name, let expression):
            _ = try variables.variable(name)
            try variables.set(name, value(of: expression))
        case .setOption: return
        case .print(let expression):
            write(0, try value(of: expression).text ?? "")
        case .execute(let call): try perform(call)
        case .reconfigure: try host.reconfigure()
        case .use(let database):
            try host.use(database: database.name)
            write(5701, "changed database context to \"\(database.name)\"")
        case .masterKey(let key): try host.perform(key)
        case .credential(let credential): try perform(credential)
        case .alterDatabase(let name, let option): try perform(option, on: name)
        case .alterTable(let name, let option): try perform(option, on: name)
        case .alterRole(let action, _, let member): try host.changeOwner(member.name, action)
        case .backup(let backup): try perform(backup)
        case .restore(let restore): try perform(restore)
        case .inspect(let inspection): try perform(inspection)
        }
    }

    func write(_ number: Int, _ text: String) {
        output.write(TransactSQLMessage(number: number, text: text))
    }

    private mutating func declare(_ declaration: VariableDeclaration) throws {
        try variables.declare(declaration.name, declaration.type)
        guard let expression = declaration.value else { return }
        do {
            try variables.set(declaration.name, value(of: expression))
        } catch {
            variables.remove(declaration.name)
            throw error
        }
    }

    private func perform(_ credential: CredentialStatement) throws {
        switch credential {
        case .create(let name, let identity, let secret):
            try host.createCredential(name.name, identity: identity, secret: secret)
        case .alter(let name, let identity, let secret):
            try host.alterCredential(name.name, identity: identity, secret: secret)
        case .drop(let name): try host.dropCredential(name.name)
        }
    }

    private func perform(_ option: DatabaseArchiveOption, on database: DatabaseName) throws {
        switch option {
        case .on(let server, let authentication):
            try host.enable(database: name(of: database), server: server, authentication)
        case .off: try host.disable(database: name(of: database))
        }
    }

    private func perform(_ option: TableArchiveOption, on table: ObjectName) throws {
        let name = try tableName(table)
        switch option {
        case .on(let filter, let state):
            try host.enableTable(
                name, filter: filter ?? .everyRow, isPaused: state == .paused, notify: output.write)
        case .change(let filter, let state):
            try host.alterTable(name, filter: filter, state: state)
        case .offWithoutDataRecovery: try host.abandonTable(name)
        case .off:
            throw TransactSQLError(
                .ambiguousOff, "OFF does not say what becomes of the remote rows of \"\(name)\"",
                at: table.position,
                hint: "Bring them back with (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = INBOUND)), or "
                    + "abandon them with (REMOTE_DATA_ARCHIVE = OFF_WITHOUT_DATA_RECOVERY "
                    + "(MIGRATION_STATE = PAUSED)).")
        }
    }

    /// Returns the table with a name, whose schema, if given, must be the one that holds such
    /// tables.
    func tableName(_ name: ObjectName) throws(TransactSQLError) -> String {
        guard name.database == nil, ["dbo", "main"].contains(name.schema?.foldingCase ?? "main")
        else {
            throw TransactSQLError(
                .unknownObject, "\"\(name)\" is not in the current database", at: name.position,
                hint: "Write the table's name alone, after USE if it is in another database.")
        }
        return name.name
    }

    private func perform(_ backup: BackupStatement) throws {
        var request = BackupRequest(
            database: try name(of: backup.database), file: try text(of: backup.file))
        for option in backup.options {
            switch option {
            case .overwrite(let isOverwriting): request.isOverwriting = isOverwriting
            case .statistics(let percent): request.progressStep = percent
            case .standard: break
            }
        }
        try host.backup(request, notify: output.write)
    }

    private func perform(_ restore: RestoreStatement) throws {
        var files: [String] = []
        for file in restore.files { files.append(try text(of: file)) }
        var request = RestoreRequest(database: try name(of: restore.database), files: files)
        for option in restore.options {
            switch option {
            case .replace: request.isReplacing = true
            case .move(let name, let path): request.moves[try text(of: name)] = try text(of: path)
            case .stopAt(let time): request.time = try self.time(of: time)
            case .statistics(let percent): request.progressStep = percent
            case .standard: break
            }
        }
        try host.restore(request, notify: output.write)
    }

    private func perform(_ inspection: BackupInspection) throws {
        let file = try text(of: inspection.file)
        switch inspection.question {
        case .header: output.write(try host.header(ofBackup: file))
        case .files: output.write(try host.files(ofBackup: file))
        case .verification: try host.verify(backup: file, notify: output.write)
        }
    }

    private func time(of operand: TextOperand) throws(TransactSQLError) -> DateTime {
        if case .variable(let name) = operand,
            case .dateTime(let time) = try variables.variable(name).value
        {
            return time
        }
        let position: SourcePosition
        switch operand {
        case .text(_, let start): position = start
        case .variable(let name): position = name.position
        }
        guard let time = DateTime(try text(of: operand)) else {
            throw TransactSQLError(
                .conversion, "STOPAT is not a date and time", at: position,
                hint: "Write the time as '2016-02-26T13:45:00'.")
        }
        return time
    }
}
