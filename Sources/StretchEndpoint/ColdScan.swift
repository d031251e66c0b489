public import StretchCore
public import StretchSQLite

/// The location of a cold row: a batch of the manifest and an ordinal within it.
public struct ColdLocation: Hashable, Sendable {
    /// The maximum number of rows in a batch.
    public static let maximumRowCount = 1 << 30

    /// The batch's local number, from 1 to 2³¹ − 1: ``VisibleBatch/number``.
    public let batchNumber: Int64
    /// The row's position in its batch, starting at 0.
    public let ordinal: Int64

    /// Creates a location.
    public init(batchNumber: Int64, ordinal: Int64) {
        self.batchNumber = batchNumber
        self.ordinal = ordinal
    }

    /// The location as one number: the batch's number times 2³⁰, plus the ordinal.
    public var packed: Int64 { batchNumber << 30 | ordinal }

    /// Creates a location from its packed form.
    public init(packed: Int64) {
        batchNumber = packed >> 30
        ordinal = packed & (1 << 30 - 1)
    }
}

/// A batch that a reader's manifest names.
public struct VisibleBatch: Hashable, Sendable {
    /// The batch's id: a random, positive number, the same in local and remote.
    public let id: Int64
    /// The batch's number in the local file; it makes up ``ColdLocation``.
    public let number: Int64
    /// The number of rows that were migrated.
    public let rowCount: Int64

    /// Creates a batch.
    public init(id: Int64, number: Int64, rowCount: Int64) {
        self.id = id
        self.number = number
        self.rowCount = rowCount
    }
}

/// A condition on one column of a cold scan.
public struct ColdConstraint: Hashable, Sendable {
    /// How a column compares to the constraint's values.
    public enum Comparison: Hashable, Sendable {
        /// Equal to the value; never true for NULL.
        case equal(Value)
        /// Equal to one of the values; never true for NULL.
        case oneOf([Value])
        /// Less than the value.
        case less(Value)
        /// Less than or equal to the value.
        case lessOrEqual(Value)
        /// Greater than the value.
        case greater(Value)
        /// Greater than or equal to the value.
        case greaterOrEqual(Value)
        /// Text with this prefix, or any number or blob; never true for NULL.
        ///
        /// ASCII letters match without regard to case under NOCASE. Other collations behave like
        /// BINARY.
        case prefix(TextPrefix)
        /// NULL.
        case isNull
        /// Not NULL.
        case isNotNull
    }

    /// The id of the column.
    public let column: Int64
    /// The comparison, by SQLite's order of storage classes, with no affinity applied.
    ///
    /// The endpoint may return more rows than the comparison selects, never fewer:
    /// <https://sqlite.org/datatype3.html#sort_order>.
    public let comparison: Comparison
    /// How text is compared.
    public let collation: Collation

    /// Creates a constraint.
    public init(column: Int64, comparison: Comparison, collation: Collation = .binary) {
        self.column = column
        self.comparison = comparison
        self.collation = collation
    }
}

extension ColdConstraint {
    /// Whether the column must be equal to a value.
    package var isEquality: Bool {
        switch comparison {
        case .equal, .oneOf: true
        default: false
        }
    }
}

/// A reader's request for cold rows.
public struct ColdScanRequest: Sendable {
    /// The relation's id.
    public var relation: Int64
    /// The position that the reader's file names.
    ///
    /// The scan throws unless the remote holds exactly this position.
    public var position: TimelinePosition
    /// The batches whose rows are wanted; rows of other batches must not be returned.
    public var batches: [VisibleBatch]
    /// The ids of the wanted columns, in the wanted order.
    public var columns: [Int64]
    /// Conditions that every wanted row meets.
    public var constraints: [ColdConstraint]
    /// Whether the reader knows that every row of the batches meets the constraints.
    public var selectsAll = false
    /// Values known to exist in columns that the constraints or the order use.
    ///
    /// A remote whose metadata excludes such a value is reported as `damaged`.
    public var knownValues: [Int64: [Value]] = [:]
    /// The order of the rows, which must be exact; empty for any.
    public var order: [OrderTerm]
    /// The maximum number of wanted rows, or `nil` for all; set only if the constraints are exact.
    ///
    /// The limit counts only rows that the constraints select. An endpoint that also returns other
    /// rows must not count them.
    public var limit: Int?
    /// Whether one of several rows that are identical in all columns and storage classes is enough.
    ///
    /// An endpoint may return all of them. ``needsIdentifiers`` is then false, and ``limit`` and
    /// ``order`` are not set.
    public var mayOmitDuplicates = false
    /// Whether the rows' identifiers are used; if not, they may have any value.
    public var needsIdentifiers = true
    /// Whether the reader will hide the rows by their locations.
    ///
    /// Two rows at one location are then reported as `damaged`, even if only one of them was
    /// requested.
    public var hidesRows = false
    /// The expected number of rows, or `nil` if unknown.
    ///
    /// A remote may skip optimizations for many rows when few are expected.
    public var expectedRowCount: Int64?

    /// Creates a request.
    public init(
        relation: Int64, position: TimelinePosition, batches: [VisibleBatch], columns: [Int64],
        constraints: [ColdConstraint] = [], order: [OrderTerm] = [], limit: Int? = nil
    ) {
        self.relation = relation
        self.position = position
        self.batches = batches
        self.columns = columns
        self.constraints = constraints
        self.order = order
        self.limit = limit
    }
}

/// A running scan of cold rows, which ends when the object is released.
public protocol ColdScan: AnyObject {
    /// Replaces the buffer's rows by the next rows of the scan.
    ///
    /// Each row's identifier is its ``ColdLocation/packed``, where the request needs it. Before the
    /// end, a page may have fewer rows than wanted, to bound its size, but at least one.
    ///
    /// - Parameters:
    ///   - page: A buffer with as many columns as the request has.
    ///   - maximumRowCount: The maximum number of rows; at least 1.
    /// - Returns: `false` at the end, with an empty buffer.
    /// - Throws: ``StretchError`` with code `remoteUnavailable`, or `remoteMismatch` when the
    ///   remote does not hold the request's position. The scan is then over.
    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool
}

extension ClosedRange<Int64> {
    /// Rows of one batch.
    package static var batchRows: Self { 1...Int64(ColdLocation.maximumRowCount) }
}
