package import StretchCatalog
package import StretchCore
package import StretchEndpoint
internal import StretchSQLite
internal import StretchTimeline

/// What a collection would do now, without a change of the file or the remote.
///
/// A collection first completes the file's step in flight, or else confirms its retirements, as
/// each run of the migrator does. Nothing else in a run changes what is garbage.
package struct GarbagePreview {
    private let endpoint: any Endpoint
    private var preview = GarbageRequest.Preview()
    private var visible: Set<Int64>
    /// The number of batches that would be rewritten without their hidden rows.
    package private(set) var rewrittenCount: Int64 = 0
    /// The number of hidden rows that would be left in the file's batches.
    package private(set) var hiddenRowCount: Int64

    /// - Parameter erasesHiddenRows: Whether the collection rewrites batches with hidden rows.
    package init(
        of catalog: Catalog, at endpoint: any Endpoint, erasesHiddenRows: Bool = false
    ) throws {
        self.endpoint = endpoint
        let (position, pending, named, tables) = try catalog.connection.transaction(.deferred) {
            (
                try catalog.position(), try catalog.pending(), try catalog.namedBatches(),
                try catalog.tables().map { ($0, try catalog.batches(table: $0.id)) }
            )
        }
        visible = Set(named.map(\.id))
        hiddenRowCount = named.reduce(0) { $0 + $1.hiddenRowCount }
        guard let position else { return }
        preview.confirmed = position
        var leaving: Set<Int64> = []
        if let pending, pending.base == position {
            switch pending.kind {
            case .outbound:
                // What the remote does not have is dropped.
                let isSent = try endpoint.ledgerEntry(batch: pending.batch) != nil
                if isSent { preview.confirmed = nil }
            case .retirement:
                preview.confirmed = nil
                leaving.insert(pending.batch)
            }
        }
        if erasesHiddenRows {
            let hidden = Set(named.filter { $0.hiddenRowCount > 0 }.map(\.id))
            let rewritten = tables.filter { $0.0.state == .outbound }.flatMap(\.1)
                .map(\.visible.id).filter { hidden.contains($0) && !leaving.contains($0) }
            rewrittenCount = Int64(rewritten.count)
            leaving.formUnion(rewritten)
        }
        visible.subtract(leaving)
        hiddenRowCount -= named.filter { leaving.contains($0.id) }.reduce(0) {
            $0 + $1.hiddenRowCount
        }
        let next = TimelinePosition(
            branch: position.branch, epoch: position.epoch + 1, token: position.token)
        preview.retired = leaving.sorted().map { .init(batch: $0, position: next) }
    }

    /// Returns the garbage that the collection would find.
    ///
    /// - Throws: What the collection would throw, such as `remoteMismatch` for a remote that
    ///   treats a batch of the file as garbage.
    package func report(
        database: Int64, minimumAge: Duration? = nil
    ) throws(StretchError) -> GarbageReport {
        var request = GarbageRequest(
            database: database, minimumAge: minimumAge, visibleBatches: visible, isDryRun: true)
        request.preview = preview
        return try endpoint.collecting().collectGarbage(request)
    }
}
