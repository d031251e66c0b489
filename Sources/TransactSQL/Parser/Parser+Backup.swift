extension Parser {
    /// Parses what follows `BACKUP`.
    mutating func parseBackup() throws(TransactSQLError) -> BackupStatement {
        let content = try expectContent()
        let database = try expectDatabase()
        try expect("TO")
        let file = try expectDisk()
        var options: [BackupStatement.Option] = []
        if accept("WITH") {
            repeat { options.append(try parseBackupOption()) } while accept(symbol: ",")
        }
        return BackupStatement(content: content, database: database, file: file, options: options)
    }

    private mutating func parseBackupOption() throws(TransactSQLError) -> BackupStatement.Option {
        if accept("INIT") || accept("FORMAT") { return .overwrite(true) }
        if accept("NOINIT") || accept("NOFORMAT") { return .overwrite(false) }
        if accept("COMPRESSION") { return .compression(true) }
        if accept("NO_COMPRESSION") { return .compression(false) }
        if accept("CHECKSUM") { return .checksum(true) }
        if accept("NO_CHECKSUM") { return .checksum(false) }
        if accept("COPY_ONLY") { return .copyOnly }
        if accept("NAME") {
            try expect(symbol: "=")
            return .name(try expectText("a name"))
        }
        if accept("DESCRIPTION") {
            try expect(symbol: "=")
            return .description(try expectText("a description"))
        }
        if try acceptStatistics() { return .statistics }
        throw refusedOption(
            in: Refusal.backupOptions,
            "INIT, FORMAT, COMPRESSION, CHECKSUM, COPY_ONLY, NAME, DESCRIPTION or STATS")
    }

    /// Parses what follows `RESTORE`.
    mutating func parseRestore() throws(TransactSQLError) -> Statement.Kind {
        if let question = acceptQuestion() { return .inspect(try parseInspection(question)) }
        let content = try expectContent()
        let database = try expectDatabase()
        try expect("FROM")
        if isAt("DATABASE_SNAPSHOT") {
            throw TransactSQLError(
                .unsupportedOption, "RESTORE FROM DATABASE_SNAPSHOT is not supported",
                at: reader.current.position, hint: "Restore a backup with FROM DISK = '…'.")
        }
        let file = try expectDisk()
        var options: [RestoreStatement.Option] = []
        if accept("WITH") {
            repeat { options.append(try parseRestoreOption()) } while accept(symbol: ",")
        }
        return .restore(
            RestoreStatement(
                content: content, database: database, file: file, options: options))
    }

    private mutating func acceptQuestion() -> BackupInspection.Question? {
        BackupInspection.Question.allCases.first { accept($0.rawValue) }
    }

    private mutating func parseInspection(
        _ question: BackupInspection.Question
    ) throws(TransactSQLError) -> BackupInspection {
        try expect("FROM")
        let file = try expectDisk()
        var number: Int?
        if accept("WITH") {
            repeat {
                switch try parseRestoreOption() {
                case .file(let count): number = count
                case .checksum, .statistics: break
                case .replace, .recovery, .move, .stopAt:
                    throw unexpected("FILE = n, CHECKSUM or STATS")
                }
            } while accept(symbol: ",")
        }
        return BackupInspection(question: question, file: file, backupNumber: number)
    }

    private mutating func parseRestoreOption() throws(TransactSQLError) -> RestoreStatement.Option {
        if accept("REPLACE") { return .replace }
        if accept("RECOVERY") { return .recovery }
        if accept("CHECKSUM") { return .checksum(true) }
        if accept("NO_CHECKSUM") { return .checksum(false) }
        if accept("FILE") {
            try expect(symbol: "=")
            return .file(try expectCount("the backup's place in the file"))
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
                    .conversion, "STOPAT is no date and time", at: token.position,
                    hint: "Write the time as '2016-02-26T13:45:00'.")
            }
            return .stopAt(time)
        }
        if try acceptStatistics() { return .statistics }
        throw refusedOption(
            in: Refusal.restoreOptions,
            "REPLACE, RECOVERY, FILE, MOVE, STOPAT, CHECKSUM or STATS")
    }

    private mutating func acceptStatistics() throws(TransactSQLError) -> Bool {
        guard accept("STATS") else { return false }
        if accept(symbol: "=") { _ = try expectCount("a percentage") }
        return true
    }

    private func refusedOption(in table: [Refusal], _ expected: String) -> TransactSQLError {
        let word = reader.current.kind == .word ? reader.current.text.uppercased() : ""
        let refusal = table.first { $0.words == word }
        return refusal?.error(at: reader.current.position) ?? unexpected(expected)
    }

    private mutating func expectContent() throws(TransactSQLError) -> BackupContent {
        if accept("DATABASE") { return .database }
        guard accept("LOG") else { throw unexpected("DATABASE or LOG") }
        return .log
    }

    private mutating func expectDatabase() throws(TransactSQLError) -> DatabaseName {
        if reader.current.kind == .variable { return .variable(try expectVariable()) }
        return .named(try expectName("a database"))
    }

    private mutating func expectDisk() throws(TransactSQLError) -> TextOperand {
        if isAt("URL") || isAt("TAPE") {
            throw TransactSQLError(
                .unsupportedOption, "\(reader.current.text.uppercased()) is not supported",
                at: reader.current.position, hint: "Name a file: DISK = '…'.")
        }
        try expect("DISK")
        try expect(symbol: "=")
        let file = try expectText("a path")
        if reader.current.kind == .symbol, reader.current.text == "," {
            throw TransactSQLError(
                .unsupportedOption, "a backup of several files is not supported",
                at: reader.current.position, hint: "Name one file.")
        }
        return file
    }
}
