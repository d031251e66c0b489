public import StretchCore
public import StretchSQLite

/// Where a cold row is: a batch of the manifest, and the row's place in it.
public struct ColdLocation: Hashable, Sendable {
    /// The most rows that a batch can have.
    public static let maximumRowCount = 1 << 30

    /// The batch's local number, from 1 to 2³¹ − 1: ``VisibleBatch/number``.
    public let batchNumber: Int64
    /// The row's place in its batch, from 0.
    public let ordinal: Int64

    /// Makes a location.
    public init(batchNumber: Int64, ordinal: Int64) {
        self.batchNumber = batchNumber
        self.ordinal = ordinal
    }

    /// The location as one number: the batch's number times 2³⁰, plus the ordinal.
    public var packed: Int64 { batchNumber << 30 | ordinal }

    /// The location that `packed` gave.
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
    /// The number of rows that were moved.
    public let rowCount: Int64

    /// Makes a batch.
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
        /// A text that begins so, or a number or blob of any value; never true for NULL.
        ///
        /// Letters of ASCII have no case under NOCASE; other collations are as good as BINARY.
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

    /// Makes a constraint.
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

/// What a reader asks of the remote.
public struct ColdScanRequest: Sendable {
    /// The relation's id.
    public var relation: Int64
    /// What the reader's file names; the remote must hold exactly this, else the scan throws.
    public var position: TimelinePosition
    /// The batches whose rows are wanted; rows of other batches must not be returned.
    public var batches: [VisibleBatch]
    /// The ids of the columns that are wanted, in the order wanted.
    public var columns: [Int64]
    /// Conditions that wanted rows meet, all of them.
    public var constraints: [ColdConstraint]
    /// Whether the reader knows that every row of the batches meets the constraints.
    public var selectsAll = false
    /// Values that the reader knows to be in columns which constraints or the order name.
    ///
    /// A remote that would leave such values out because it says that there are none is `damaged`.
    public var knownValues: [Int64: [Value]] = [:]
    /// The order of the rows, which must be exact; empty for any.
    public var order: [OrderTerm]
    /// The most rows that are wanted, or `nil` for all; given only when the constraints are exact.
    ///
    /// An endpoint that returns more rows than the constraints select must not stop there: the
    /// first rows that they do select must come, as many as are wanted.
    public var limit: Int?
    /// Whether of rows that are identical in all columns, storage class by storage class, only one
    /// need come.
    ///
    /// An endpoint may send them all. ``needsIdentifiers`` is then false, and ``limit`` and
    /// ``order`` are not given.
    public var mayOmitDuplicates = false
    /// Whether the rows' identifiers matter; where they do not, they may be anything.
    public var needsIdentifiers = true
    /// Whether the rows will be hidden by their places.
    ///
    /// A place that has two rows is then `damaged`, also where only one of them was asked for.
    public var hidesRows = false
    /// About how many rows will come, or `nil` when that is open: what a remote may do to be fast
    /// with many rows is not worth it for few.
    public var expectedRowCount: Int64?

    /// Makes a request.
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

/// A running scan of cold rows; dropping it ends it.
public protocol ColdScan: AnyObject {
    /// Replaces the buffer's rows by the next rows of the scan.
    ///
    /// Each row's identifier is its ``ColdLocation/packed``, where the request needs it. A page may
    /// have fewer rows than wanted before the end, so that its size is bounded, but never none.
    ///
    /// - Parameters:
    ///   - page: A buffer with as many columns as the request has.
    ///   - maximumRowCount: The most rows wanted now; at least 1.
    /// - Returns: `false` at the end, with an empty buffer.
    /// - Throws: ``StretchError`` with code `remoteUnavailable`, or `remoteMismatch` when the
    ///   remote does not hold the request's position. The scan is then over.
    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool
}

extension ClosedRange<Int64> {
    /// Rows of one batch.
    package static var batchRows: Self { 1...Int64(ColdLocation.maximumRowCount) }
}
