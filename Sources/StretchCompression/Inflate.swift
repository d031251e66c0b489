internal import CZlib

/// Decompresses bytes piece by piece into given memory.
///
/// Damaged input, or output of another size than the memory, is reported and never a trap.
package struct Inflate: ~Copyable {
    private let stream = z_stream.allocated()
    private let output: UnsafeMutableRawBufferPointer
    private var offset = 0
    private var isDone = false
    private var isDamaged = false

    /// Starts decompression.
    ///
    /// - Parameter output: Memory of exactly the expected size, which must outlive this value.
    package init(into output: UnsafeMutableRawBufferPointer) {
        self.output = output
        let code = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib has no memory, or is another version")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether the pieces so far were complete and valid, and filled the memory exactly.
    package var isComplete: Bool { isDone && !isDamaged && offset == output.count }

    /// Decompresses the next piece.
    package mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard !isDamaged, !piece.isEmpty else { return }
        guard !isDone else {
            isDamaged = true
            return
        }
        // zlib does not write to its input.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
        // zlib requires an output buffer, even if no output may follow.
        var beyond: UInt8 = 0
        while stream.pointee.avail_in > 0, !isDone, !isDamaged {
            let room = min(output.count - offset, 1 << 30)
            let code: Int32
            if room > 0 {
                stream.pointee.next_out = output.baseAddress?.advanced(by: offset)
                    .assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room)
                code = inflate(stream, Z_NO_FLUSH)
                offset += room - Int(stream.pointee.avail_out)
            } else {
                code = withUnsafeMutablePointer(to: &beyond) { address in
                    stream.pointee.next_out = address
                    stream.pointee.avail_out = 1
                    return inflate(stream, Z_NO_FLUSH)
                }
                if stream.pointee.avail_out == 0 { isDamaged = true }
            }
            isDone = code == Z_STREAM_END
            if code != Z_OK, !isDone { isDamaged = true }
        }
        if stream.pointee.avail_in > 0 { isDamaged = true }
    }
}
