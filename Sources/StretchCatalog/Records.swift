package import StretchCore
package import StretchEndpoint
package import StretchSQLite

/// The local file's row about itself.
package struct DatabaseRecord: Hashable, Sendable {
    /// The database's id: a random, positive number.
    package let database: Int64
    /// What the file shows: which remote state it names.
    package var position: TimelinePosition
    /// The address of the endpoint, as given at enable: `file:archive.db`.
    package let endpoint: String
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

/// What the migrator does with a table.
public enum MigrationState: String, Sendable, CaseIterable {
    /// Eligible rows move to the remote.
    case outbound
    /// Cold rows move back.
    case inbound
    /// Nothing moves.
    case paused
}

/// Where the rows of a migration go.
public enum MigrationDirection: String, Sendable, CaseIterable {
    /// To the remote.
    case outbound
    /// Back to the local table.
    case inbound
}

/// A column of a stretch-enabled table, with its id for ever.
package struct CatalogColumn: Hashable, Sendable {
    package let id: Int64
    package var name: String
    package var declaredType: String
    package var affinity: Affinity
    /// What rows of batches older than the column hold.
    package var defaultValue: Value
    /// The schema version that brought the column.
    package var added: Int64
    /// The schema version that dropped it, or `nil`.
    package var dropped: Int64?
}

/// A stretch-enabled table, as the catalog has it.
package struct StretchedTable: Hashable, Sendable {
    package let id: Int64
    package var name: String
    package let relation: Int64
    /// The text of the filter predicate.
    package var filter: String
    /// The table whose rows take their children with them, or `nil`.
    package var follows: String?
    package var state: MigrationState
    /// The number of changes of the table's columns that Stretch has seen.
    package var schemaVersion: Int64
    /// All columns, dropped ones too; those that are there, in the table's order.
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

    /// The columns that the table has now, in its order.
    package var currentColumns: [CatalogColumn] { columns.filter { $0.dropped == nil } }

    /// The ids of the columns that batches of a schema version have, in their order.
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
    /// How many rows a page of some bytes holds, at least one, when rows have a batch's mean size.
    package static func rowCount(
        ofPage pageByteCount: Int64, batchRowCount: Int64, batchByteCount: Int64
    ) -> Int64 {
        max(pageByteCount / max(batchByteCount / max(batchRowCount, 1), 1), 1)
    }
}
