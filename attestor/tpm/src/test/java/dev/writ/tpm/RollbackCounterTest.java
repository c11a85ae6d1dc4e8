// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Pointer;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A counter against rollback: no call, no power cut and no removal brings it back. */
final class RollbackCounterTest {
  private static final int FIRST = 0x01805753;

  @TempDir private static Path folder;
  private static SwtpmHost host;

  @BeforeAll
  static void start() throws Exception {
    host =
        SwtpmHost.manufacture(
            folder, EndorsementAuthority.create(Instant.now(), new SecureRandom()));
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  private interface Call<T> {
    T on(Tpm tpm) throws TpmException;
  }

  private static <T> T with(Call<T> call) throws TpmException {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      return call.on(tpm);
    }
  }

  private static OptionalLong read(int index) throws TpmException {
    return with(tpm -> tpm.rollbackCounter(index));
  }

  private static long make(int index) throws TpmException {
    return with(tpm -> tpm.makeRollbackCounter(index));
  }

  private static long raise(int index) throws TpmException {
    return with(tpm -> tpm.raiseRollbackCounter(index));
  }

  private static byte[] identity(int index) throws TpmException {
    return with(tpm -> tpm.rollbackCounterIdentity(index));
  }

  private interface Administration {
    void on(TpmContext context) throws TpmException;
  }

  private static void administer(Administration administration) throws TpmException {
    TpmContext context = TpmContext.open(host.tcti());
    try {
      administration.on(context);
    } finally {
      context.close();
    }
  }

  @Test
  void counter_made_risesByOneAlsoOverReboots() throws Exception {
    assertThat(read(FIRST)).isEmpty();
    long first = make(FIRST);
    assertThat(raise(FIRST)).isEqualTo(first + 1);
    host.reboot();
    assertThat(read(FIRST)).isEqualTo(OptionalLong.of(first + 1));
    // It is not ORDERLY: nothing of it is in memory alone.
    host.cutPower();
    host.powerOn();
    assertThat(raise(FIRST)).isEqualTo(first + 2);
  }

  @Test
  void counter_removed_isNotRaisedAndComesBackHigher() throws Exception {
    int index = FIRST + 1;
    long last = make(index);
    administer(
        context -> {
          int number = new Commands(context).find(index).orElseThrow();
          context.call(
              "TPM2_NV_UndefineSpace",
              esys ->
                  EsapiForTests.Esys_NV_UndefineSpace(
                      esys,
                      Esapi.ESYS_TR_RH_OWNER,
                      number,
                      Esapi.ESYS_TR_PASSWORD,
                      Esapi.ESYS_TR_NONE,
                      Esapi.ESYS_TR_NONE));
        });
    assertThat(read(index)).isEmpty();
    assertThatThrownBy(() -> raise(index))
        .isInstanceOf(TpmException.class)
        .hasMessageContaining("was removed");
    assertThat(make(index)).isGreaterThan(last);
  }

  @Test
  void indexOfAnotherKind_isRefusedWithWhatToDo() throws Exception {
    int index = FIRST + 2;
    Manufacturer.writeNv(host.tcti(), index, new byte[8]);
    for (Call<?> call :
        List.<Call<?>>of(
            tpm -> tpm.rollbackCounter(index),
            tpm -> tpm.makeRollbackCounter(index),
            tpm -> tpm.raiseRollbackCounter(index))) {
      assertThatThrownBy(() -> with(call))
          .isInstanceOf(TpmException.class)
          .hasMessageContainingAll("0x01805755", "against rollback", "tpm2_nvundefine");
    }
  }

  /** Whoever may use the TPM may raise it; to make one, or remove it, is the owner's. */
  @Test
  void counterOfAnOwnerWithAnAuthorization_isRaisedAndNoneIsMade() throws Exception {
    int index = FIRST + 3;
    long first = make(index);
    byte[] secret = {'o', 'w', 'n', 'e', 'r'};
    administer(context -> changeOwner(context, new byte[0], secret));
    try {
      assertThat(raise(index)).isEqualTo(first + 1);
      assertThatThrownBy(() -> make(index + 1))
          .isInstanceOf(TpmException.class)
          .hasMessageContaining("TPM2_NV_DefineSpace");
    } finally {
      administer(context -> changeOwner(context, secret, new byte[0]));
    }
  }

  private static void changeOwner(TpmContext context, byte[] before, byte[] after)
      throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer old = frame.in(WireType.TPM2B_DIGEST, Commands.sized(before));
      Pointer fresh = frame.in(WireType.TPM2B_DIGEST, Commands.sized(after));
      context.call(
          "Esys_TR_SetAuth",
          esys -> EsapiForTests.Esys_TR_SetAuth(esys, Esapi.ESYS_TR_RH_OWNER, old));
      context.call(
          "TPM2_HierarchyChangeAuth",
          esys ->
              EsapiForTests.Esys_HierarchyChangeAuth(
                  esys,
                  Esapi.ESYS_TR_RH_OWNER,
                  Esapi.ESYS_TR_PASSWORD,
                  Esapi.ESYS_TR_NONE,
                  Esapi.ESYS_TR_NONE,
                  fresh));
    }
  }

  @Test
  void identity_isOfTheIndexAndStays() throws Exception {
    byte[] one = identity(FIRST + 5);
    assertThat(one).hasSize(32);
    long ignored = make(FIRST + 5);
    assertThat(identity(FIRST + 5)).isEqualTo(one);
    assertThat(identity(FIRST + 6)).isNotEqualTo(one);
  }

  @Test
  void indexThatIsTheSealedPinsOrNotTheOwners_isABugOfTheCaller() {
    for (int index : new int[] {Tpm.UNSEAL_COUNTER_INDEX, 0x017fffff, 0x01c00002, -1}) {
      assertThatThrownBy(() -> read(index)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
