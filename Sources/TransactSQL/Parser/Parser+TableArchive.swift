extension Parser {
    /// Parses the rest of `REMOTE_DATA_ARCHIVE` of a table.
    mutating func parseTableOption() throws(TransactSQLError) -> TableArchiveOption {
        guard accept(symbol: "=") else {
            let options = try parseTableOptions()
            return .change(filter: options.filter, options.state)
        }
        if accept("OFF_WITHOUT_DATA_RECOVERY") {
            try parsePausedOnly()
            return .offWithoutDataRecovery
        }
        if accept("OFF") {
            if reader.current.text == "(" { try parsePausedOnly() }
            return .off
        }
        guard accept("ON") else { throw unexpected("ON, OFF or OFF_WITHOUT_DATA_RECOVERY") }
        guard reader.current.text == "(" else { return .on(filter: nil, .outbound) }
        let position = reader.current.position
        let options = try parseTableOptions()
        guard options.state != .inbound else {
            throw TransactSQLError(
                .syntax, "a table that becomes stretch-enabled has no rows to bring back",
                at: position, expected: "MIGRATION_STATE = OUTBOUND or PAUSED",
                hint: "Leave \"= ON\" out when the table is stretch-enabled already.")
        }
        return .on(filter: options.filter, options.state)
    }

    private mutating func parsePausedOnly() throws(TransactSQLError) {
        try expect(symbol: "(")
        try expect("MIGRATION_STATE")
        try expect(symbol: "=")
        try expect("PAUSED")
        try expect(symbol: ")")
    }

    private mutating func parseTableOptions() throws(TransactSQLError) -> (
        filter: TableFilter?, state: TableMigrationState
    ) {
        let position = reader.current.position
        try expect(symbol: "(")
        var filter: TableFilter?
        var state: TableMigrationState?
        repeat {
            let option = reader.current.position
            if accept("FILTER_PREDICATE") {
                try expect(symbol: "=")
                try checkOnce(filter, "FILTER_PREDICATE", at: option)
                filter = try parseFilter()
            } else if accept("MIGRATION_STATE") {
                try expect(symbol: "=")
                try checkOnce(state, "MIGRATION_STATE", at: option)
                state = try expect(oneOf: TableMigrationState.self)
            } else {
                throw unexpected("FILTER_PREDICATE or MIGRATION_STATE")
            }
        } while accept(symbol: ",")
        try expect(symbol: ")")
        guard let state else {
            throw TransactSQLError(
                .syntax, "the option MIGRATION_STATE is missing", at: position,
                hint: "Add MIGRATION_STATE = OUTBOUND, or PAUSED to move rows later.")
        }
        guard filter == nil || state != .inbound else {
            throw TransactSQLError(
                .filterWithInbound, "a filter predicate cannot change while rows are brought back",
                at: position, hint: "Leave FILTER_PREDICATE out of MIGRATION_STATE = INBOUND.")
        }
        return (filter, state)
    }

    private mutating func parseFilter() throws(TransactSQLError) -> TableFilter {
        if accept("NULL") { return .everyRow }
        let token = reader.current
        if token.kind == .string {
            guard token.text.utf8.contains(where: { !$0.isSpace }) else {
                throw TransactSQLError(
                    .invalidFilter, "the filter predicate is empty", at: token.position,
                    hint: "Write a condition over the table's columns, or NULL for every row.")
            }
            reader.take()
            return .condition(token.text)
        }
        guard token.kind == .word || token.kind == .quotedName else {
            throw unexpected("NULL, or the condition in quotes")
        }
        let function = try expectObjectName("a condition")
        throw TransactSQLError(
            .invalidFilter, "a filter predicate is not a function: \"\(function)\"",
            at: function.position, expected: "the condition in quotes",
            hint: "Write the condition after WHERE in the function, with the columns themselves: "
                + "FILTER_PREDICATE = N'placed < ''2025-01-01'''.")
    }
}
