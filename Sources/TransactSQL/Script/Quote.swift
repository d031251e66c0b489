/// A kind of quotation: its closing quotes, and whether it encloses a string or a name.
struct Quote: Equatable, Sendable {
    /// The closing quotes; a doubled quote represents itself.
    private let closers: [[UInt8]]
    /// The length of the opening quote, in bytes.
    private let openerLength: Int
    let makesString: Bool

    // ‘ U+2018, ’ U+2019, “ U+201C, ” U+201D. Word processors insert either one at either end.
    private static let singles: [[UInt8]] = [[0xE2, 0x80, 0x98], [0xE2, 0x80, 0x99]]
    private static let doubles: [[UInt8]] = [[0xE2, 0x80, 0x9C], [0xE2, 0x80, 0x9D]]

    /// Creates the quote that opens at `offset`, or `nil` if there is none.
    init?(_ bytes: [UInt8], at offset: Int) {
        switch bytes.byte(at: offset) {
        case .apostrophe: self.init([[.apostrophe]], makesString: true)
        case .quotationMark: self.init([[.quotationMark]], makesString: false)
        case UInt8(ascii: "["): self.init([[UInt8(ascii: "]")]], makesString: false)
        case 0xE2 where Self.matches(Self.singles, bytes, at: offset) != nil:
            self.init(Self.singles, makesString: true)
        case 0xE2 where Self.matches(Self.doubles, bytes, at: offset) != nil:
            self.init(Self.doubles, makesString: true)
        default: return nil
        }
    }

    private init(_ closers: [[UInt8]], makesString: Bool) {
        self.closers = closers
        self.makesString = makesString
        openerLength = closers[0].count
    }

    /// Reads the quoted text.
    ///
    /// - Parameter start: The offset of the opening quote.
    /// - Returns: The end after the closing quote, and the text; `nil` without a closing quote.
    func content(of bytes: [UInt8], from start: Int) -> (end: Int, text: String)? {
        var content: [UInt8] = []
        var offset = start + openerLength
        while offset < bytes.count {
            guard let closer = Self.matches(closers, bytes, at: offset) else {
                content.append(bytes[offset])
                offset += 1
                continue
            }
            offset += closer.count
            guard Self.isAt(closer, bytes, offset) else {
                return (offset, String(decoding: content, as: UTF8.self))
            }
            content += closer
            offset += closer.count
        }
        return nil
    }

    private static func matches(_ marks: [[UInt8]], _ bytes: [UInt8], at offset: Int) -> [UInt8]? {
        marks.first { isAt($0, bytes, offset) }
    }

    private static func isAt(_ mark: [UInt8], _ bytes: [UInt8], _ offset: Int) -> Bool {
        bytes.byte(at: offset) == mark[0] && bytes[offset...].starts(with: mark)
    }
}
