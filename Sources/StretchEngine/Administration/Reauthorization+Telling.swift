internal import Foundation
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchStaging
internal import StretchText
internal import StretchTimeline

/// The results of a reauthorization: a report or an error.
extension Reauthorization {
    func report(
        _ action: ReauthorizeReport.Action, _ position: TimelinePosition, parent: Int64? = nil,
        _ comparison: ManifestComparison = ManifestComparison(), advice: [String] = []
    ) throws -> ReauthorizeReport {
        let (batchCount, rowCount) = try catalog.manifestCounts()
        let endpoint = try? configuration.endpoint(
            at: address, localPath: database.path, as: .administrator)
        let ignored = endpoint?.ignoredLoginWarning(given?.login)
        let sources = Dictionary(
            comparison.resent.map { ($0, .earlierRun) }
                + comparison.resending.map { ($0.batch, ReauthorizeReport.Source($0.source)) },
            uniquingKeysWith: { first, _ in first })
        return ReauthorizeReport(
            action: action, server: address.description, branch: position.branch,
            parent: parent, epoch: position.epoch,
            batches: batchCount - Int64(comparison.lost.count + comparison.forgotten.count),
            rows: rowCount - comparison.lost.reduce(0) { $0 + $1.visibleRowCount },
            resent: sources.isEmpty ? [] : try resendings(from: sources),
            lost: try comparison.lost.map(loss), advice: advice + (ignored.map { [$0] } ?? []))
    }

    private func resendings(
        from sources: [Int64: ReauthorizeReport.Source]
    ) throws -> [ReauthorizeReport.Resending] {
        try named.get().compactMap { batch in
            try sources[batch.id].map { source in
                ReauthorizeReport.Resending(
                    batch: batch.id, table: try manifest.get()[batch.id]?.table.name ?? "",
                    rows: batch.visibleRowCount, source: source)
            }
        }
    }

    private func loss(_ batch: NamedBatch) throws -> ReauthorizeReport.Loss {
        let found = try manifest.get()[batch.id]
        return ReauthorizeReport.Loss(
            batch: batch.id, table: found?.table.name ?? "",
            rows: batch.visibleRowCount,
            keyRange: try found.flatMap { try catalog.keyRange(of: $0.batch, in: $0.table) })
    }

    /// Returns the error of a remote that cannot be opened, with its address if a file of the same
    /// database has it beside itself.
    ///
    /// A relative address is of the folder that the file was in when it was enabled.
    func located(_ error: StretchError) -> StretchError {
        guard options.server == nil, error.code == .remoteUnavailable,
            case .file(let path) = address.kind, !path.beginsWith("/")
        else { return error }
        let places = attachments.map { address.filePath(besides: $0.path) }
        guard let place = places.first(where: FileManager.default.fileExists) else { return error }
        return StretchError(
            error.code, error.message,
            hint: "The address is relative to the file's folder, and the file's former folder has "
                + "a file of that name: \(advice: .moveRemote(server: "file:\(place)")).",
            cause: error.cause)
    }

    /// - Parameter endpoint: The remote, if it holds the file's position; missing batches were then
    ///   deleted by garbage collection.
    func error(
        _ refusal: ReauthorizePlan.Refusal, _ endpoint: (any Endpoint)?
    ) throws -> StretchError {
        func mismatch(_ message: String, _ hint: StretchError.Hint) -> StretchError {
            StretchError(.remoteMismatch, message, hint: hint)
        }
        let branch = record.position.branch
        switch refusal {
        case .unrelated:
            return mismatch(
                "server \"\(address)\" has nothing in common with this file",
                "Name the server that has its cold rows, or put that remote back from a backup.")
        case .movedOn(let head):
            return mismatch(
                "branch \(branch) has moved on to epoch \(head.epoch), beyond this file's "
                    + "\(record.position.epoch)",
                "Reauthorize with a copy: the file then gets its own branch.")
        case .rolledBack:
            return mismatch(
                "the remote does not hold epoch \(record.position.epoch) of this file",
                "It was rolled back: reauthorize with a copy, which lists what is missing.")
        case .dropped:
            return mismatch(
                "branch \(branch) was dropped", "Reauthorize with a copy, or undo the drop.")
        case .owned(let name):
            return mismatch(
                "branch \(branch) belongs to \(name)",
                "Reauthorize with a copy; or, when that file is gone: "
                    + "\(advice: .takeOver(owner: name)).")
        case .copied:
            let path = attachment(of: branch)?.path ?? ""
            return StretchError(
                .wrongState,
                "file \"\(link.path)\" is a copy, and the original \"\(path)\" is still there",
                hint:
                    "Reauthorize with a copy: \(advice: .reauthorize). To continue the original's "
                    + "branch, remove the original first.")
        case .inUse(let name):
            return mismatch(
                "branch \(branch) belongs to \(name), who works with this very file and would lose "
                    + "it",
                "That user runs: \(advice: .grantWriter). Then here: \(advice: .attachGrant). If "
                    + "nobody uses that keystore any more: \(advice: .takeOver(owner: name)).")
        case .incomplete(let comparison):
            guard comparison.lost.isEmpty else {
                return try lostError(comparison.lost, endpoint)
            }
            return mismatch(
                "branch \(branch) lacks batches of this file",
                "Reauthorize with a copy, to which they are sent again.")
        case .lost(let batches): return try lostError(batches, endpoint)
        }
    }

    private func lostError(
        _ batches: [NamedBatch], _ endpoint: (any Endpoint)?
    ) throws -> StretchError {
        let list = try batches.map(loss).prefix(20).map { loss in
            let range = loss.keyRange.map { ", keys \($0.joined(separator: " to "))" } ?? ""
            return "batch \(loss.batch) of table \"\(loss.table)\": \(loss.rows) rows\(range)"
        }
        let more = batches.count > 20 ? "; and \(batches.count - 20) more batches" : ""
        let accept: StretchError.Hint = "or accept the loss: \(advice: .acceptLoss)."
        let names = list.joined(separator: "; ") + more
        let cause = LostBatches(
            losses: try batches.map(loss), newestAvailable: try newestAvailable(but: batches))
        guard let endpoint else {
            var hint: StretchError.Hint = "Restore the remote to a later state; " + accept
            if let problem = staging.problem {
                hint += " Staging could not be searched: \(problem.message)."
            } else if try catalog.stagingSettings() == nil {
                hint += " Staging would have kept the rows: \(advice: .enableStaging)."
            } else {
                hint += " Staging no longer has the rows: a longer RPO duration keeps more."
            }
            return StretchError(
                .remoteMismatch, "the remote has lost what this file names: \(names)",
                hint: hint, cause: cause)
        }
        let since = try endpoint.collecting().collectGarbage(
            GarbageRequest(database: record.database, isDryRun: true)
        ).completeSince
        return StretchError(
            .remoteMismatch, "the remote collected what this file names as garbage: \(names)",
            hint: "Use a backup made after \(since ?? "the collection"); " + accept,
            cause: cause)
    }

    /// The newest batch of the manifest that is not lost.
    private func newestAvailable(but lost: [NamedBatch]) throws -> Int64? {
        let ids = Set(lost.map(\.id))
        return try named.get().last { !ids.contains($0.id) }?.id
    }
}

extension ReauthorizeReport.Source {
    init(_ source: ManifestComparison.Source) {
        switch source {
        case .staging: self = .staging
        case .remote: self = .remote
        }
    }
}
