internal import StretchText

extension Parser {
    /// Parses the words that determine the kind of a statement, and the rest of it.
    mutating func parseKind() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        if accept("DECLARE") { return .declare(try parseDeclarations()) }
        if accept("SET") { return try parseSet() }
        if accept("PRINT") { return .print(try parseExpression()) }
        if accept("EXEC") || accept("EXECUTE") { return .execute(try parseCall()) }
        if accept("RECONFIGURE") {
            if accept("WITH") { try expect("OVERRIDE") }
            return .reconfigure
        }
        if accept("USE") { return .use(try expectName("a database")) }
        if let kind = try parseMasterKey() { return .masterKey(kind) }
        if let kind = try parseCredential() { return .credential(kind) }
        if accept("ALTER", "DATABASE") { return try parseAlterDatabase() }
        if accept("ALTER", "TABLE") { return try parseAlterTable() }
        if accept("ALTER", "ROLE") { return try parseAlterRole() }
        if accept("BACKUP") { return .backup(try parseBackup()) }
        if accept("RESTORE") { return try parseRestore() }
        return .execute(try parseCallWithoutExecute())
    }

    private mutating func parseAlterRole() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        let role = try expectName("a role")
        let action: RoleAction
        if accept("ADD") {
            action = .add
        } else if accept("DROP") {
            action = .drop
        } else {
            throw unexpected("ADD MEMBER or DROP MEMBER")
        }
        try expect("MEMBER")
        let member = try expectName("a member")
        guard role.name.isEqualFoldingCase("db_owner") else {
            throw TransactSQLError(
                .unsupportedOption, "there is no role \"\(role.name)\"", at: role.position,
                hint: "The only role is db_owner; reading and writing is a matter of file modes.")
        }
        return .alterRole(action, role: role, member: member)
    }
}

// MARK: - Variables

extension Parser {
    private mutating func parseDeclarations() throws(TransactSQLError) -> [VariableDeclaration] {
        var declarations: [VariableDeclaration] = []
        repeat {
            let name = try expectVariable()
            if isAt("AS") { reader.take() }
            if isAt("TABLE") || isAt("CURSOR") {
                throw TransactSQLError(
                    .unsupportedOption,
                    "a variable of type \(reader.current.text.foldingCase) is not supported",
                    at: reader.current.position, hint: "Use CREATE TEMP TABLE.")
            }
            let type = try parseType()
            var value: Expression?
            if accept(symbol: "=") {
                hideTokens()
                value = try parseExpression()
            }
            declarations.append(VariableDeclaration(name: name, type: type, value: value))
        } while accept(symbol: ",")
        return declarations
    }

    mutating func expectVariable() throws(TransactSQLError) -> Identifier {
        let token = reader.current
        guard token.kind == .variable, !token.text.beginsWith("@@") else {
            throw unexpected("a variable, as @name")
        }
        reader.take()
        return Identifier(token.text, at: token.position)
    }

    private mutating func parseSet() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        guard reader.current.kind == .variable else { return try parseSetOption() }
        let name = try expectVariable()
        try expect(symbol: "=")
        hideTokens()
        return .set(name, try parseExpression())
    }

    /// Session settings that scripts start with, and the values that have no effect here.
    private static let sessionSettings: [String: [Bool]] = [
        "NOCOUNT": [true, false], "ANSI_NULLS": [true], "ANSI_PADDING": [true],
        "ANSI_WARNINGS": [true], "QUOTED_IDENTIFIER": [true], "CONCAT_NULL_YIELDS_NULL": [true],
        "ARITHABORT": [true], "NUMERIC_ROUNDABORT": [false], "IMPLICIT_TRANSACTIONS": [false],
    ]

    private mutating func parseSetOption() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        let option = try expectName("a variable or a setting")
        let name = option.name.uppercasedASCII
        guard let values = Self.sessionSettings[name] else {
            throw TransactSQLError(
                .unknownName, "the setting \"\(option.name)\" is not supported",
                at: option.position, hint: "Leave the statement out, or use a PRAGMA of SQLite's.")
        }
        let isOn = try expectSwitch()
        guard values.contains(isOn) else {
            throw TransactSQLError(
                .unsupportedOption, "SET \(name) \(isOn ? "ON" : "OFF") is not supported",
                at: option.position, hint: "Leave the statement out; the setting does not change.")
        }
        return .setOption(name)
    }
}

// MARK: - Database and table

extension Parser {
    private mutating func parseAlterDatabase() throws(TransactSQLError) -> TransactSQLStatement.Kind
    {
        let name: DatabaseName
        if accept("CURRENT") {
            name = .current
        } else {
            name = .named(try expectName("a database"))
        }
        try expect("SET")
        guard accept("REMOTE_DATA_ARCHIVE") else {
            let word = reader.current.kind == .word ? reader.current.text.uppercasedASCII : ""
            if let refusal = Refusal.databaseSettings.first(where: { $0.words == word }) {
                throw refusal.error(at: reader.current.position)
            }
            throw unexpected("REMOTE_DATA_ARCHIVE")
        }
        try expect(symbol: "=")
        if accept("OFF") { return .alterDatabase(name, .off) }
        guard accept("ON") else { throw unexpected("ON or OFF") }
        return .alterDatabase(name, try parseDatabaseOptions())
    }

    private mutating func parseDatabaseOptions() throws(TransactSQLError) -> DatabaseArchiveOption {
        let position = reader.current.position
        try expect(symbol: "(")
        var server: String?
        var credential: Identifier?
        var isFederated: Bool?
        repeat {
            let option = reader.current.position
            if accept("SERVER") {
                try expect(symbol: "=")
                try checkOnce(server, "SERVER", at: option)
                server = try expectString("the server's address")
            } else if accept("CREDENTIAL") {
                try expect(symbol: "=")
                try checkOnce(credential, "CREDENTIAL", at: option)
                credential = try expectName("a credential, as a name without quotes")
            } else if accept("FEDERATED_SERVICE_ACCOUNT") {
                try expect(symbol: "=")
                try checkOnce(isFederated, "FEDERATED_SERVICE_ACCOUNT", at: option)
                isFederated = try expectSwitch()
            } else {
                throw unexpected("SERVER, CREDENTIAL or FEDERATED_SERVICE_ACCOUNT")
            }
        } while accept(symbol: ",")
        try expect(symbol: ")")
        guard let server else {
            throw missing("SERVER = '…'", at: position)
        }
        switch (credential, isFederated ?? false) {
        case (let credential?, false): return .on(server: server, .credential(credential))
        case (nil, true): return .on(server: server, .federatedServiceAccount)
        case (nil, false): throw missing("CREDENTIAL = name", at: position)
        case (.some, true):
            throw TransactSQLError(
                .syntax, "CREDENTIAL and FEDERATED_SERVICE_ACCOUNT = ON exclude each other",
                at: position, hint: "Keep one of the two.")
        }
    }

    private func missing(_ option: String, at position: SourcePosition) -> TransactSQLError {
        TransactSQLError(
            .syntax, "the option \(option) is missing", at: position,
            hint: "Write SET REMOTE_DATA_ARCHIVE = ON (SERVER = '…', CREDENTIAL = name).")
    }

    func checkOnce(
        _ value: (some Any)?, _ option: String, at position: SourcePosition
    ) throws(TransactSQLError) {
        guard value != nil else { return }
        throw TransactSQLError(
            .duplicateArchiveOption, "the option \(option) is given twice", at: position,
            hint: "Keep one of the two.")
    }

    private mutating func parseAlterTable() throws(TransactSQLError) -> TransactSQLStatement.Kind {
        let name = try expectObjectName("a table")
        try expect("SET")
        try expect(symbol: "(")
        try expect("REMOTE_DATA_ARCHIVE")
        let option = try parseTableOption()
        try expect(symbol: ")")
        return .alterTable(name, option)
    }
}
