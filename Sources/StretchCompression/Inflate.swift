internal import CZlib

/// Takes compressed bytes piece by piece, and writes what they stand for into given memory.
///
/// Damaged bytes, or more or fewer than the memory holds, are an answer and never a trap.
package struct Inflate: ~Copyable {
    private let stream = z_stream.allocated()
    private let output: UnsafeMutableRawBufferPointer
    private var offset = 0
    private var isDone = false
    private var isDamaged = false

    /// Begins.
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

    /// Whether the pieces so far were whole, sound, and filled the memory exactly.
    package var isComplete: Bool { isDone && !isDamaged && offset == output.count }

    /// Takes the next piece.
    package mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard !isDamaged, !piece.isEmpty else { return }
        guard !isDone else {
            isDamaged = true
            return
        }
        // zlib never writes to its input.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
        // zlib wants a place to write to, also where nothing may follow.
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
