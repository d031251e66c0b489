import Stretch
import Testing

@testable import StretchCommand

@Suite struct FormattingTests {
    @Test func `numbers are grouped, and bytes have units`() {
        #expect(Int64(1_234_567).grouped == "1,234,567")
        #expect(Int64(-1_000).grouped == "-1,000")
        #expect(Int64(999).grouped == "999")
        #expect(Int64(1_023).byteText == "1023 bytes")
        #expect(Int64(1_536).byteText == "1.5 KiB")
        #expect(Int64(5 << 30).byteText == "5.0 GiB")
    }

    @Test func `durations are for people`() {
        #expect(Duration.microseconds(400).text == "0.4 ms")
        #expect(Duration.milliseconds(1_250).text == "1.3 s")
        #expect(Duration.seconds(200).text == "3 min 20 s")
        #expect(Duration.seconds(3_900).text == "1 h 5 min")
    }

    @Test func `progress tells rows, rate and time left`() {
        let progress = MigrationProgress(
            table: "orders", direction: .outbound, rowCount: 25_000, eligibleRowCount: 100_000,
            byteCount: 1, batchCount: 1)
        #expect(
            ProgressBar.line(progress, elapsed: .milliseconds(500))
                == "orders [######------------------]  25 %  25,000 of 100,000 rows  "
                + "50,000 rows/s  1.5 s left")
    }
}
