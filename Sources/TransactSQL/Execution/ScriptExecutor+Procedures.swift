internal import StretchCore
internal import StretchText

extension ScriptExecutor {
    /// Calls a procedure.
    ///
    /// Its return variable is set to 0, or to 1 if the call fails and the script continues.
    mutating func perform(_ call: ProcedureCall) throws {
        let procedure = try procedure(of: call.name)
        if let variable = call.returnVariable { _ = try variables.variable(variable) }
        do {
            let arguments = try procedure.bind(
                call.arguments.map { try argument($0) }, at: call.name.position)
            try perform(procedure.action, arguments, call)
        } catch {
            if let variable = call.returnVariable { try variables.set(variable, .integer(1)) }
            throw error
        }
        if let variable = call.returnVariable { try variables.set(variable, .integer(0)) }
    }

    private func procedure(of name: ObjectName) throws(TransactSQLError) -> Procedure {
        let isSystem = ["sys", "dbo"].contains(name.schema?.foldingCase ?? "sys")
        if isSystem, let procedure = Procedure.named(name.name) { return procedure }
        if let refusal = Refusal.procedures.first(where: { $0.words == name.name.foldingCase }) {
            throw refusal.error(at: name.position)
        }
        throw TransactSQLError(
            .unknownProcedure, "there is no procedure \"\(name)\"", at: name.position,
            hint: "The procedures are \(Procedure.all.map(\.name).joined(separator: ", ")).")
    }

    private func argument(_ argument: ProcedureCall.Argument) throws -> ArgumentValue {
        var variable: ArgumentValue.Variable?
        if case .variable(let name) = argument.value?.kind {
            let declared = try variables.variable(Identifier(name, at: argument.position))
            variable = ArgumentValue.Variable(name: declared.name, type: declared.type)
        }
        return ArgumentValue(
            name: argument.name?.name, value: try argument.value.map { try value(of: $0) },
            variable: variable, isOutput: argument.isOutput, position: argument.position)
    }

    private mutating func perform(
        _ action: Procedure.Action, _ arguments: ProcedureArguments, _ call: ProcedureCall
    ) throws {
        let position = call.name.position
        switch action {
        case .reauthorize:
            try host.reauthorize(
                credential: required("@credential", arguments),
                withCopy: arguments.isSet("@with_copy"),
                server: arguments.text("@azure_servername"),
                database: arguments.text("@azure_databasename"), notify: output.write)
        case .deauthorize: try host.deauthorize()
        case .setQueryMode:
            let mode = QueryMode(rawValue: required("@mode", arguments).uppercasedASCII)
            try host.setQueryMode(mode ?? .disabled, isForced: arguments.isSet("@force"))
        case .getRPODuration: try getRPODuration(arguments, at: position)
        case .setRPODuration: try setRPODuration(arguments, at: position)
        case .reconcileBatch: try host.reconcileBatch(table: table(arguments, at: position))
        case .reconcileColumns:
            try host.reconcileColumns(
                table: table(arguments, at: position),
                ColumnAnswers(arguments, at: position))
        case .reconcileIndexes: try host.reconcileIndexes(table: table(arguments, at: position))
        case .testConnection: try testConnection(arguments, at: position)
        case .controlMasterKeyPassword:
            try host.changeMasterKeyPassword(
                Secret(required("@password", arguments)),
                required("@action", arguments).uppercasedASCII == "ADD" ? .add : .drop,
                database: required("@db_name", arguments))
        case .spaceUsed: try spaceUsed(arguments, at: position)
        case .configure: try configure(arguments, at: position)
        case .helpDatabase: output.write(try host.databases(named: arguments.text("@dbname")))
        case .addRoleMember: try changeOwner(.add, arguments, at: position)
        case .dropRoleMember: try changeOwner(.drop, arguments, at: position)
        }
    }

    /// Returns the text of a required parameter, whose presence binding has checked.
    private func required(_ parameter: String, _ arguments: ProcedureArguments) -> String {
        guard let text = arguments.text(parameter) else {
            preconditionFailure("\(parameter) is not bound")
        }
        return text
    }

    private func changeOwner(
        _ action: RoleAction, _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws {
        guard required("@rolename", arguments).foldingCase == "db_owner" else {
            throw TransactSQLError(
                .unsupportedOption, "there is no such role", at: position,
                expected: "@rolename = N'db_owner'")
        }
        try host.changeOwner(required("@membername", arguments), action)
    }

    private mutating func getRPODuration(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws {
        guard let variable = arguments.outputs["@durationinhours"] else { return }
        let hours = try host.rpoDuration()
        try variables.set(Identifier(variable, at: position), .integer(Int64(hours)))
    }

    private func setRPODuration(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws {
        let hours = Int(arguments.integer("@duration_hrs") ?? 0)
        guard hours >= Self.minimumRPODuration else {
            throw TransactSQLError(
                .shortRPODuration, "the RPO duration is at least 8 hours", at: position,
                hint: "Write EXEC sp_rda_set_rpo_duration @duration_hrs = 8, or more.")
        }
        try host.setRPODuration(hours: hours)
    }

    /// The minimum RPO duration in hours.
    private static let minimumRPODuration = 8

    /// Returns the table of `@objname`, whose text is a name, optionally with quotes and a schema.
    private func table(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws(TransactSQLError) -> String {
        let text = required("@objname", arguments)
        var parser = Parser(
            TokenReader(Array(text.utf8), from: 0, counter: PositionCounter()), isBatchStart: false)
        guard let name = try? parser.expectObjectName("a table"), parser.reader.current.kind == .end
        else {
            throw TransactSQLError(
                .invalidArgument, "parameter @objname is not a table name", at: position,
                hint: "Write the name as '[dbo].[name]' when it holds blanks or points.")
        }
        let moved = ObjectName(
            database: name.database, schema: name.schema, name: name.name, position: position)
        return try tableName(moved)
    }
}

// MARK: - Results

extension ScriptExecutor {
    private func testConnection(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws {
        let answer = try host.testConnection(question(arguments, at: position))
        output.write(
            TransactSQLResult(
                columns: ["link_state", "link_state_desc", "error_number", "error_message"],
                rows: [
                    [
                        .integer(Int64(answer.state.rawValue)), .text(answer.state.name),
                        answer.errorNumber.map { .integer(Int64($0)) } ?? .null,
                        answer.errorMessage.map { .text($0) } ?? .null,
                    ]
                ]))
        if answer.state == .healthy {
            write(14854, "the connection to the remote works")
        } else {
            write(14855, "the connection to the remote does not work: \(answer.state.name)")
        }
    }

    private func question(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws(TransactSQLError) -> ConnectionQuestion {
        let user = arguments.text("@azure_username")
        let password = arguments.text("@azure_password")
        let credential = arguments.text("@credential_name")
        guard (user == nil) == (password == nil) else {
            throw TransactSQLError(
                .connectionLogin, "@azure_username and @azure_password go together", at: position,
                hint: "Give both, or @credential_name, or none of them.")
        }
        guard user == nil || credential == nil else {
            throw TransactSQLError(
                .connectionCredential, "@azure_username and @credential_name exclude each other",
                at: position, hint: "Give a login with its password, or a credential.")
        }
        var login: ConnectionQuestion.Login?
        if let user, let password { login = .password(login: user, Secret(password)) }
        if let credential { login = .credential(credential) }
        return ConnectionQuestion(
            database: arguments.text("@database_name"), server: arguments.text("@server_address"),
            login: login)
    }

    private func spaceUsed(_ arguments: ProcedureArguments, at position: SourcePosition) throws {
        guard !arguments.isSet("@include_total_xtp_storage") else {
            throw TransactSQLError(
                .unsupportedOption, "there is no memory-optimized storage", at: position,
                hint: "Leave @include_total_xtp_storage out.")
        }
        let mode = SpaceMode(rawValue: arguments.text("@mode")?.uppercasedASCII ?? "") ?? .all
        let isTable = arguments.text("@objname") != nil
        let usage = try host.spaceUsed(
            table: isTable ? table(arguments, at: position) : nil, mode)
        output.write(
            TransactSQLResult(
                columns: [
                    isTable ? "name" : "database_name", "rows", "reserved", "data", "index_size",
                    "unused",
                ],
                rows: [
                    [
                        .text(usage.name), usage.rows.map { .integer($0) } ?? .null,
                        kilobytes(usage.reserved), kilobytes(usage.data), kilobytes(usage.indexes),
                        kilobytes(usage.unused),
                    ]
                ]))
    }

    private func kilobytes(_ bytes: Int64) -> TransactSQLValue {
        .text("\((bytes + 1023) / 1024) KB")
    }

    private func configure(_ arguments: ProcedureArguments, at position: SourcePosition) throws {
        if let name = arguments.text("@configname"), !name.isEqualFoldingCase("remote data archive")
        {
            throw TransactSQLError(
                .unknownSetting, "there is no such setting", at: position,
                expected: "'remote data archive'")
        }
        let setting = try host.archiveSwitch()
        guard let value = arguments.integer("@configvalue") else {
            output.write(
                TransactSQLResult(
                    columns: ["name", "minimum", "maximum", "config_value", "run_value"],
                    rows: [
                        [
                            .text("remote data archive"), .integer(0), .integer(1),
                            .integer(setting.isConfigured ? 1 : 0),
                            .integer(setting.isRunning ? 1 : 0),
                        ]
                    ]))
            return
        }
        guard arguments.text("@configname") != nil, value == 0 || value == 1 else {
            throw TransactSQLError(
                .unknownSetting, "the value of the setting is 0 or 1", at: position,
                hint: "Write EXEC sp_configure 'remote data archive', '1'.")
        }
        try host.configureArchive(isAllowed: value == 1)
        write(
            15457,
            "the setting \"remote data archive\" changed from \(setting.isConfigured ? 1 : 0) to "
                + "\(value); run RECONFIGURE to put it into effect")
    }
}
