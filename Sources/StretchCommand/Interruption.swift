internal import Foundation
internal import StretchCore
internal import Synchronization

/// Handles Ctrl-C, so that a migration stops after the current batch.
enum Interruption {
    private static let count = Atomic<Int>(0)

    /// Whether the user requested a stop.
    static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

    /// Throws if the user requested a stop.
    static func check() throws(StretchError) {
        guard isRequested else { return }
        throw StretchError(
            .cancelled, "interrupted", hint: "Run the command again to resume.")
    }

    /// Installs handlers: the first SIGINT or SIGTERM is recorded, and a second one ends the
    /// process.
    ///
    /// The parent process may have blocked these signals.
    static func observe() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                // Only async-signal-safe calls are allowed: signal-safety(7).
                let earlier = Interruption.count.add(1, ordering: .relaxed).oldValue
                if earlier > 0 { _exit(128 + number) }
            }
        }
    }
}
