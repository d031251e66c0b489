internal import Dispatch
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchStaging

/// Stages the rows of migrated batches if an RPO duration is set.
final class MigrationStaging {
    private static let queue = DispatchQueue(label: "stretch.migrator.compress")

    private let settings: StagingSettings?
    private let path: String
    private let database: Int64
    private let configuration: Configuration
    private let catalog: Catalog
    private var file: StagingFile?
    /// The batch whose rows are durably staged.
    private var stagedBatch: Int64?
    /// A batch that is compressed while the remote processes the previous one.
    private var ahead: (batch: Int64, work: Background<[[UInt8]]>)?
    private var evictedCount = 0
    private var isEvictionTold = false

    init(path: String, configuration: Configuration, catalog: Catalog) throws {
        self.path = path
        self.configuration = configuration
        self.catalog = catalog
        settings = try catalog.stagingSettings()
        database = try catalog.database()?.database ?? 0
    }

    private func open(isCreating: Bool) throws(StretchError) -> StagingFile? {
        if let file { return file }
        file = try StagingFile.open(
            database: path, id: database, configuration, isCreating: isCreating)
        return file
    }

    /// Called when a session has found the file's position in the remote.
    ///
    /// An unusable staging file does not end the run here; ``stage(_:at:_:)`` throws later.
    func visit() {
        do throws(StretchError) {
            guard let file = try open(isCreating: false) else { return }
            let isEmpty = try file.visit(
                settings, now: Timestamp(now: configuration), isNamed: catalog.names(batch:))
            guard isEmpty, settings == nil else { return }
            self.file = nil
            try StagingFile.remove(database: path)
        } catch {
            file = nil
        }
    }

    /// Starts to compress the next batch; its rows must not change in the meantime.
    func prepare(_ moving: MovingBatch) {
        guard settings != nil, ahead?.batch != moving.batch.id else { return }
        let rows = moving.rows
        ahead = (moving.batch.id, Background(on: Self.queue) { StagedBatch.compress(rows) })
    }

    /// Stages a batch's rows durably; does nothing while staging is disabled.
    func stage(
        _ moving: MovingBatch, at position: TimelinePosition, _ context: RunContext
    ) throws(StretchError) {
        guard let settings, stagedBatch != moving.batch.id else { return }
        guard let file = try open(isCreating: true) else { return }
        let pieces = try local { () throws in
            guard let ahead, ahead.batch == moving.batch.id else {
                return StagedBatch.compress(moving.rows)
            }
            return try ahead.work.result()
        }
        ahead = nil
        context.crash(.beforeStaging)
        evictedCount += try file.stage(
            StagedBatch(
                batch: moving.batch, schemaVersion: moving.table.schemaVersion,
                position: position, byteCount: moving.rows.byteCount, pieces: pieces),
            settings, now: Timestamp(now: configuration), isNamed: catalog.names(batch:))
        stagedBatch = moving.batch.id
        context.crash(.afterStaging)
    }

    /// Discards the staged rows of a batch that was not migrated.
    ///
    /// If this fails, the rows expire later, because no manifest names them.
    func discard(batch: Int64) {
        guard stagedBatch == batch, let file else { return }
        stagedBatch = nil
        try? file.discard(batch: batch)
    }

    /// Returns an event message, once per run, about batches that left staging early.
    func takeEvictionMessage() -> String? {
        guard evictedCount > 0, !isEvictionTold, let settings else { return nil }
        isEvictionTold = true
        return "batches leave staging before the RPO duration of \(settings.rpoHours) h: its "
            + "budget of \(settings.byteBudget) bytes is too small"
    }
}
