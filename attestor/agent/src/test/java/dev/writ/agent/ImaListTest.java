// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which part of a measurement list goes with a quote of a real simulator. */
final class ImaListTest {
  private static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, IntStream.rangeClosed(0, 10).toArray());

  private static SwtpmHost made;

  @TempDir private Path folder;
  private final SoftwareImaList list = new SoftwareImaList();
  private SwtpmHost host;
  private Tpm tpm;
  private EnrolledAk ak;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    made =
        SwtpmHost.manufacture(
            factory, EndorsementAuthority.create(Instant.now(), new SecureRandom()));
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("tpm")));
    tpm = Tpm.open(host.tcti());
    ak = Measurement.judge(tpm.attestationKey().publicArea());
    // Nothing was measured as it booted.
    byte[][] zeros = new byte[10][Hash.BYTES];
    measure(SoftwareImaList.BOOT_AGGREGATE, Hash.of(SoftwareImaList.aggregate(zeros)));
  }

  @AfterEach
  void stop() {
    tpm.close();
    host.close();
  }

  private void measure(String path, Hash file) throws Exception {
    tpm.extendPcr(SoftwareImaList.PCR, PcrBank.SHA256, list.measure(path, file.bytes()));
    Path unused = Files.write(shown(), list.bytes());
  }

  private void measure(String path) throws Exception {
    measure(path, Hash.sha256(path.getBytes(UTF_8)));
  }

  private Path shown() {
    return folder.resolve("binary_runtime_measurements");
  }

  private Path kept() {
    return folder.resolve("measured-list");
  }

  /** As another process finds it. */
  private ImaList ima() {
    return new ImaList(MeasurementLogs.Source.at(shown()), kept());
  }

  private VerifiedQuote quote() throws Exception {
    return Measurement.take(tpm, ak, SELECTION, new byte[32]).verified();
  }

  private ImaList.Part next() throws Exception {
    return ima().after(quote(), false).orElseThrow();
  }

  /** What was sent, and taken. */
  private ImaList.Part taken() throws Exception {
    ImaList.Part part = next();
    ima().keep(part.reached());
    return part;
  }

  @Test
  void list_thatWasTaken_isNotSentAgain() throws Exception {
    measure("/usr/bin/a");
    ImaList.Part first = taken();
    assertThat(first.segment().start()).isZero();
    assertThat(first.segment().listBytes()).isEqualTo(list.bytes().length);

    ImaList.Part second = taken();
    assertThat(second.segment().start()).isEqualTo(2);
    assertThat(second.segment().listBytes()).isZero();

    int before = list.bytes().length;
    measure("/usr/bin/b");
    ImaList.Part third = taken();
    assertThat(third.segment().start()).isEqualTo(2);
    assertThat(third.segment().listBytes()).isEqualTo(list.bytes().length - before);
  }

  @Test
  void list_thatWasNotTaken_isSentAgain() throws Exception {
    assertThat(next().segment().listBytes()).isEqualTo(list.bytes().length);
    assertThat(next().segment().start()).isZero();
    assertThat(kept()).doesNotExist();
  }

  @Test
  void list_wantedAnew_isWhole() throws Exception {
    ImaList.Part unused = taken();
    ImaList.Part anew = ima().after(quote(), true).orElseThrow();
    assertThat(anew.segment().start()).isZero();
    assertThat(anew.segment().listBytes()).isEqualTo(list.bytes().length);
  }

  @Test
  void memory_thatIsNone_costsALongerPartAlone() throws Exception {
    ImaList.Part unused = taken();
    byte[] good = Files.readAllBytes(kept());
    for (byte[] bad :
        new byte[][] {
          {}, new byte[16], new byte[40], Arrays.copyOf(good, good.length - 1), flipped(good, 8)
        }) {
      Path ignored = Files.write(kept(), bad);
      assertThat(next().segment().start()).isZero();
    }
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] other = bytes.clone();
    other[at] ^= (byte) 0x80;
    return other;
  }

  @Test
  void memory_ofAnotherBoot_isNone() throws Exception {
    ImaList.Part unused = taken();
    byte[] other = Files.readAllBytes(kept());
    other[3] ^= 1;
    Path ignored = Files.write(kept(), other);
    assertThat(next().segment().start()).isZero();
  }

  /** The kernel goes on measuring while it is quoted. */
  @Test
  void case76_whatIsMeasuredAfterTheQuote_comesWithTheNext() throws Exception {
    VerifiedQuote quote = quote();
    int quoted = list.bytes().length;
    measure("/usr/bin/late");

    ImaList.Part part = ima().after(quote, false).orElseThrow();
    assertThat(part.segment().listBytes()).isEqualTo(list.bytes().length);
    ima().keep(part.reached());

    ImaList.Part late = next();
    assertThat(late.segment().start()).isEqualTo(1);
    assertThat(late.segment().listBytes()).isEqualTo(list.bytes().length - quoted);
  }

  @Test
  void list_thatCannotBeRead_isLeftOutOrSaid() throws Exception {
    Path none = folder.resolve("none");
    VerifiedQuote quote = quote();
    ImaList optional = new ImaList(new MeasurementLogs.Source(none, false), kept());
    assertThat(optional.after(quote, false)).isEqualTo(Optional.empty());
    ImaList required = new ImaList(MeasurementLogs.Source.at(none), kept());
    assertThatThrownBy(() -> required.after(quote, false))
        .isInstanceOf(AttestationFailedException.class)
        .hasMessageContaining("must exist");
  }
}
