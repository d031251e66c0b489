internal import StretchText

extension Parser {
    /// Parses the rest of a `BACKUP` statement.
    mutating func parseBackup() throws(TransactSQLError) -> BackupStatement {
        try expect("DATABASE")
        let database = try expectDatabase()
        try expect("TO")
        let file = try expectOneDisk()
        var options: [BackupStatement.Option] = []
        if accept("WITH") {
            repeat { options.append(try parseBackupOption()) } while accept(symbol: ",")
        }
        return BackupStatement(database: database, file: file, options: options)
    }

    private mutating func parseBackupOption() throws(TransactSQLError) -> BackupStatement.Option {
        if accept("INIT") || accept("FORMAT") { return .overwrite(true) }
        if accept("NOINIT") || accept("NOFORMAT") { return .overwrite(false) }
        if accept("COPY_ONLY") || accept("NO_COMPRESSION") || accept("NO_CHECKSUM") {
            return .standard
        }
        if let percent = try acceptStatistics() { return .statistics(percent: percent) }
        throw refusedOption(
            in: Refusal.backupOptions, "INIT, NOINIT, FORMAT, NOFORMAT, COPY_ONLY or STATS")
    }

    /// Parses the rest of a `RESTORE` statement.
    mutating func parseRestore() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        if let question = acceptQuestion() { return .inspect(try parseInspection(question)) }
        try expect("DATABASE")
        let database = try expectDatabase()
        try expect("FROM")
        if isAt("DATABASE_SNAPSHOT") {
            throw TransactSQLError(
                .unsupportedOption, "RESTORE FROM DATABASE_SNAPSHOT is not supported",
                at: reader.current.position, hint: "Restore a backup with FROM DISK = '…'.")
        }
        var files: [TextOperand] = []
        repeat { files.append(try expectDisk()) } while accept(symbol: ",")
        var options: [RestoreStatement.Option] = []
        if accept("WITH") {
            repeat { options.append(try parseRestoreOption()) } while accept(symbol: ",")
        }
        return .restore(RestoreStatement(database: database, files: files, options: options))
    }

    private mutating func acceptQuestion() -> BackupInspection.Question? {
        BackupInspection.Question.allCases.first { accept($0.rawValue) }
    }

    private mutating func parseInspection(
        _ question: BackupInspection.Question
    ) throws(TransactSQLError) -> BackupInspection {
        try expect("FROM")
        let file = try expectOneDisk()
        if accept("WITH") {
            repeat {
                switch try parseRestoreOption() {
                case .standard, .statistics: break
                case .replace, .move, .stopAt: throw unexpected("FILE = 1 or STATS")
                }
            } while accept(symbol: ",")
        }
        return BackupInspection(question: question, file: file)
    }

    private mutating func parseRestoreOption() throws(TransactSQLError) -> RestoreStatement.Option {
        if accept("REPLACE") { return .replace }
        if accept("RECOVERY") || accept("NO_CHECKSUM") { return .standard }
        if accept("FILE") {
            try expect(symbol: "=")
            let position = reader.current.position
            guard try expectCount("the backup's place in the file") == 1 else {
                throw TransactSQLError(
                    .unsupportedOption, "a file holds one backup", at: position,
                    hint: "Leave FILE out, or name another file.")
            }
            return .standard
        }
        if accept("MOVE") {
            let name = try expectText("the name of a file")
            try expect("TO")
            return .move(name, to: try expectText("a path"))
        }
        if accept("STOPAT") {
            try expect(symbol: "=")
            let token = reader.current
            let time = try expectText("a time")
            guard token.kind != .string || DateTime(token.text) != nil else {
                throw TransactSQLError(
                    .conversion, "STOPAT is not a date and time", at: token.position,
                    hint: "Write the time as '2016-02-26T13:45:00'.")
            }
            return .stopAt(time)
        }
        if let percent = try acceptStatistics() { return .statistics(percent: percent) }
        throw refusedOption(
            in: Refusal.restoreOptions, "REPLACE, RECOVERY, FILE, MOVE, STOPAT or STATS")
    }

    /// Accepts `STATS`, which means every ten percent, or `STATS = percent`.
    private mutating func acceptStatistics() throws(TransactSQLError) -> Int? {
        guard accept("STATS") else { return nil }
        guard accept(symbol: "=") else { return 10 }
        return try expectCount("a percentage")
    }

    private func refusedOption(in table: [Refusal], _ expected: String) -> TransactSQLError {
        let word = reader.current.kind == .word ? reader.current.text.uppercasedASCII : ""
        let refusal = table.first { $0.words == word }
        return refusal?.error(at: reader.current.position) ?? unexpected(expected)
    }

    private mutating func expectDatabase() throws(TransactSQLError) -> DatabaseName {
        if reader.current.kind == .variable { return .variable(try expectVariable()) }
        return .named(try expectName("a database"))
    }

    private mutating func expectOneDisk() throws(TransactSQLError) -> TextOperand {
        let file = try expectDisk()
        if reader.current.kind == .symbol, reader.current.text == "," {
            throw TransactSQLError(
                .unsupportedOption, "a backup of several files is not supported",
                at: reader.current.position, hint: "Name one file.")
        }
        return file
    }

    private mutating func expectDisk() throws(TransactSQLError) -> TextOperand {
        if isAt("URL") || isAt("TAPE") {
            throw TransactSQLError(
                .unsupportedOption, "\(reader.current.text.uppercasedASCII) is not supported",
                at: reader.current.position, hint: "Name a file: DISK = '…'.")
        }
        try expect("DISK")
        try expect(symbol: "=")
        return try expectText("a path")
    }
}
