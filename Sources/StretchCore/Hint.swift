extension StretchError {
    /// One or more sentences about the next step, with the advice kept as values.
    ///
    /// A literal is a hint, and an interpolation takes an advice:
    /// `"Enable it first: \(advice: .enableTable("orders"))."`.
    public struct Hint: Hashable, Sendable {
        fileprivate enum Part: Hashable {
            case text(String)
            case advice(Advice)
        }

        fileprivate var parts: [Part]

        /// A hint without advice.
        public init(_ text: String) {
            parts = [.text(text)]
        }

        /// The advice, in order of appearance.
        public var advice: [Advice] {
            parts.compactMap { if case .advice(let advice) = $0 { advice } else { nil } }
        }

        /// Returns the text, with each advice in the given words.
        public func text(_ wording: (Advice) -> String) -> String {
            parts.reduce(into: "") { text, part in
                switch part {
                case .text(let words): text += words
                case .advice(let advice): text += wording(advice)
                }
            }
        }

        /// Returns the second hint appended to the first one.
        public static func + (first: Hint, second: Hint) -> Hint {
            var sum = first
            sum += second
            return sum
        }

        /// Appends a hint.
        public static func += (hint: inout Hint, other: Hint) {
            hint.parts += other.parts
        }
    }
}

extension StretchError.Hint: ExpressibleByStringInterpolation {
    /// The parts of an interpolated literal.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        /// An empty interpolation.
        public init(literalCapacity: Int, interpolationCount: Int) {}

        /// Appends text.
        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.text(literal)) }
        }

        /// Appends the description of a value.
        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            appendLiteral(value.description)
        }

        /// Appends advice, which each program presents in its own words.
        public mutating func appendInterpolation(advice: Advice) {
            parts.append(.advice(advice))
        }
    }

    /// A hint without advice.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// A hint with the parts of an interpolated literal.
    public init(stringInterpolation: StringInterpolation) {
        parts = stringInterpolation.parts
    }
}
