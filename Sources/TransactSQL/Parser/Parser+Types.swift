internal import StretchText

extension Parser {
    /// Parses the type of a variable.
    mutating func parseType() throws(TransactSQLError) -> DataType {
        let name = try expectName("a type")
        if accept(symbol: ".") {
            // A type with a schema, such as sys.sysname.
            return try parseType(named: try expectName("a type"))
        }
        return try parseType(named: name)
    }

    private mutating func parseType(named name: Identifier) throws(TransactSQLError) -> DataType {
        switch name.name.foldingCase {
        case "bit": return .bit
        case "tinyint": return .tinyInt
        case "smallint": return .smallInt
        case "int", "integer": return .int
        case "bigint": return .bigInt
        case "decimal", "dec", "numeric": return try parseDecimal()
        case "real": return .float
        case "float":
            _ = try parseNumbers(upTo: 1)
            return .float
        case "date": return .date
        case "datetime": return .dateTime
        case "smalldatetime": return .dateTime
        case "datetime2":
            _ = try parseNumbers(upTo: 1)
            return .dateTime2
        case "uniqueidentifier": return .uniqueIdentifier
        case "sysname": return .sysname
        case "char": return .varchar(try parseLength(of: name, to: 8000, allowsMaximum: false))
        case "varchar": return .varchar(try parseLength(of: name, to: 8000))
        case "nchar": return .nvarchar(try parseLength(of: name, to: 4000, allowsMaximum: false))
        case "nvarchar": return .nvarchar(try parseLength(of: name, to: 4000))
        default:
            throw TransactSQLError(
                .unknownName, "there is no type \"\(name.name)\"", at: name.position,
                expected: "a type such as int, bit, nvarchar(128), sysname or datetime2",
                hint: "Declare the variable with one of these types.")
        }
    }

    /// Parses `(n)` or `(max)`.
    ///
    /// Without either a type has the length 1, which is rarely intended.
    private mutating func parseLength(
        of name: Identifier, to maximum: Int, allowsMaximum: Bool = true
    ) throws(TransactSQLError) -> Int? {
        guard reader.current.text == "(" else { return 1 }
        let position = reader.current.position
        try expect(symbol: "(")
        if allowsMaximum, accept("MAX") {
            try expect(symbol: ")")
            return nil
        }
        let length = try expectCount("a length")
        try expect(symbol: ")")
        guard length <= maximum else {
            throw TransactSQLError(
                .invalidLength, "the length of \(name.name) is 1 to \(maximum)", at: position,
                hint: allowsMaximum ? "Write (max) for longer texts." : "Use varchar(max).")
        }
        return length
    }

    private mutating func parseDecimal() throws(TransactSQLError) -> DataType {
        let position = reader.current.position
        let numbers = try parseNumbers(upTo: 2)
        let precision = numbers.first ?? 18
        let scale = numbers.count > 1 ? numbers[1] : 0
        guard (1...DecimalNumber.maximumPrecision).contains(precision), scale <= precision else {
            throw TransactSQLError(
                .invalidLength, "the precision of decimal is 1 to 38, its scale at most that",
                at: position, hint: "Write decimal(18, 4).")
        }
        return .decimal(precision: precision, scale: scale)
    }

    private mutating func parseNumbers(upTo count: Int) throws(TransactSQLError) -> [Int] {
        guard accept(symbol: "(") else { return [] }
        var numbers: [Int] = []
        repeat {
            guard reader.current.kind == .integer, let number = Int(reader.current.text) else {
                throw unexpected("a number")
            }
            numbers.append(number)
            reader.take()
        } while numbers.count < count && accept(symbol: ",")
        try expect(symbol: ")")
        return numbers
    }
}
