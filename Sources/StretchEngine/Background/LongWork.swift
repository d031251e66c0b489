internal import Dispatch
internal import StretchCore
internal import Synchronization

/// Work that runs on its own thread, with its progress and final report.
///
/// The work starts immediately, and continues even if this object is released.
///
/// ```swift
/// let migration = database.background.migrate()
/// for await progress in migration.progress { print(progress.rowCount) }
/// let report = try await migration.report
/// ```
public struct LongWork<Progress: Sendable, Report: Sendable>: Sendable {
    /// The progress of the work, until it ends.
    ///
    /// The stream has one reader. A slow reader misses values, but never the newest.
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
                // A thread of Swift's cooperative pool must not wait for a remote.
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

    /// The report of the work, available when it ends.
    ///
    /// Cancelling the waiting task cancels the work: see ``cancel()``.
    ///
    /// - Throws: The errors of the corresponding synchronous call.
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

    /// Requests that the work stop; completed steps remain in effect.
    ///
    /// A migration stops after the current batch, and its report states this. Other work ends with
    /// `cancelled`; a backup or a restore then leaves no file.
    public func cancel() { isCancelled.request() }
}

/// The callbacks of running work.
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
