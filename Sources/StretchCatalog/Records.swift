package import StretchCore
package import StretchEndpoint
package import StretchSQLite

/// The record of the database in the local file.
package struct DatabaseRecord: Hashable, Sendable {
    /// The database's id: a random, positive number.
    package let database: Int64
    /// The state of the remote that the file names.
    package var position: TimelinePosition
    /// The address of the endpoint, as given at enable: `file:archive.db`.
    package var endpoint: String
    package var queryMode: QueryMode

    package init(
        database: Int64, position: TimelinePosition, endpoint: String, queryMode: QueryMode
    ) {
        self.database = database
        self.position = position
        self.endpoint = endpoint
        self.queryMode = queryMode
    }
}

/// The migration state of a table.
public enum MigrationState: String, Sendable, CaseIterable {
    /// Eligible rows are migrated to the remote.
    case outbound
    /// Cold rows are brought back.
    case inbound
    /// No row is migrated; ``outbound`` follows.
    case paused
    /// No row is brought back; ``inbound`` follows.
    case pausedInbound

    /// Whether the table waits until it is resumed.
    public var isPaused: Bool { self == .paused || self == .pausedInbound }

    /// The direction in which rows are moved, or will be once the table is resumed.
    public var direction: MigrationDirection {
        self == .inbound || self == .pausedInbound ? .inbound : .outbound
    }

    /// The state in which a direction is paused or not.
    package init(_ direction: MigrationDirection, isPaused: Bool) {
        switch direction {
        case .outbound: self = isPaused ? .paused : .outbound
        case .inbound: self = isPaused ? .pausedInbound : .inbound
        }
    }
}

/// The direction of a migration.
public enum MigrationDirection: String, Sendable, CaseIterable {
    /// To the remote.
    case outbound
    /// Back to the local table.
    case inbound
}

/// A column of a stretch-enabled table, with its permanent id.
package struct CatalogColumn: Hashable, Sendable {
    package let id: Int64
    /// Whether batches store the row's rowid in the column, which the table has no column for.
    package var isRowid = false
    package var name: String
    package var declaredType: String
    package var affinity: Affinity
    /// The value of the column in rows of batches older than the column.
    package var defaultValue: Value
    /// The schema version that added the column.
    package var added: Int64
    /// The schema version that dropped it, or `nil`.
    package var dropped: Int64?
}

/// A column by which rows of a table follow rows of another, by the columns' permanent ids.
package struct FollowTerm: Hashable, Sendable {
    package let child: Int64
    package let parent: Int64

    package init(child: Int64, parent: Int64) {
        self.child = child
        self.parent = parent
    }
}

/// A stretch-enabled table in the catalog.
package struct StretchedTable: Hashable, Sendable {
    package let id: Int64
    package var name: String
    package let relation: Int64
    /// The text of the filter predicate.
    package var filter: String
    /// The parent table that this table follows, or `nil`.
    package var follows: String?
    /// The columns by which it follows its parent; empty if they are those of a foreign key.
    package var followTerms: [FollowTerm] = []
    package var state: MigrationState
    /// The number of changes of the table's columns that Stretch has seen.
    package var schemaVersion: Int64
    /// All columns, including dropped ones; current columns are in table order, and the column of
    /// the rowid is behind all others.
    package var columns: [CatalogColumn]

    package init(
        id: Int64, name: String, relation: Int64, filter: String, follows: String? = nil,
        state: MigrationState, schemaVersion: Int64, columns: [CatalogColumn]
    ) {
        self.id = id
        self.name = name
        self.relation = relation
        self.filter = filter
        self.follows = follows
        self.state = state
        self.schemaVersion = schemaVersion
        self.columns = columns
    }

    /// The current columns, in table order.
    package var currentColumns: [CatalogColumn] {
        columns.filter { $0.dropped == nil && !$0.isRowid }
    }

    /// The column of new batches that stores the rowids of rows; `nil` for a table whose rowid is a
    /// column, or without rowids.
    package var rowidColumn: CatalogColumn? { columns.first { $0.dropped == nil && $0.isRowid } }

    /// The columns of new batches, in order.
    package var storedColumns: [CatalogColumn] {
        currentColumns + [rowidColumn].compactMap(\.self)
    }

    /// Returns the ids of the columns of batches with a schema version, in order.
    package func columnIDs(schemaVersion: Int64) -> [Int64] {
        columns.filter { column in
            column.added <= schemaVersion && column.dropped.map { schemaVersion < $0 } ?? true
        }.map(\.id)
    }
}

/// A batch of the manifest.
package struct ManifestBatch: Hashable, Sendable {
    package let visible: VisibleBatch
    package let table: Int64
    package let epoch: Int64
    package let schemaVersion: Int64
    package let byteCount: Int64
    package let zones: ZoneMap
    package let digest: [UInt8]

    package init(
        visible: VisibleBatch, table: Int64, epoch: Int64, schemaVersion: Int64, byteCount: Int64,
        zones: ZoneMap, digest: [UInt8]
    ) {
        self.visible = visible
        self.table = table
        self.epoch = epoch
        self.schemaVersion = schemaVersion
        self.byteCount = byteCount
        self.zones = zones
        self.digest = digest
    }
}

extension RowBuffer {
    /// Returns the number of rows, at least one, in a page of a given size, from a batch's mean row
    /// size.
    package static func rowCount(
        ofPage pageByteCount: Int64, batchRowCount: Int64, batchByteCount: Int64
    ) -> Int64 {
        max(pageByteCount / max(batchByteCount / max(batchRowCount, 1), 1), 1)
    }
}
