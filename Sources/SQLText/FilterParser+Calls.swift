internal import StretchCore
internal import StretchText

extension FilterParser {
    /// Parses a function call, after the opening parenthesis.
    mutating func parseCall(_ function: SQLToken) throws(StretchError) {
        let name = SQLName(function.identifierName ?? "")
        try checkFunction(function, name)
        if let timeValueIndexes = Self.dateFunctions[name] {
            try parseDateArguments(timeValueIndexes)
        } else {
            let count = try parseList()
            if name == "min" || name == "max", count < 2 {
                throw refusal(
                    function, "with one argument is an aggregate", Self.rowHint)
            }
        }
        if let token = reader.peek, token.isKeyword(in: ["OVER", "FILTER"]) {
            throw refusal(token, "makes the call a window function", Self.rowHint)
        }
    }

    private func checkFunction(_ function: SQLToken, _ name: SQLName) throws(StretchError) {
        guard !Self.functions.contains(name), Self.dateFunctions[name] == nil else { return }
        if name == "raise" {
            throw refusal(function, "belongs into a trigger", Self.conditionHint)
        }
        if Self.changingFunctions.contains(name) {
            throw refusal(
                function, "is not deterministic", "Use a function of the row's own columns only.")
        }
        if Self.aggregates.contains(name) {
            throw refusal(function, "is an aggregate", Self.rowHint)
        }
        throw refusal(
            function, "is not a deterministic built-in function of SQLite",
            Self.foreignTimes.contains(name)
                ? Self.timeHint
                : "Use SQLite's own scalar functions; other programs that open the file lack "
                    + "yours.")
    }

    // MARK: The current time

    /// Parses the arguments of a date function, after the opening parenthesis.
    ///
    /// A missing time value means the current time: <https://sqlite.org/lang_datefunc.html>.
    private mutating func parseDateArguments(_ timeValues: Range<Int>) throws(StretchError) {
        dateCallDepth += 1
        defer { dateCallDepth -= 1 }
        var count = 0
        if !(reader.peek?.isSymbol(")") ?? false) {
            repeat {
                try parseDateArgument(isTimeValue: timeValues.contains(count))
                count += 1
            } while reader.accept(symbol: ",")
        }
        // Only the functions with one time value allow it to be omitted.
        if timeValues.count == 1, count == timeValues.lowerBound {
            slots.append(.impliedNow(at: reader.lastEnd, isFirstArgument: count == 0))
        }
        try expect(symbol: ")")
    }

    private mutating func parseDateArgument(isTimeValue: Bool) throws(StretchError) {
        guard let token = reader.peek, token.kind == .string || token.kind == .blob else {
            return try parseExpression()
        }
        var following = reader
        following.next()
        let isWhole = following.peek.map { $0.isSymbol(",") || $0.isSymbol(")") } ?? true
        if isWhole, isTimeValue {
            if token.isName("now") {
                slots.append(.now(token.range))
                reader = following
                return
            }
            if token.kind == .blob || token.isName("subsec") || token.isName("subsecond") {
                throw refusal(
                    token, "is not a time value with one meaning", "Write 'now', or a column.")
            }
        } else if isWhole, token.isName("subsec") || token.isName("subsecond") {
            reader = following
            return
        }
        try parseExpression()
    }

    /// Refuses text literals with a special meaning for date functions.
    func checkString(_ token: SQLToken) throws(StretchError) {
        guard dateCallDepth > 0 else { return }
        if token.isName("localtime") || token.isName("utc") {
            throw refusal(
                token, "depends on the time zone of the machine",
                "Store times in UTC, and leave the modifier out.")
        }
        if token.isName("now") || token.isName("subsec") || token.isName("subsecond") {
            throw refusal(
                token, "is hidden in an argument of a date function",
                "Write 'now' as the function's own time value.")
        }
    }
}

// MARK: - What is known of functions and keywords

extension FilterParser {
    /// The date functions, and which of their arguments are time values.
    static let dateFunctions: [SQLName: Range<Int>] = [
        "date": 0..<1, "time": 0..<1, "datetime": 0..<1, "julianday": 0..<1, "unixepoch": 0..<1,
        "strftime": 1..<2, "timediff": 0..<2,
    ]

    /// SQLite's other deterministic scalar functions: <https://sqlite.org/lang_corefunc.html>,
    /// <https://sqlite.org/lang_mathfunc.html>, <https://sqlite.org/json1.html>.
    static let functions: Set<SQLName> = [
        "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "ifnull", "iif",
        "instr", "length", "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif",
        "octet_length", "printf", "quote", "replace", "round", "rtrim", "sign", "substr",
        "substring", "trim", "typeof", "unhex", "unicode", "unlikely", "upper", "zeroblob",
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos",
        "cosh", "degrees", "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow",
        "power", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
        "json", "json_array", "json_array_length", "json_error_position", "json_extract",
        "json_insert", "json_object", "json_patch", "json_quote", "json_remove", "json_replace",
        "json_set", "json_type", "json_valid", "jsonb", "jsonb_array", "jsonb_extract",
        "jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
    ]

    /// Words with which other databases write times.
    static let foreignTimes: Set<SQLName> = [
        "now", "getdate", "getutcdate", "sysdate", "sysdatetime", "current_timestamp", "curdate",
        "dateadd", "datediff", "date_sub", "date_add", "date_trunc", "date_part", "to_date",
        "interval", "extract", "timestamp",
    ]

    static var timeHint: StretchError.Hint {
        "SQLite writes times as texts, and has no intervals. Ninety days ago is "
            + "date('now', '-90 days')."
    }

    /// Functions whose result depends on more than the row.
    static let changingFunctions: Set<SQLName> = [
        "changes", "last_insert_rowid", "load_extension", "random", "randomblob",
        "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_log", "sqlite_offset",
        "sqlite_source_id", "sqlite_version", "total_changes",
    ]

    /// Functions of many rows.
    static let aggregates: Set<SQLName> = [
        "avg", "count", "cume_dist", "dense_rank", "first_value", "group_concat",
        "json_group_array", "json_group_object", "lag", "last_value", "lead", "median", "nth_value",
        "ntile", "percent_rank", "percentile", "rank", "row_number", "string_agg", "sum", "total",
    ]

    /// The keywords that SQLite never accepts as an unquoted name: all tokens of `parse.y` outside
    /// its fallback list to ID.
    static let reservedWords: Set<SQLName> = [
        "add", "all", "alter", "and", "as", "autoincrement", "between", "check", "collate",
        "commit", "constraint", "create", "default", "deferrable", "delete", "distinct", "drop",
        "else", "escape", "foreign", "from", "group", "having", "in", "index", "insert", "into",
        "is", "isnull", "join", "limit", "not", "nothing", "notnull", "on", "or", "order",
        "primary", "references", "returning", "set", "table", "then", "to", "transaction",
        "union", "except", "intersect", "unique", "update", "using", "when", "where",
    ]
}
