/// A type of a variable or a parameter.
public enum DataType: Equatable, Sendable {
    /// `bit`: 0 or 1.
    case bit
    /// `tinyint`: `0...255`.
    case tinyInt
    /// `smallint`: 16 bits.
    case smallInt
    /// `int`: 32 bits.
    case int
    /// `bigint`: 64 bits.
    case bigInt
    /// `decimal(precision, scale)` or `numeric`: the total digits, and those after the point.
    case decimal(precision: Int, scale: Int)
    /// `float` or `real`.
    case float
    /// `date`.
    case date
    /// `datetime`: from the year 1753 on.
    case dateTime
    /// `datetime2`: from the year 1 on.
    case dateTime2
    /// `uniqueidentifier`.
    case uniqueIdentifier
    /// `char(n)` or `varchar(n)`: at most this many bytes of UTF-8; `nil` means `max`.
    case varchar(Int?)
    /// `nchar(n)` or `nvarchar(n)`: at most this many UTF-16 code units; `nil` means `max`.
    case nvarchar(Int?)
    /// `sysname`: a name of at most 128 UTF-16 code units.
    case sysname

    /// The maximum number of bytes of `varchar(n)`.
    static let maximumByteCount = 8000
    /// The maximum number of code units of `nvarchar(n)`.
    static let maximumUnitCount = 4000
    /// The maximum number of code units of a name.
    public static let maximumNameLength = 128

    /// Whether the type accepts text of any length.
    var isUnlimitedText: Bool { self == .varchar(nil) || self == .nvarchar(nil) }
}

extension DataType: CustomStringConvertible {
    /// The type as written in `DECLARE`.
    public var description: String {
        switch self {
        case .bit: "bit"
        case .tinyInt: "tinyint"
        case .smallInt: "smallint"
        case .int: "int"
        case .bigInt: "bigint"
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .float: "float"
        case .date: "date"
        case .dateTime: "datetime"
        case .dateTime2: "datetime2"
        case .uniqueIdentifier: "uniqueidentifier"
        case .varchar(let length): "varchar(\(length.map(String.init) ?? "max"))"
        case .nvarchar(let length): "nvarchar(\(length.map(String.init) ?? "max"))"
        case .sysname: "sysname"
        }
    }
}
