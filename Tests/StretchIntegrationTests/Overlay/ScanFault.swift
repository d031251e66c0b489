import StretchCore
import StretchEndpoint
import StretchSQLite

/// What happens at one of the calls that read cold rows, counted from 1: scans and their pages.
// A test and its sessions work on one thread.
final class ScanFault: @unchecked Sendable {
    private var remaining = 0
    private var action: () throws(StretchError) -> Void = {}
    private(set) var didFire = false

    /// Lets the n-th call from now on run `action` first.
    func arm(at call: Int, _ action: @escaping () throws(StretchError) -> Void) {
        (remaining, didFire) = (call, false)
        self.action = action
    }

    func disarm() { remaining = 0 }

    fileprivate func call() throws(StretchError) {
        guard remaining > 0 else { return }
        remaining -= 1
        guard remaining == 0 else { return }
        didFire = true
        try action()
    }
}

/// A session whose scans meet a fault.
final class FaultyScanEndpoint: ForwardingEndpoint {
    private let fault: ScanFault

    init(_ base: any Endpoint, _ fault: ScanFault) {
        self.fault = fault
        super.init(base)
    }

    override func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try fault.call()
        return FaultyScan(try super.scan(request), fault)
    }
}

private final class FaultyScan: ColdScan {
    private let base: any ColdScan
    private let fault: ScanFault

    init(_ base: any ColdScan, _ fault: ScanFault) {
        self.base = base
        self.fault = fault
    }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        try fault.call()
        // Pages of few rows, so that there are many of them.
        return try base.nextPage(into: page, maximumRowCount: min(maximumRowCount, 8))
    }
}
