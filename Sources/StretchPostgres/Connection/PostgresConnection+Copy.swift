internal import CLibPQ
internal import Foundation

extension PostgresConnection {
    /// Sends data of a COPY, and waits until little of it remains in memory.
    func putCopyData(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        let deadline = ContinuousClock.now + patience
        // A message has at most 1 GB; long rows are sent in parts.
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 24))
            rest = rest.dropFirst(part.count)
            let result = PQputCopyData(
                handle, part.bindMemory(to: CChar.self).baseAddress, Int32(part.count))
            guard result == 1 else { throw lastError }
            try flush(until: deadline)
        }
    }

    /// Ends a COPY whose data is complete.
    func endCopy() throws {
        guard PQputCopyEnd(handle, nil) == 1 else { throw lastError }
        try flush(until: .now + patience)
    }

    /// Skips the results before a COPY's data.
    func beginCopyOut() throws {
        while let result = try nextResult() {
            if result.status == PGRES_COPY_OUT { return }
        }
        throw DamagedRow()
    }

    /// Reads the rows of a binary COPY to its end.
    func readCopy(_ body: (inout CopyFields) throws -> Void) throws {
        var isFirstRow = true
        while let bytes = try copyRow() {
            defer { PQfreemem(bytes.baseAddress) }
            var fields = try CopyFields(UnsafeRawBufferPointer(bytes))
            if isFirstRow { try fields.skipHeader() }
            isFirstRow = false
            guard !fields.isAtEnd, try fields.fieldCount() >= 0 else { continue }
            try body(&fields)
        }
    }

    /// Returns the next row of a COPY, or `nil` at its end; free it with `PQfreemem`.
    func copyRow() throws -> UnsafeMutableRawBufferPointer? {
        var row: UnsafeMutablePointer<CChar>?
        var count = PQgetCopyData(handle, &row, 1)
        if count == 0 {
            let deadline = ContinuousClock.now + patience
            while count == 0 {
                try wait(Int16(POLLIN), until: deadline, endsAtTurn: true)
                guard PQconsumeInput(handle) == 1 else { throw lastError }
                count = PQgetCopyData(handle, &row, 1)
            }
        }
        if count > 0, let row {
            return UnsafeMutableRawBufferPointer(start: row, count: Int(count))
        }
        // The server's error, if any, is the next result.
        guard count == -1 else { throw lastError }
        return nil
    }
}
