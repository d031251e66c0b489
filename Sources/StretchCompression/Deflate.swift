internal import CZlib

/// Compression in zlib format, in pieces: <https://www.rfc-editor.org/rfc/rfc1950>.
///
/// Apart from input and output, memory use is that of zlib, less than 300 KiB:
/// <https://zlib.net/zlib_tech.html>.
package enum Deflate {
    /// The maximum size of a piece, in bytes.
    package static let pieceByteCount = 1 << 20
    /// The maximum number of bytes that one compressed byte can represent, rounded up.
    package static let maximumRatio = 1_100

    /// Compresses bytes.
    ///
    /// - Returns: The compressed bytes, in order; each piece but the last has
    ///   ``pieceByteCount`` bytes.
    package static func compress(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        let stream = z_stream.allocated()
        defer { stream.deallocate() }
        // The fastest level, because rows wait for the compression.
        let code = deflateInit_(
            stream, Z_BEST_SPEED, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib has no memory, or is another version")
        defer { deflateEnd(stream) }
        var pieces: [[UInt8]] = []
        var offset = 0
        var isDone = false
        while !isDone {
            let piece = [UInt8](unsafeUninitializedCapacity: pieceByteCount) { piece, count in
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = UInt32(piece.count)
                repeat {
                    // zlib counts input in 32 bits.
                    let count = min(bytes.count - offset, 1 << 30)
                    // zlib does not write to its input.
                    stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: bytes.baseAddress?.advanced(by: offset)
                            .assumingMemoryBound(to: UInt8.self))
                    stream.pointee.avail_in = UInt32(count)
                    let isLast = offset + count == bytes.count
                    let code = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    offset += count - Int(stream.pointee.avail_in)
                    isDone = code == Z_STREAM_END
                } while !isDone && stream.pointee.avail_out > 0
                count = piece.count - Int(stream.pointee.avail_out)
            }
            if !piece.isEmpty { pieces.append(piece) }
        }
        return pieces
    }
}

extension z_stream {
    /// Returns a stream at a fixed address, because zlib refuses a stream that was moved.
    static func allocated() -> UnsafeMutablePointer<z_stream> {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        return stream
    }
}
