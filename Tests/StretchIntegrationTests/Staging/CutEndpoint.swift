@testable import StretchCore
@testable import StretchEndpoint

/// The one call of a run that fails, whichever session makes it.
// One thread at a time makes calls.
final class Cut: @unchecked Sendable {
    private var remaining: Int
    private let isAfterEffect: Bool
    private(set) var didFire = false

    init(at call: Int, isAfterEffect: Bool) {
        remaining = call
        self.isAfterEffect = isAfterEffect
    }

    func call<Result>(
        _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        remaining -= 1
        guard remaining == 0 else { return try body() }
        didFire = true
        if isAfterEffect { _ = try body() }
        throw StretchError(.remoteUnavailable, "cut off", hint: "Test.")
    }
}

/// A session of which one call fails, before or after its effect.
final class CutEndpoint: ForwardingEndpoint {
    private let cut: Cut

    init(_ base: any Endpoint, _ cut: Cut) {
        self.cut = cut
        super.init(base)
    }

    override func around<Result>(
        _ call: String, _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        try cut.call(body)
    }
}
