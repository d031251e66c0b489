internal import CLibPQ
internal import Foundation
internal import StretchCore
public import StretchEndpoint
public import StretchSQLite

extension PostgresEndpoint {
    /// Starts to send the rows of a batch in a separate transaction on a second thread.
    ///
    /// The transaction locks only its rows; the branch is locked and compared at the commit. If a
    /// session or a definition is not available, the call does not wait, and the commit sends the
    /// rows itself.
    public func sendAhead(_ batch: NewBatch?, rows: RowBuffer?) {
        dropStaged()
        guard let batch, let rows, let relation = directory.relation(batch.relation),
            let writer = try? BatchWriter(batch, rows: rows, of: relation),
            let connection = try? takeStagingSession()
        else { return }
        sent = SentBatch(batch, relation: relation, writer: writer, on: connection)
    }

    /// Takes a session for a transaction that stays open during other calls.
    ///
    /// - Returns: `nil` behind a pooler: the open transaction would occupy one of its few sessions,
    ///   and if that is the only one, other calls would wait forever.
    private func takeStagingSession() throws -> PostgresConnection? {
        let (connection, _) = try pool.take()
        try connection.noteDirectness(isWanted: true)
        guard connection.isDirect == true else {
            pool.giveBack(connection)
            return nil
        }
        return connection
    }

    /// Takes the batch that was sent; a different batch is discarded.
    func takeSent(_ batch: NewBatch) -> SentBatch? {
        guard let found = sent, found.batch == batch else {
            dropStaged()
            return nil
        }
        sent = nil
        return found
    }

    private func dropStaged() {
        guard let dropped = sent else { return }
        sent = nil
        _ = dropped.wait()
        dropped.connection.rollBack()
        pool.giveBack(dropped.connection)
    }

    /// Commits a batch whose rows have already been sent.
    ///
    /// - Returns: `false` if they must be sent again; nothing is then done.
    func commit(
        _ sent: SentBatch, _ batch: NewBatch, _ rows: RowBuffer, _ base: TimelinePosition,
        _ position: TimelinePosition
    ) throws(StretchError) -> Bool {
        let connection = sent.connection
        let misfits = sent.wait()
        // The call starts now, with its own interruption.
        pool.begin(connection)
        return try attempt {
            defer {
                connection.rollBack()
                pool.giveBack(connection)
            }
            guard let misfits, try isCurrent(sent, base) else { return false }
            do {
                return try close(
                    batch, misfits, of: sent.relation, rows, base, position, on: connection)
            } catch let error as PostgresError {
                // A transaction that was aborted because of a conflict is sent again.
                guard error.isConflict else { throw error }
                return false
            }
        }
    }

    /// Locks the branch, and returns whether the state for which the rows were sent is current.
    private func isCurrent(_ sent: SentBatch, _ base: TimelinePosition) throws -> Bool {
        let (batch, relation) = (sent.batch, sent.relation)
        guard directory.relation(batch.relation) === relation else { return false }
        let results: [PostgresResult]
        do {
            results = try run(
                """
                \(branchSQL(base.branch)); \(entrySQL(batch.id));
                SELECT generation FROM \(schema).stretch_relation WHERE id = \(batch.relation)
                """, on: sent.connection, expecting: 4)
        } catch is PostgresError {
            // Nothing is committed, and the rows can be sent in another session.
            return false
        }
        // A batch that is already known is compared when rows are sent.
        guard results[2].rowCount == 0, results[3].integer(0, 0) == relation.generation else {
            return false
        }
        try compare(base, to: head(base.branch, in: results[0], results[1]))
        return true
    }
}

/// A batch whose rows are being sent in an uncommitted transaction.
// The connection and the writer belong to the thread until the semaphore is signalled, and then to
// the endpoint's thread. `outcome` is written before the signal and read after it.
final class SentBatch: @unchecked Sendable {
    let batch: NewBatch
    let relation: PostgresRelation
    let connection: PostgresConnection
    private let writer: BatchWriter
    private let done = DispatchSemaphore(value: 0)
    private var outcome: Set<Int>?

    init(
        _ batch: NewBatch, relation: PostgresRelation, writer: BatchWriter,
        on connection: PostgresConnection
    ) {
        (self.batch, self.relation) = (batch, relation)
        (self.writer, self.connection) = (writer, connection)
        // A queue would wait for a thread of the pool, which the application's tasks may block.
        Thread.detachNewThread {
            // The commit sends the rows again and then reports the error.
            self.outcome = try? self.send()
            self.done.signal()
        }
    }

    /// Waits until the rows have been sent; every wait of the thread for the server has a deadline.
    ///
    /// - Returns: The numbers of the columns with misfits, or `nil` if sending failed.
    func wait() -> Set<Int>? {
        done.wait()
        done.signal()
        return outcome
    }

    private func send() throws -> Set<Int>? {
        try connection.send("\(PostgresSchema.begin) \(writer.copySQL(into: relation))")
        while let result = try connection.nextResult() {
            if result.status == PGRES_COPY_IN { break }
        }
        let misfits = writer.misfitColumns()
        try writer.send(on: connection)
        var count = 0
        while let result = try connection.nextResult() { count = result.changeCount }
        return count == Int(batch.rowCount) ? misfits : nil
    }
}
