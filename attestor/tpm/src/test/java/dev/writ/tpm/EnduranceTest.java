// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Structure;
import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand operations, failing ones among them, leave nothing behind: swtpm has three slots for
 * keys and three for sessions, and no resource manager that would hide a leak.
 *
 * <p>Runs with MALLOC_ARENA_MAX=1 (see the POM), so that glibc counts every allocation in one place.
 */
final class EnduranceTest {
  private static final int INTERVALS = 13;
  private static final int WARM_UP_INTERVALS = 4;
  private static final int ROUNDS_PER_INTERVAL = 100;
  private static final int OPERATIONS_PER_ROUND = 8;

  /**
   * In a third of the intervals: the JIT compilers allocate and free in the same arena now and then,
   * but a leak grows in each interval. One TPM2B_ATTEST leaked a round would be 230 kB.
   */
  private static final long ALLOWED_GROWTH = 50_000;

  /** mallinfo2(3). */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class Mallinfo2 extends Structure implements Structure.ByValue {
    public SizeT arena = new SizeT();
    public SizeT ordblks = new SizeT();
    public SizeT smblks = new SizeT();
    public SizeT hblks = new SizeT();
    public SizeT hblkhd = new SizeT();
    public SizeT usmblks = new SizeT();
    public SizeT fsmblks = new SizeT();

    /** Bytes in use. */
    public SizeT uordblks = new SizeT();

    public SizeT fordblks = new SizeT();
    public SizeT keepcost = new SizeT();
  }

  /** glibc. */
  public interface Glibc extends Library {
    Mallinfo2 mallinfo2();
  }

  private static final byte[] SELECTION =
      PcrSelection.of(TpmAlg.SHA256, IntStream.range(0, 24).toArray()).encode();

  @Test
  void tenThousandOperations_leakNeitherSlotsNorMemory(@TempDir Path folder) throws Exception {
    assertThat(System.getenv("MALLOC_ARENA_MAX")).isEqualTo("1");
    Glibc glibc = Native.load("libc.so.6", Glibc.class);
    EndorsementAuthority authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    try (SwtpmHost host = SwtpmHost.manufacture(folder, authority);
        Tpm tpm = Tpm.open(host.tcti())) {
      WrappedKey wrapped = tpm.createInstanceKey();
      TpmCredential credential =
          (TpmCredential)
              MakeCredential.make(
                  TpmtPublic.parse(
                      tpm.endorsementKey(EndorsementKeyKind.ECC_P256_LOW).publicArea()),
                  TpmName.parse(tpm.attestationKey().name()),
                  new byte[32],
                  new SecureRandom());
      List<Long> growth = new ArrayList<>();
      long before = 0;
      for (int interval = 0; interval < INTERVALS; interval++) {
        for (int round = 0; round < ROUNDS_PER_INTERVAL; round++) {
          operate(tpm, wrapped, credential);
        }
        long now = inUse(glibc);
        growth.add(now - before);
        before = now;
      }

      assertThat(INTERVALS * ROUNDS_PER_INTERVAL * OPERATIONS_PER_ROUND)
          .isGreaterThanOrEqualTo(10_000);
      List<Long> settled = growth.subList(WARM_UP_INTERVALS, INTERVALS).stream().sorted().toList();
      assertThat(settled.get(settled.size() / 3))
          .describedAs(
              "native bytes more in use after each %d rounds: %s", ROUNDS_PER_INTERVAL, growth)
          .isLessThan(ALLOWED_GROWTH);
    }
  }

  /** Eight operations, two of which fail in the middle with handles and sessions open. */
  private static void operate(Tpm tpm, WrappedKey wrapped, TpmCredential credential)
      throws TpmException {
    assertThat(tpm.readPcrs(SELECTION).values()).hasSize(24);
    assertThat(tpm.quote(SELECTION, new byte[32]).attest()).isNotEmpty();
    assertThat(tpm.readClock().restartCount()).isZero();
    try (InstanceKey key = tpm.loadInstanceKey(wrapped)) {
      assertThat(key.signP1363(new byte[32])).hasSize(64);
      assertThat(key.certify(new byte[32]).signature()).isNotEmpty();
    }
    byte[] idObject = credential.tpm2bIdObject();
    assertThat(
            tpm.activateCredential(
                EndorsementKeyKind.ECC_P256_LOW, idObject, credential.tpm2bEncryptedSecret()))
        .hasSize(32);
    idObject[10] ^= 1;
    assertThatThrownBy(
            () ->
                tpm.activateCredential(
                    EndorsementKeyKind.ECC_P256_LOW, idObject, credential.tpm2bEncryptedSecret()))
        .isInstanceOf(TpmException.class);
    byte[] publicArea = wrapped.publicArea().clone();
    publicArea[publicArea.length - 1] ^= 1;
    assertThatThrownBy(
            () -> tpm.loadInstanceKey(new WrappedKey(publicArea, wrapped.wrappedPrivate())).close())
        .isInstanceOf(TpmException.class);
  }

  private static long inUse(Glibc glibc) {
    System.gc();
    Mallinfo2 info = glibc.mallinfo2();
    return info.uordblks.longValue() + info.hblkhd.longValue();
  }
}
