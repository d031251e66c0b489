internal import Dispatch
internal import StretchCore
internal import Synchronization

/// Work that runs on a thread of its own: its progress, and its report in the end.
///
/// The work begins at once, and goes on when nobody looks at it.
///
/// ```swift
/// let migration = database.background.migrate()
/// for await progress in migration.progress { print(progress.rowCount) }
/// let report = try await migration.report
/// ```
public struct LongWork<Progress: Sendable, Report: Sendable>: Sendable {
    /// How far the work is, until the work ends.
    ///
    /// It has one reader. A slow one misses values, but never the newest.
    public let progress: AsyncStream<Progress>
    private let task: Task<Report, any Error>
    private let isCancelled: Cancellation

    init(_ body: @escaping @Sendable (WorkControl<Progress>) throws(StretchError) -> Report) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Progress.self, bufferingPolicy: .bufferingNewest(1))
        let cancellation = Cancellation()
        progress = stream
        isCancelled = cancellation
        task = Task.detached {
            defer { continuation.finish() }
            return try await withCheckedThrowingContinuation { done in
                // A thread of the pool that Swift's tasks share must not wait for a remote.
                DispatchQueue(label: "stretch.work").async {
                    done.resume(
                        with: Result { () throws in
                            try body(
                                WorkControl(
                                    shouldStop: { cancellation.isRequested },
                                    progress: { continuation.yield($0) }))
                        })
                }
            }
        }
    }

    /// What the work did, once it has ended.
    ///
    /// When the task that waits is cancelled, the work is: see ``cancel()``.
    ///
    /// - Throws: What the call that does the same work at once throws.
    public var report: Report {
        get async throws(StretchError) {
            let result = await withTaskCancellationHandler {
                await task.result
            } onCancel: {
                cancel()
            }
            switch result {
            case .success(let report): return report
            case .failure(let error as StretchError): throw error
            case .failure(let error):
                throw StretchError(.statementFailed, "\(error)", cause: error)
            }
        }
    }

    /// Asks the work to stop; everything that it did is complete.
    ///
    /// A migration stops after the current batch, and its report says so. Other work ends with
    /// `cancelled`, and has changed nothing.
    public func cancel() { isCancelled.request() }
}

/// What work asks and tells while it runs.
struct WorkControl<Progress: Sendable>: Sendable {
    let shouldStop: @Sendable () -> Bool
    let progress: @Sendable (Progress) -> Void
}

/// A request to stop, made once.
private final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isRequested: Bool { flag.load(ordering: .relaxed) }

    func request() { flag.store(true, ordering: .relaxed) }
}
